#include "print/format.h"

#include <stdio.h>
#include <string.h>

#include "base/capital.h"
#include "base/date.h"
#include "base/money.h"
#include "base/text.h"
#include "print/template.h"
#include "print/words.h"

#define TIERS_CELLS 53 /* of the pre-printed invoice's column, at 15 an inch */

static int put(char *buf, size_t size, const char *text, const char **why)
{
    if (text_copy(buf, size, text)) return 0;
    *why = "it is too long to print";
    return -1;
}

static int wants(const char **why, const char *what)
{
    *why = what;
    return -1;
}

static int as_text(const json_t *value, int language, char *buf, size_t size, const char **why)
{
    char number[32];
    if (json_is_string(value)) return put(buf, size, json_string_value(value), why);
    if (!json_is_integer(value)) return wants(why, "it is neither a text nor a whole number");
    snprintf(number, sizeof number, "%lld", (long long)json_integer_value(value));
    return put(buf, size, number, why);
}

/* --- amounts: fen --------------------------------------------------------------- */

static int fen_of(const json_t *value, int64_t *fen, const char **why)
{
    if (!json_is_integer(value)) return wants(why, "it is not a whole number of fen");
    *fen = json_integer_value(value);
    if (*fen > MONEY_MAX_FEN || *fen < -MONEY_MAX_FEN) return wants(why, "it is more than an invoice can carry");
    return 0;
}

static int as_money(const json_t *value, int language, char *buf, size_t size, const char **why)
{
    char text[MONEY_TEXT_SIZE];
    int64_t fen;
    if (fen_of(value, &fen, why)) return -1;
    return put(buf, size, money_format(fen, text, sizeof text), why);
}

static int as_money_grouped(const json_t *value, int language, char *buf, size_t size, const char **why)
{
    char text[MONEY_TEXT_SIZE];
    int64_t fen;
    if (fen_of(value, &fen, why)) return -1;
    return put(buf, size, money_format_grouped(fen, text, sizeof text), why);
}

/* ￥ closed up to the figure, so that none can be written before it. */
static int as_yuan(const json_t *value, int language, char *buf, size_t size, const char **why)
{
    char text[MONEY_TEXT_SIZE + 8] = "￥";
    int64_t fen;
    if (fen_of(value, &fen, why)) return -1;
    size_t used = strlen(text);
    money_format(fen, text + used, sizeof text - used);
    return put(buf, size, text, why);
}

static int as_capital(const json_t *value, int language, char *buf, size_t size, const char **why)
{
    char text[CAPITAL_TEXT_SIZE];
    int64_t fen;
    if (fen_of(value, &fen, why)) return -1;
    return put(buf, size, capital_amount(fen, text, sizeof text), why);
}

static int as_words(const json_t *value, int language, char *buf, size_t size, const char **why)
{
    char text[WORDS_TEXT_SIZE];
    int64_t fen;
    if (fen_of(value, &fen, why)) return -1;
    return put(buf, size, words_amount(fen, text, sizeof text), why);
}

/* --- dates ------------------------------------------------------------------------ */

static const char *const months[] = {"", "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

/* The day at the front of "2026-11-20" or "2026-11-20T10:42:07"; *rest is what follows it. */
static int day_of(const json_t *value, day_t *day, const char **rest, const char **why)
{
    char text[11];
    const char *whole = json_string_value(value);
    if (whole && strlen(whole) >= 10) {
        snprintf(text, sizeof text, "%.10s", whole);
        *rest = whole + 10;
        if (day_parse(text, day) && (!**rest || **rest == 'T')) return 0;
    }
    return wants(why, "it is not a date like \"2026-11-20\"");
}

static int as_date(const json_t *value, int language, char *buf, size_t size, const char **why)
{
    char text[DAY_TEXT_SIZE];
    const char *rest;
    day_t day;
    if (day_of(value, &day, &rest, why)) return -1;
    return put(buf, size, day_format(day, text, sizeof text), why);
}

static int as_date_long(const json_t *value, int language, char *buf, size_t size, const char **why)
{
    char text[48];
    const char *rest;
    int year, month, mday;
    day_t day;
    if (day_of(value, &day, &rest, why)) return -1;
    day_to_ymd(day, &year, &month, &mday);
    if (language == LANGUAGE_CHINESE)
        snprintf(text, sizeof text, "%d年%02d月%02d日", year, month, mday);
    else
        snprintf(text, sizeof text, "%d %s %d", mday, months[month], year);
    return put(buf, size, text, why);
}

static bool is_clock(const char *text)
{
    static const char shape[] = "dd:dd:dd";
    for (size_t i = 0; i < 8; i++)
        if (shape[i] == 'd' ? text[i] < '0' || text[i] > '9' : text[i] != shape[i]) return false;
    return text[8] == '\0';
}

static int as_time(const json_t *value, int language, char *buf, size_t size, const char **why)
{
    const char *text = json_string_value(value);
    const char *from = text && strlen(text) == 19 && text[10] == 'T' ? text + 11 : text;
    if (!from || !is_clock(from)) return wants(why, "it is not a time like \"10:42:07\"");
    return put(buf, size, from, why);
}

static int as_datetime(const json_t *value, int language, char *buf, size_t size, const char **why)
{
    char text[48], date[DAY_TEXT_SIZE];
    const char *rest;
    day_t day;
    if (day_of(value, &day, &rest, why)) return -1;
    if (*rest != 'T' || !is_clock(rest + 1)) return wants(why, "it is not a time like \"2026-11-20T10:42:07\"");
    snprintf(text, sizeof text, "%s %s", day_format(day, date, sizeof date), rest + 1);
    return put(buf, size, text, why);
}

static int period_of(const json_t *value, int *year, int *month, const char **why)
{
    const char *text = json_string_value(value);
    if (!text || !period_valid(text) || sscanf(text, "%4d%2d", year, month) != 2)
        return wants(why, "it is not a period like \"202610\"");
    return 0;
}

static int as_period(const json_t *value, int language, char *buf, size_t size, const char **why)
{
    char text[32];
    int year, month;
    if (period_of(value, &year, &month, why)) return -1;
    snprintf(text, sizeof text, "%04d-%02d", year, month);
    return put(buf, size, text, why);
}

static int as_period_long(const json_t *value, int language, char *buf, size_t size, const char **why)
{
    char text[48];
    int year, month;
    if (period_of(value, &year, &month, why)) return -1;
    if (language == LANGUAGE_CHINESE)
        snprintf(text, sizeof text, "%d年%02d月", year, month);
    else
        snprintf(text, sizeof text, "%s %d", months[month], year);
    return put(buf, size, text, why);
}

/* --- electricity -------------------------------------------------------------------- */

static int as_kwh(const json_t *value, int language, char *buf, size_t size, const char **why)
{
    if (!json_is_integer(value)) return wants(why, "it is not a whole number of kWh");
    return as_text(value, language, buf, size, why);
}

/* How a tier is written: all of it, its price without the zeros at its end, without its amount. */
enum tier_style { TIER_WHOLE, TIER_SHORT, TIER_PRICE };

static int price_digits(const char *price)
{
    int digits = (int)strlen(price);
    while (strchr(price, '.') && digits > 1 && price[digits - 1] == '0' && price[digits - 2] != '.') digits--;
    return digits;
}

/* [{"kwh":180,"price":"0.5200","amount_fen":9360}…] -> "180x0.5200=93.60 36x0.5700=20.52" */
static int write_tiers(const json_t *value, enum tier_style style, int language, char *buf, size_t size, const char **why)
{
    size_t i, used = 0;
    json_t *tier;
    *buf = '\0';
    if (!json_is_array(value)) return wants(why, "it is not a list of tiers");
    json_array_foreach(value, i, tier) {
        const char *price = json_string_value(json_object_get(tier, "price"));
        const json_t *kwh = json_object_get(tier, "kwh"), *fen = json_object_get(tier, "amount_fen");
        char amount[MONEY_TEXT_SIZE + 1] = "=";
        if (!price || !json_is_integer(kwh)) return wants(why, "a tier has no kwh or price");
        if (fen && as_money(fen, language, amount + 1, sizeof amount - 1, why)) return -1;
        int n = snprintf(buf + used, size - used, "%s%lldx%.*s%s", used ? " " : "", (long long)json_integer_value(kwh),
                         style == TIER_WHOLE ? (int)strlen(price) : price_digits(price), price, fen && style != TIER_PRICE ? amount : "");
        if (n < 0 || (size_t)n >= size - used) return wants(why, "it is too long to print");
        used += (size_t)n;
    }
    return 0;
}

static int as_tiers(const json_t *value, int language, char *buf, size_t size, const char **why)
{
    return write_tiers(value, TIER_WHOLE, language, buf, size, why);
}

/* "6 tiers, 0.52 to 0.86": of a factory's bill, where no more has room. */
static int sum_up(const json_t *value, int language, char *buf, size_t size)
{
    size_t count = json_array_size(value);
    const char *first = json_string_value(json_object_get(json_array_get(value, 0), "price"));
    const char *last = json_string_value(json_object_get(json_array_get(value, count - 1), "price"));
    int from = price_digits(first), to = price_digits(last);
    int n = language == LANGUAGE_ENGLISH ? snprintf(buf, size, "%zu tiers, %.*s to %.*s", count, from, first, to, last)
                                         : snprintf(buf, size, "共%zu档 %.*s至%.*s", count, from, first, to, last);
    return n >= 0 && (size_t)n < size ? 0 : -1;
}

/* At most TIERS_CELLS: without the amounts when they have no room, then summed up. The
 * bill's own amount stands beside it. */
static int as_tiers_short(const json_t *value, int language, char *buf, size_t size, const char **why)
{
    if (write_tiers(value, TIER_SHORT, language, buf, size, why)) return -1;
    if (text_width(buf) <= TIERS_CELLS) return 0;
    if (write_tiers(value, TIER_PRICE, language, buf, size, why)) return -1;
    return text_width(buf) <= TIERS_CELLS ? 0 : sum_up(value, language, buf, size);
}

/* --- words of the bank ---------------------------------------------------------------- */

struct said { const char *word, *chinese, *english; };

static int say(const struct said *table, size_t count, const json_t *value, int language, char *buf, size_t size, const char **why)
{
    const char *word = json_string_value(value);
    if (!word) return wants(why, "it is not a word");
    for (size_t i = 0; i < count; i++)
        if (!strcmp(table[i].word, word)) return put(buf, size, language == LANGUAGE_CHINESE ? table[i].chinese : table[i].english, why);
    return put(buf, size, word, why);
}
#define SAY(table) say(table, sizeof(table) / sizeof(table)[0], value, language, buf, size, why)

static int as_class(const json_t *value, int language, char *buf, size_t size, const char **why)
{
    static const struct said table[] = {
        {"R", "居民生活", "Residential"}, {"C", "一般工商业", "Commercial"},
        {"I", "大工业", "Industrial"},    {"A", "农业生产", "Agricultural"},
    };
    return SAY(table);
}

static int as_state(const json_t *value, int language, char *buf, size_t size, const char **why)
{
    static const struct said table[] = {
        {"posted", "已入账", "Posted"},
        {"queued", "已收款，待送达供电公司", "Paid; on its way to the utility"},
        {"open", "未结清", "Open"},       {"counted", "已清点", "Counted"},
        {"closed", "已关闭", "Closed"},   {"agreed", "核对相符", "Agreed"},
        {"differences", "有差异", "Differences"}, {"asked", "核对中", "Asked"},
        {"no answer", "尚无应答", "No answer"},   {"not asked", "尚未核对", "Not asked"},
        {"re-opened", "重新核对", "Re-opened"},
        {"confirmed", "已打印", "Printed"},       {"spoiled", "作废", "Spoiled"},
        {"cancelled", "已冲销", "Cancelled"},     {"lost", "遗失", "Lost"},
        {"damaged", "破损", "Damaged"},           {"declined", "被拒绝", "Declined"},
        {"abandoned", "放弃", "Abandoned"},       {"reversed", "已冲正", "Reversed"},
        {"handed-back", "已退还", "Handed back"},
        {"undone", "已撤回", "Turned back"},     {"refund", "退预存", "Refund"},
        {"transfer", "更正户号", "Transfer"},     {"exception", "例外", "Exception"},
        {"recount", "复点", "Recounted"},         {"over", "长款", "Over"},
        {"short", "短款", "Short"},               {"counterfeit", "假币", "Counterfeit"},
        {"normal", "正常", "Open"},               {"frozen", "已冻结", "Frozen"},
    };
    return SAY(table);
}

static int as_kind(const json_t *value, int language, char *buf, size_t size, const char **why)
{
    static const struct said table[] = {
        {"deposit", "存入", "Deposit"},   {"withdrawal", "支取", "Withdrawal"},
        {"payment", "电费", "Electricity"}, {"withholding", "代扣电费", "Withheld"},
        {"opening", "开户", "Opened"},    {"interest", "结息", "Interest"},
        {"reversal", "冲正", "Reversal"}, {"balance", "余额", "Balance"},
        {"cash", "现金", "Cash"},         {"account", "转账", "Account"},
        {"personal", "个人", "Personal"}, {"corporate", "单位", "Corporate"},
        {"decline", "供电公司拒绝", "Declined by the utility"}, {"bank-decline", "银行拒绝", "Declined by the bank"},
        {"abandon", "放弃缴费", "Payment abandoned"},
        {"undo", "撤回排队缴费", "Queued payment turned back"},
        {"refund", "退还预存", "Credit refunded"},
        {"settled", "例外处理", "Exception settled"},
        {"open", "开户", "Account opened"},     {"close", "销户", "Account closed"},
        {"account-payment", "账户缴纳电费", "Electricity paid from the account"},
    };
    return SAY(table);
}

static int as_reprint(const json_t *value, int language, char *buf, size_t size, const char **why)
{
    char text[64];
    if (!json_is_integer(value)) return wants(why, "it is not a count");
    snprintf(text, sizeof text, language == LANGUAGE_CHINESE ? "补打第%lld次" : "REPRINT %lld", (long long)json_integer_value(value));
    return put(buf, size, text, why);
}

static int as_copy(const json_t *value, int language, char *buf, size_t size, const char **why)
{
    if (!json_is_integer(value) || json_integer_value(value) < 1 || json_integer_value(value) > 2) return wants(why, "it is neither 1 nor 2");
    bool first = json_integer_value(value) == 1;
    return put(buf, size, language == LANGUAGE_CHINESE ? first ? "第一联 客户留存" : "第二联 银行留存" : first ? "Copy 1, for the customer" : "Copy 2, for the bank", why);
}

static int as_again(const json_t *value, int language, char *buf, size_t size, const char **why)
{
    if (!json_is_integer(value) && !json_is_boolean(value)) return wants(why, "it is neither a count nor true or false");
    return put(buf, size, language == LANGUAGE_CHINESE ? "补登" : "AGAIN", why);
}

/* --- what is not everybody's ------------------------------------------------------------ */

/* An account: its last four, and its first four when there are twelve or more. */
static int as_masked(const json_t *value, int language, char *buf, size_t size, const char **why)
{
    char text[64];
    const char *whole = json_string_value(value);
    if (!whole || !text_alnum(whole)) return wants(why, "it is not a number of letters and digits");
    size_t len = strlen(whole), head = len >= 12 ? 4 : 0;
    if (len <= 4) return put(buf, size, "****", why);
    snprintf(text, sizeof text, "%.*s****%s", (int)head, whole, whole + len - 4);
    return put(buf, size, text, why);
}

/* A name without its first character. */
static int as_masked_name(const json_t *value, int language, char *buf, size_t size, const char **why)
{
    char text[FORMAT_TEXT_SIZE];
    const char *whole = json_string_value(value);
    uint32_t cp;
    if (!whole || !*whole) return wants(why, "it is not a name");
    size_t first = utf8_next(whole, whole + strlen(whole), &cp);
    snprintf(text, sizeof text, "*%s", whole + first);
    return put(buf, size, text, why);
}

const struct format formats[] = {
    {"text", as_text, "as it is: a text or a whole number"},
    {"money", as_money, "fen as 1234.50"},
    {"money-grouped", as_money_grouped, "fen as 1,234.50"},
    {"yuan", as_yuan, "fen as ￥1234.50"},
    {"capital", as_capital, "fen in capital numerals (大写): 壹仟贰佰叁拾肆元伍角"},
    {"words", as_words, "fen in English words: One Thousand Two Hundred Thirty-Four Yuan 50 Fen"},
    {"date", as_date, "2026-11-20, of a date or a time"},
    {"date-long", as_date_long, "2026年11月20日, 20 Nov 2026"},
    {"time", as_time, "10:42:07, of a time with or without date"},
    {"datetime", as_datetime, "2026-11-20 10:42:07"},
    {"period", as_period, "\"202610\" as 2026-10"},
    {"period-long", as_period_long, "\"202610\" as 2026年10月, Oct 2026"},
    {"kwh", as_kwh, "a whole number: readings and kWh"},
    {"tiers", as_tiers, "a list of tiers as 180x0.5200=93.60 36x0.5700=20.52"},
    {"tiers-short", as_tiers_short, "the same in 53 cells at most: 180x0.52=93.60, 180x0.52, 6 tiers, 0.52 to 0.86"},
    {"class", as_class, "a tariff's letter in words: R 居民生活, Residential"},
    {"state", as_state, "a state in words: posted 已入账, Posted"},
    {"kind", as_kind, "a kind of entry in words: deposit 存入, Deposit"},
    {"reprint", as_reprint, "a count as 补打第2次, REPRINT 2; use reprint? so that 0 is nothing"},
    {"copy", as_copy, "1 as 第一联 客户留存, 2 as 第二联 银行留存; use copy? so that 0 is nothing"},
    {"again", as_again, "补登, AGAIN; use again? so that 0 is nothing"},
    {"masked", as_masked, "an account number as 6228****1234"},
    {"masked-name", as_masked_name, "a name without its first character: *建国"},
    {0},
};

const struct format *format_find(const char *name, bool *drop_zero)
{
    *drop_zero = false;
    if (!name) return &formats[0];
    size_t len = strlen(name);
    if (len && name[len - 1] == '?') {
        *drop_zero = true;
        len--;
    }
    for (const struct format *f = formats; f->name; f++)
        if (strlen(f->name) == len && !strncmp(f->name, name, len)) return f;
    return NULL;
}
