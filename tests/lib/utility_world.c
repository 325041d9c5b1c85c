#include "lib/utility_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/clock.h"
#include "wire/billfile.h"

#define BRANCH "0311-0007"

/* --- books -------------------------------------------------------------------------- */

int utility_run(struct utility_world *u, char *out, size_t size, const char *a, const char *b, const char *c, const char *d)
{
    return world_run(&u->w, out, size, "utilityd", u->config, a, b, c, d, NULL);
}

void utility_world_open(struct utility_world *u, const char *name, enum db_kind kind, const char *extra)
{
    memset(u, 0, sizeof *u);
    uv_loop_init(&u->loop);
    world_open(&u->w, name);
    u->kind = kind;
    if (kind == DB_POSTGRES) postgres_open(&u->pg);
    if (kind == DB_POSTGRES) snprintf(u->where, sizeof u->where, "%s", u->pg.url);
    else snprintf(u->where, sizeof u->where, "%s/utility.db", u->w.dir);
    u->w.utility_port = world_free_port();
    world_write(&u->w, "utilityd.ini", "[store]\npath = %s\n[serve]\nlisten = 127.0.0.1:%d\npolicy = utilityd.policy\n"
                                       "ca = ca.crt\ncertificate = utility.crt\nkey = utility.key\n[rules]\n%s\n", u->where, u->w.utility_port, extra);
    world_write(&u->w, "utilityd.policy", "station bank-102 bank=102 branch=* from=127.0.0.1 messages=all\n");
    snprintf(u->config, sizeof u->config, "--config=%s/utilityd.ini", u->w.dir);
    assert_int_equal(utility_run(u, NULL, 0, "init", NULL, NULL, NULL), 0);
}

void utility_world_close(struct utility_world *u)
{
    if (u->connected) station_close(&u->bank);
    world_close(&u->w);
    postgres_close(&u->pg);
    uv_loop_close(&u->loop);
}

static void take_in(struct utility_world *u, const char *file)
{
    char path[300];
    if (utility_run(u, NULL, 0, "import", world_path(&u->w, file, path, sizeof path), NULL, NULL) != 0)
        fail_msg("%s", world_read(&u->w, "run.log"));
}

void utility_import(struct utility_world *u, int bills)
{
    char count[16], *text = malloc((size_t)bills * 512 + 65536);
    assert_non_null(text);
    snprintf(count, sizeof count, "%d", bills);
    assert_int_equal(utility_run(u, text, (size_t)bills * 512 + 65536, "sample", "--bills", count, NULL), 0);
    world_write(&u->w, "sample.txt", "%s", text);
    free(text);
    take_in(u, "sample.txt");
}

void utility_write_bills(struct utility_world *u, const char *file, const struct bill *bills, size_t count)
{
    struct billfile_header header = {.utility = "0311", .made_at = "2026-11-19T18:00:00", .business_date = 20000};
    struct billfile_sums sums;
    char path[300];
    FILE *out = fopen(world_path(&u->w, file, path, sizeof path), "w");
    assert_non_null(out);
    billfile_put_header(out, &header, &sums);
    for (size_t i = 0; i < count; i++)
        billfile_put(out, &bills[i], &sums);
    billfile_put_end(out, &sums);
    assert_int_equal(fclose(out), 0);
}

void utility_import_bills(struct utility_world *u, const char *file, const struct bill *bills, size_t count)
{
    utility_write_bills(u, file, bills, count);
    take_in(u, file);
}

int64_t utility_sql(struct utility_world *u, const char *sql)
{
    struct error err;
    struct db *db = utility_db_open(u->where, &err);
    if (db == NULL) fail_msg("%s: %s", err.where, err.why);
    int64_t value = db_number(db, sql, DB_NO_ARGS, INT64_MIN);
    if (value == -1 && *db_why(db)) fail_msg("%s: %s", sql, db_why(db));
    db_close(db);
    return value;
}

void utility_holds(struct utility_world *u)
{
    char out[8192];
    if (utility_run(u, out, sizeof out, "verify", NULL, NULL, NULL) != 0) fail_msg("%s", out);
}

struct bill utility_bill(const char *number, const char *customer, int due_in_days)
{
    struct clock clock = clock_system(CLOCK_CHINA_OFFSET_S, 0);
    day_t today = clock_today(&clock);
    struct bill b = {.name = "王建国", .address = "深州镇永昌路1号", .station = "深州镇", .tariff = 'R', .meter = "100000000001", .period = "202610",
                     .prev = 1000, .curr = 1100, .multiplier = 1, .kwh = 100, .amount_fen = 5200, .tier_count = 1, .tiers = {{100, 5200}},
                     .due = today + due_in_days, .window_first = today - 30, .window_last = today + 10, .rate_permille = 1};
    snprintf(b.number, sizeof b.number, "%s", number);
    snprintf(b.customer, sizeof b.customer, "%s", customer);
    return b;
}

/* --- serving ------------------------------------------------------------------------ */

void utility_connect(struct utility_world *u)
{
    station_open(&u->bank, &u->w, &u->loop, "bank-102", u->w.utility_port, "utility");
    station_wait_up(&u->bank);
    u->connected = true;
}

void utility_serve(struct utility_world *u)
{
    world_start(&u->w, "utilityd");
    if (!u->connected) utility_connect(u);
}

static bool is_down(void *ctx) { return ((struct station *)ctx)->up == NULL; }

void utility_kill(struct utility_world *u)
{
    world_kill(&u->w, "utilityd");
    if (u->connected && !station_until(&u->loop, is_down, &u->bank, STATION_WAIT_MS)) fail_msg("the line does not notice");
}

/* --- paying ------------------------------------------------------------------------- */

void utility_pay_start(struct wire_payment *p, const char *customer, int64_t n)
{
    station_payment(p, BRANCH, n, 0);
    snprintf(p->customer, sizeof p->customer, "%s", customer);
}

void utility_pay_bill(struct wire_payment *p, const char *bill, int64_t amount_fen, int64_t late_fen)
{
    struct wire_bill_part *part = &p->bills[p->bill_count++];
    snprintf(part->bill, sizeof part->bill, "%s", bill);
    part->amount_fen = amount_fen;
    part->late_fee_fen = late_fen;
    p->head.amount_fen += amount_fen + late_fen;
}

void utility_pay_prepaid(struct wire_payment *p, int64_t fen)
{
    p->prepaid_fen += fen;
    p->head.amount_fen += fen;
}

static const char *ask(struct utility_world *u, const struct iso *m, struct wire_answer *answer)
{
    static struct wire_answer kept;
    struct iso got;
    struct error err;
    char text[200];
    if (!station_ask(&u->bank, m, &got, STATION_WAIT_MS)) fail_msg("no answer to %s", message_describe(m, text, sizeof text));
    if (wire_answer_unpack(&got, &kept, &err) != 0) fail_msg("%s: %s", err.where, err.why);
    if (answer) *answer = kept;
    return kept.code;
}

const char *utility_pay(struct utility_world *u, const struct wire_payment *p, const char *mti, struct wire_answer *answer)
{
    struct iso m;
    struct error err;
    if (wire_payment_pack(p, mti, &m, &err) != 0) fail_msg("%s: %s", err.where, err.why);
    return ask(u, &m, answer);
}

const char *utility_undo(struct utility_world *u, const struct wire_payment *p, const char *mti, struct wire_answer *answer)
{
    struct wire_reversal r = {.head = p->head, .original_mti = "0200", .maker = "8001", .checker = "8002"};
    struct iso m;
    struct error err;
    if (wire_reversal_pack(&r, mti, &m, &err) != 0) fail_msg("%s: %s", err.where, err.why);
    return ask(u, &m, answer);
}
