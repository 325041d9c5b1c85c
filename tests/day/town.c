/* The town is built: a CA, four banks, their branches with ledger and operators. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/text.h"
#include "branchd/branchd.h"
#include "day/day.h"
#include "ledger/day.h"
#include "ledger/operator.h"
#include "wire/billfile.h"

#define PASSWORD "a long pass phrase"

uint64_t day_draw(uint64_t *state)
{
    uint64_t z = (*state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

void day_say(const struct town *t, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    printf("%5lld s  ", (long long)(clock_monotonic_ms() - t->started_ms) / 1000);
    vprintf(fmt, args);
    putchar('\n');
    fflush(stdout);
    va_end(args);
}

int64_t town_bills(const struct town *t)
{
    int64_t counters = (int64_t)t->count * t->counters, each = (t->payments + counters - 1) / counters;
    return counters * (each / DAY_BILLS_SHARE + 1);
}

/* --- utility and banks ------------------------------------------------------------------ */

static void write_bills(struct town *t)
{
    struct clock clock = clock_system(CLOCK_CHINA_OFFSET_S, 0);
    struct billfile_header header = {.utility = "0311", .made_at = "2026-11-19T18:00:00", .business_date = clock_today(&clock)};
    struct bill b = {.name = "王建国", .address = "永昌路1号", .station = "深州镇", .tariff = 'R', .meter = "012379200822", .period = "202610",
                     .prev = 4148, .curr = 4248, .multiplier = 1, .kwh = 100, .amount_fen = 5200, .tier_count = 1, .tiers = {{100, 5200}}, .rate_permille = 1};
    struct billfile_sums sums;
    char path[300];
    b.due = header.business_date + 5;
    b.window_first = header.business_date - 30;
    b.window_last = header.business_date + 10;
    FILE *out = fopen(world_path(&t->w, "bills.txt", path, sizeof path), "w");
    if (out == NULL) fail_msg("%s cannot be written", path);
    billfile_put_header(out, &header, &sums);
    for (int64_t i = 1; i <= town_bills(t); i++) {
        snprintf(b.number, sizeof b.number, "B%08lld", (long long)i);
        snprintf(b.customer, sizeof b.customer, "K%08lld", (long long)i);
        b.amount_fen = 5000 + i % 997;
        billfile_put(out, &b, &sums);
    }
    billfile_put_end(out, &sums);
    if (fclose(out) != 0) fail_msg("%s cannot be written", path);
}

static void start_utility(struct town *t)
{
    char config[300], bills[300];
    t->w.utility_port = world_free_port();
    world_write(&t->w, "utilityd.ini", "[store]\npath = utility.db\n[serve]\nlisten = 127.0.0.1:%d\npolicy = utilityd.policy\nca = ca.crt\n"
                                       "certificate = utility.crt\nkey = utility.key\n", t->w.utility_port);
    world_write(&t->w, "utilityd.policy", "# the banks, each for its own branches\n");
    for (int i = 0; i < t->banks; i++)
        world_append(&t->w, "utilityd.policy", "station bank-%d bank=%d branch=* from=127.0.0.1 messages=all\n", 102 + i, 102 + i);
    snprintf(config, sizeof config, "--config=%s/utilityd.ini", t->w.dir);
    write_bills(t);
    if (world_run(&t->w, NULL, 0, "utilityd", config, "init", NULL) != 0 ||
        world_run(&t->w, NULL, 0, "utilityd", config, "import", world_path(&t->w, "bills.txt", bills, sizeof bills), NULL) != 0)
        fail_msg("utilityd: %s", world_read(&t->w, "run.log"));
    world_start(&t->w, "utilityd");
}

static void start_bank(struct town *t, int i)
{
    char name[32], file[48], cn[32], config[300];
    int bank = 102 + i;
    snprintf(name, sizeof name, "bankd-%d", bank);
    snprintf(cn, sizeof cn, "bank-%d", bank);
    if (bank != 102) world_station(&t->w, cn); /* 102's is the world's own */
    t->bank_ports[i] = world_free_port();
    snprintf(file, sizeof file, "%s.ini", name);
    world_write(&t->w, file, "[bank]\nid = %d\n[serve]\nlisten = 127.0.0.1:%d\npolicy = %s.policy\nca = ca.crt\ncertificate = %s.crt\nkey = %s.key\n"
                             "connections_per_address = 4000\n[utility]\naddress = 127.0.0.1:%d\n[store]\npath = %s.db\n[status]\nsocket = %s.sock\n",
                bank, t->bank_ports[i], name, cn, cn, t->w.utility_port, name, name);
    snprintf(config, sizeof config, "--config=%s/%s", t->w.dir, file);
    snprintf(file, sizeof file, "%s.policy", name);
    world_write(&t->w, file, "# a line a branch\n");
    for (int n = 1; n <= t->branches; n++)
        world_append(&t->w, file, "station branch-%d-%04d bank=%d branch=%04d-%04d from=127.0.0.1 messages=all\n", bank, n, bank, bank, n);
    if (world_run(&t->w, NULL, 0, "bankd", config, "init", NULL) != 0) fail_msg("bankd: %s", world_read(&t->w, "run.log"));
    world_start(&t->w, name);
}

/* --- branches ----------------------------------------------------------------------------- */

static void must(enum ledger_result result, const struct error *err)
{
    if (result != LEDGER_OK) fail_msg("%s: %s %s", ledger_word(result), err->what, err->why);
}

/* What `branchd init`, `operator install` and `day open` do, with a password that costs
 * the least there is: a day is about payments, and each check of a real one takes 0.1 s. */
static void make_ledger(struct town *t, struct town_branch *row, const char *config, const char *stored)
{
    struct branch b;
    struct error err = {0};
    char number[LEDGER_OPERATOR_SIZE];
    if (branch_open(&b, config, &err) != 0 || branch_world(&b, true, &err) != 0 ||
        ledger_create(b.settings.ledger, b.settings.bank, b.settings.branch, &b.world, &err) != 0)
        fail_msg("%s: %s %s", row->name, err.what, err.why);
    struct ledger *ledger = ledger_open(b.settings.ledger, &b.world, &b.rules, &err);
    if (ledger == NULL) fail_msg("%s: %s %s", row->name, err.what, err.why);
    must(ledger_group_begin(ledger, &err), &err);
    must(operator_install(ledger, "2001", "陈刚", "supervisor", stored, false, &err), &err);
    must(operator_install(ledger, "2002", "赵敏", "supervisor", stored, false, &err), &err);
    for (int c = 1; c <= t->counters; c++) {
        snprintf(number, sizeof number, "1%03u", (unsigned)c % 1000u);
        must(operator_install(ledger, number, "张丽", "teller", stored, false, &err), &err);
    }
    must(operator_installed(ledger, &err), &err);
    must(day_open(ledger, clock_today(&b.clock), "2001", &err), &err);
    must(ledger_group_end(ledger, &err), &err);
    ledger_close(ledger);
}

static void make_branch(struct town *t, struct town_branch *row, const char *stored)
{
    char cn[48], file[48], config[300];
    snprintf(row->name, sizeof row->name, "branchd-%d-%04d", row->bank, row->number);
    snprintf(row->id, sizeof row->id, "%04d-%04d", row->bank % 10000, row->number % 10000);
    snprintf(row->socket, sizeof row->socket, "%s/%s.sock", t->w.dir, row->name);
    snprintf(row->ledger, sizeof row->ledger, "%s.db", row->name);
    snprintf(cn, sizeof cn, "branch-%d-%04d", row->bank, row->number);
    world_station(&t->w, cn);
    int port = row->cutter ? cutter_port(row->cutter) : t->bank_ports[row->bank - 102];
    snprintf(file, sizeof file, "%s.ini", row->name);
    world_write(&t->w, file, "[branch]\nbank = %d\nid = %s\n[ledger]\npath = %s.db\naudit_key = %s.audit\ncopy = %s.copy\n[serve]\nsocket = %s.sock\n"
                             "printers = %s.json\n[link]\naddress = 127.0.0.1:%d\npeer = bank-%d\nca = ca.crt\ncertificate = %s.crt\nkey = %s.key\nfeed = 24h\n"
                             "[offline]\ncount = 100000\nday = 9000000.00\n[till]\nlimit = 9000000.00\n",
                row->bank, row->id, row->name, row->name, row->name, row->name, row->name, port, row->bank, cn, cn);
    make_ledger(t, row, world_path(&t->w, file, config, sizeof config), stored);
}

/* --- the copy of the bills ------------------------------------------------------------------- */

/* Every branch begins the day with the whole copy. One fetches it from the utility, the
 * others begin with a copy of that file: 200 first feeds belong to another day. */
static void hand_out_copy(struct town *t)
{
    char first[300], sql[700], file[48];
    sqlite3 *db;
    snprintf(file, sizeof file, "%s.copy", t->rows[0].name);
    world_sql_reaches(&t->w, file, "SELECT count(*) FROM feed WHERE change = target AND made_at_ms > 0", 1, 120000);
    if (sqlite3_open(world_path(&t->w, file, first, sizeof first), &db) != SQLITE_OK) fail_msg("%s", first);
    for (int i = 1; i < t->count; i++) {
        snprintf(sql, sizeof sql, "VACUUM INTO '%s/%s.copy'", t->w.dir, t->rows[i].name);
        if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK) fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    }
    sqlite3_close(db);
}

static void let_loop_run(struct town *t, int ms)
{
    uint64_t until = uv_hrtime() + (uint64_t)ms * 1000000u;
    while (uv_hrtime() < until) {
        uv_run(&t->loop, UV_RUN_NOWAIT);
        uv_sleep(1);
    }
}

void town_open(struct town *t)
{
    char stored[SECRET_PASSWORD_SIZE];
    struct entropy chance = entropy_system();
    struct error err;
    world_open(&t->w, "day");
    start_utility(t);
    for (int i = 0; i < t->banks; i++)
        start_bank(t, i);
    day_say(t, "%lld bills at the utility, %d banks", (long long)town_bills(t), t->banks);
    if (secret_password_hash(PASSWORD, secret_cost_least(), &chance, stored, &err) != 0) fail_msg("%s", err.why);
    for (int i = 0; i < t->count; i++) {
        struct town_branch *row = &t->rows[i];
        row->bank = 102 + i % t->banks;
        row->number = 1 + i / t->banks;
        if (i % 3 == 1) row->cutter = cutter_open(&t->loop, t->bank_ports[row->bank - 102], t->seed + (uint64_t)i);
        make_branch(t, row, stored);
    }
    day_say(t, "%d ledgers made", t->count);
    world_start(&t->w, t->rows[0].name);
    hand_out_copy(t);
    day_say(t, "the copy of the bills is fetched");
    for (int i = 1; i < t->count; i++)
        world_start(&t->w, t->rows[i].name);
    let_loop_run(t, 2000); /* the cutters' branches sign on through this loop */
    day_say(t, "%d branches run", t->count);
}

void town_close(struct town *t)
{
    for (int i = 0; i < t->count; i++)
        if (t->rows[i].cutter) cutter_close(t->rows[i].cutter);
    world_close(&t->w);
    uv_run(&t->loop, UV_RUN_DEFAULT);
}
