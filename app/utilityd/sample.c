/* Sample bills of any size: the same seed, date and number give the same bytes.
 * Nine customers stand first, each for something that a counter must get right. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "base/money.h"
#include "base/text.h"
#include "utilityd/utilityd.h"
#include "wire/billfile.h"

#define BILLS_MAX 20000000
#define CUSTOMERS_MAX 99999999
#define PRICE_1 5200 /* residential tiers of the southern Hebei tariff, yuan/10000 a kWh */
#define PRICE_2 5700
#define PRICE_3 8200
#define PRICE_COMMERCE 7436
#define TIER_1 180
#define TIER_2 100

static const char *const stations[15] = {"深州镇", "辰时镇", "榆科镇", "魏家桥镇", "大堤镇", "前磨头镇", "王家井镇", "护驾迟镇",
                                         "大屯镇", "高古庄镇", "兵曹乡", "穆村乡", "东安庄乡", "北溪村乡", "大冯营乡"};
static const char *const surnames[] = {"王", "李", "张", "刘", "陈", "杨", "赵", "黄", "周", "吴", "徐", "孙", "胡", "朱", "高",
                                       "林", "何", "郭", "马", "罗", "梁", "宋", "郑", "谢", "韩", "唐", "冯", "于", "董", "萧"};
static const char *const given[] = {"建", "国", "秀", "兰", "文", "辉", "桂", "英", "静", "磊", "强", "敏", "军", "洋", "勇",
                                    "艳", "杰", "涛", "明", "超", "霞", "平", "刚", "红", "梅", "玉", "华", "春", "丽", "志"};
static const char *const villages[] = {"前程村", "前徐庄村", "前胡村", "后杨庄", "西关街", "永昌路", "长江东路", "黄河大道", "南张村", "北李村"};

struct maker {
    uint64_t state; /* splitmix64 */
    day_t today;
    FILE *out;
    struct billfile_sums sums;
    int64_t number, most;
};

static uint64_t draw(struct maker *m, uint64_t below)
{
    uint64_t z = (m->state += UINT64_C(0x9E3779B97F4A7C15));
    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return (z ^ z >> 31) % below;
}

/* Residential tiers; their sum is the amount. */
static void charge(struct bill *b)
{
    static const struct { int64_t kwh, price; } tiers[] = {{TIER_1, PRICE_1}, {TIER_2, PRICE_2}, {INT64_MAX, PRICE_3}};
    int64_t left = b->kwh, part, commerce = PRICE_COMMERCE;
    b->amount_fen = 0;
    b->tier_count = 0;
    for (int i = 0; i < 3 && (left > 0 || i == 0); i++) {
        bool resident = b->tariff == BILL_CLASS_RESIDENT;
        struct bill_tier *t = &b->tiers[b->tier_count++];
        t->kwh = resident && left > tiers[i].kwh ? tiers[i].kwh : left;
        t->price_e4 = resident ? tiers[i].price : commerce;
        if (money_muldiv(t->kwh, t->price_e4, 100, &part)) b->amount_fen += part;
        left -= t->kwh;
    }
}

/* The due date `months` earlier, on the same day of the month (28 at most). */
static day_t months_before(day_t due, int months)
{
    int y, mo, d;
    day_t out = due;
    day_to_ymd(due, &y, &mo, &d);
    mo -= months;
    for (; mo < 1; mo += 12)
        y--;
    day_from_ymd(y, mo, d > 28 ? 28 : d, &out);
    return out;
}

/* One bill, `months` old: 0 is the one that is not due yet. */
static void put(struct maker *m, struct bill *b, int months, int64_t kwh_one)
{
    int y, mo, d;
    if (m->number >= m->most) return;
    day_t due = months_before(m->today + 5, months), period = months_before(m->today, months + 1);
    day_to_ymd(period, &y, &mo, &d);
    snprintf(b->period, sizeof b->period, "%04u%02u", (unsigned)y % 10000, (unsigned)mo % 100);
    m->number++;
    snprintf(b->number, sizeof b->number, "%s%08llu", b->period, (unsigned long long)m->number % 100000000);
    b->prev = b->curr;
    b->curr = b->prev + kwh_one;
    b->kwh = kwh_one * b->multiplier;
    charge(b);
    b->due = due;
    if (b->window_first == DAY_NONE) b->window_first = due - 24;
    if (b->window_last == DAY_NONE) b->window_last = m->today + 8;
    struct bill_fault fault;
    if (bill_check(b, &fault) != 0) {
        fprintf(stderr, "utilityd: sample bill %s: field %d: %s\n", b->number, fault.field, fault.why);
        abort();
    }
    billfile_put(m->out, b, &m->sums);
    b->window_first = b->window_last = DAY_NONE;
}

static struct bill customer(struct maker *m, const char *number, const char *name, const char *address, int station)
{
    struct bill b = {.tariff = BILL_CLASS_RESIDENT, .multiplier = 1, .window_first = DAY_NONE, .window_last = DAY_NONE};
    text_copy(b.customer, sizeof b.customer, number);
    text_copy(b.name, sizeof b.name, name);
    text_copy(b.address, sizeof b.address, address);
    text_copy(b.station, sizeof b.station, stations[station]);
    snprintf(b.meter, sizeof b.meter, "%012llu", (unsigned long long)draw(m, UINT64_C(1000000000000)));
    b.rate_permille = 1;
    return b;
}

static void put_special(struct maker *m)
{
    static const char home[] = "深州镇永昌路1号";
    struct bill b = customer(m, "0499110001", "王建国", home, 0);
    b.curr = 4312;
    put(m, &b, 0, 216);
    b = customer(m, "0499110002", "李秀兰", home, 0);
    b.curr = 1000;
    for (int months = 5; months >= 0; months--)
        put(m, &b, months, 117 + 17 * months);
    b = customer(m, "0499110003", "赵文辉", home, 0);
    b.curr = 880;
    put(m, &b, 1, 164);
    b = customer(m, "0499110004", "孙桂英", home, 0);
    b.curr = 90;
    b.window_last = m->today - 1;
    put(m, &b, 2, 77);
    b = customer(m, "0499110005", "𠮷田䶮", home, 0);
    b.curr = 10;
    put(m, &b, 0, 33);
    b = customer(m, "0499110006", "国营深州市粮食储备库第三分库（城东站）扩建工程临时用电专户筹备办公室",
                 "深州镇长江东路与黄河大道交叉口东北角城东工业园区标准化厂房二期第十七栋附属楼三层东侧", 0);
    b.tariff = 'C';
    b.rate_permille = 2;
    b.multiplier = 40;
    b.curr = 120345;
    put(m, &b, 0, 8123);
    b = customer(m, "0499110007", "周静", home, 0);
    b.curr = 500;
    put(m, &b, 0, 0);
    b = customer(m, "0499110008", "O'Brien-Smith & Co. Ltd", home, 0);
    b.curr = 500;
    put(m, &b, 0, 412);
    b = customer(m, "0499110009", "吴磊", home, 0);
    b.curr = 700;
    b.window_first = m->today + 1;
    put(m, &b, 0, 95);
}

#define COUNT(a) (sizeof(a) / sizeof *(a))

/* Four in five owe one bill; the others up to five. */
static void put_anybody(struct maker *m, int64_t serial)
{
    char number[16], name[32], address[96];
    int station = (int)draw(m, COUNT(stations));
    snprintf(number, sizeof number, "%02d%08llu", station + 1, (unsigned long long)serial % 100000000);
    snprintf(name, sizeof name, "%s%s%s", surnames[draw(m, COUNT(surnames))], given[draw(m, COUNT(given))],
             draw(m, 4) ? given[draw(m, COUNT(given))] : "");
    snprintf(address, sizeof address, "%s%s%u号", stations[station], villages[draw(m, COUNT(villages))], (unsigned)draw(m, 900) + 1);
    struct bill b = customer(m, number, name, address, station);
    if (draw(m, 20) == 0) {
        b.tariff = 'C';
        b.rate_permille = 2;
    }
    b.curr = (int64_t)draw(m, 60000);
    for (int months = draw(m, 5) ? 0 : (int)draw(m, 4) + 1; months >= 0; months--)
        put(m, &b, months, 20 + (int64_t)draw(m, 500));
}

int cmd_sample(struct utility *u, int argc, char **argv)
{
    static const struct option options[] = {{"bills", 1, NULL, 'n'}, {"seed", 1, NULL, 's'}, {"date", 1, NULL, 'd'}, {0}};
    struct maker m = {.state = 1, .most = 1000, .out = stdout, .today = clock_today(&u->clock)};
    struct billfile_header header = {0};
    char *end = NULL;
    int c;
    opterr = 0;
    while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
        bool good = c != '?';
        if (c == 'n') m.most = strtoll(optarg, &end, 10), good = !*end && m.most >= 1 && m.most <= BILLS_MAX;
        if (c == 's') m.state = strtoull(optarg, &end, 10), good = !*end;
        if (c == 'd') good = day_parse(optarg, &m.today);
        if (!good) return utility_usage(argv[0], "what is this:", optarg ? optarg : argv[optind - 1]);
    }
    if (optind < argc) return utility_usage(argv[0], "what is this:", argv[optind]);
    char day[DAY_TEXT_SIZE];
    text_copy(header.utility, sizeof header.utility, u->settings.id);
    snprintf(header.made_at, sizeof header.made_at, "%sT18:00:00", day_format(m.today - 1, day, sizeof day));
    header.business_date = m.today;
    billfile_put_header(m.out, &header, &m.sums);
    put_special(&m);
    for (int64_t serial = 1; m.number < m.most && serial <= CUSTOMERS_MAX; serial++)
        put_anybody(&m, serial);
    billfile_put_end(m.out, &m.sums);
    if (fflush(m.out) == 0 && !ferror(m.out)) return EX_OK;
    perror("utilityd: sample");
    return EX_IOERR;
}
