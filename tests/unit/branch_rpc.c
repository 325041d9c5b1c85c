/* What a counter may say to branchd, and what happens to everything else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "branchd/rpc.h"

/* A peer that keeps the last line it was sent. */
struct rpc_peer {
    unsigned role;
    int under_way, most;
    char last[4096];
};
static int64_t paid_fen;
static struct rpc_call *kept;

static unsigned role_of(const struct rpc_peer *peer) { return peer->role; }
static void write_line(struct rpc_peer *peer, const char *line, size_t len)
{
    assert_int_equal(line[len - 1], '\n');
    assert_true(len < sizeof peer->last);
    memcpy(peer->last, line, len - 1);
    peer->last[len - 1] = '\0';
}
static bool count(struct rpc_peer *peer, int step, struct rpc_call *call)
{
    if (step > 0 && peer->under_way >= peer->most) return false;
    peer->under_way += step;
    return true;
}
static const struct rpc_host host = {role_of, write_line, count};

static const struct rpc rpc;
static void pay(void *ctx, struct rpc_call *call)
{
    json_int_t fen;
    const char *note = NULL;
    if (!rpc_params(&rpc, call, "{s:I, s?s}", "tendered_fen", &fen, "note", &note)) return;
    paid_fen += fen;
    rpc_answer(&rpc, call, json_pack("{s:I}", "change_fen", fen - 100));
}
static void hello(void *ctx, struct rpc_call *call) { rpc_answer(&rpc, call, NULL); }
static void wait_for_it(void *ctx, struct rpc_call *call) { kept = call; }
static const struct rpc_method methods[] = {
    {"hello", RPC_NOBODY | RPC_SIGNED_ON | RPC_LOCKED, hello},
    {"pay", RPC_MONEY, pay},
    {"lookup", RPC_SIGNED_ON, wait_for_it},
};
static const struct rpc rpc = {methods, 3, &host, NULL};

static struct rpc_peer peer;
static const char *say(const char *line)
{
    peer.last[0] = '\0';
    rpc_line(&rpc, &peer, line, strlen(line));
    return peer.last;
}
static int fresh(void **state)
{
    peer = (struct rpc_peer){.role = RPC_TELLER, .most = 2};
    paid_fen = 0;
    return 0;
}

static void a_request_is_answered_with_its_id(void **state)
{
    say("{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"pay\",\"params\":{\"tendered_fen\":250}}");
    assert_string_equal(peer.last, "{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{\"change_fen\":150}}");
    assert_int_equal(paid_fen, 250);
    assert_int_equal(peer.under_way, 0);
}

static void a_misspelt_or_wrong_member_pays_nothing(void **state)
{
    static const char *const bad[] = {
        "{\"tendered\":250}", "{\"tendered_fen\":\"250\"}", "{\"tendered_fen\":2.5}", "{}",
        "{\"tendered_fen\":250,\"tendered_fem\":1}", "{\"tendered_fen\":250,\"note\":3}",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char line[200];
        snprintf(line, sizeof line, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"pay\",\"params\":%s}", bad[i]);
        assert_non_null(strstr(say(line), "-32602"));
    }
    assert_int_equal(paid_fen, 0);
    assert_int_equal(peer.under_way, 0);
}

static void who_may_not_is_told_why(void **state)
{
    const char *line = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"pay\",\"params\":{\"tendered_fen\":1}}";
    static const struct { unsigned role; const char *word; } rows[] = {
        {RPC_NOBODY, "\"sign-on\""}, {RPC_TECHNICIAN, "\"role\""}, {RPC_SUPERVISOR, "\"role\""}, {RPC_LOCKED, "\"locked\""},
    };
    for (size_t i = 0; i < 4; i++) {
        peer.role = rows[i].role;
        assert_non_null(strstr(say(line), rows[i].word));
    }
    assert_int_equal(paid_fen, 0);
}

static void what_is_no_request_is_refused(void **state)
{
    static const struct { const char *line, *code; } rows[] = {
        {"", "-32700"}, {"pay me", "-32700"}, {"{\"jsonrpc\":\"2.0\"", "-32700"},
        {"{\"id\":1,\"id\":2}", "-32700"}, {"[[[[[[[[[[]]]]]]]]]]", "-32700"}, {"\"\xff\"", "-32700"},
        {"{}", "-32600"}, {"[]", "-32600"}, {"{\"jsonrpc\":\"1.0\",\"id\":1,\"method\":\"pay\"}", "-32600"},
        {"{\"jsonrpc\":\"2.0\",\"method\":\"pay\"}", "-32600"},
        {"{\"jsonrpc\":\"2.0\",\"id\":1.5,\"method\":\"pay\"}", "-32600"},
        {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"pay\",\"params\":[1]}", "-32600"},
        {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"pay\",\"extra\":1}", "-32600"},
        {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"steal\"}", "-32601"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strstr(say(rows[i].line), rows[i].code) == NULL)
            fail_msg("%s was answered %s", rows[i].line, peer.last);
    assert_int_equal(paid_fen, 0);
}

static void a_flood_of_waiting_requests_is_bounded(void **state)
{
    const char *line = "{\"jsonrpc\":\"2.0\",\"id\":\"x\",\"method\":\"lookup\"}";
    struct rpc_call *first, *second;
    assert_string_equal(say(line), "");
    first = kept;
    assert_string_equal(say(line), "");
    second = kept;
    assert_non_null(strstr(say(line), "-32600"));
    rpc_refuse(&rpc, first, RPC_LINK, "link", NULL, "91");
    assert_non_null(strstr(peer.last, "\"response\":\"91\""));
    rpc_answer(&rpc, second, NULL);
    assert_int_equal(peer.under_way, 0);
}

static void an_answer_to_a_counter_that_has_gone_harms_nobody(void **state)
{
    say("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"lookup\"}");
    kept->peer = NULL;
    rpc_answer(&rpc, kept, json_object());
    assert_string_equal(peer.last, "");
}

static void news_goes_out_without_an_id(void **state)
{
    rpc_notify(&rpc, &peer, "state", json_pack("{s:i}", "queue", 3));
    assert_string_equal(peer.last, "{\"jsonrpc\":\"2.0\",\"method\":\"state\",\"params\":{\"queue\":3}}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_request_is_answered_with_its_id, fresh),
        cmocka_unit_test_setup(a_misspelt_or_wrong_member_pays_nothing, fresh),
        cmocka_unit_test_setup(who_may_not_is_told_why, fresh),
        cmocka_unit_test_setup(what_is_no_request_is_refused, fresh),
        cmocka_unit_test_setup(a_flood_of_waiting_requests_is_bounded, fresh),
        cmocka_unit_test_setup(an_answer_to_a_counter_that_has_gone_harms_nobody, fresh),
        cmocka_unit_test_setup(news_goes_out_without_an_id, fresh),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
