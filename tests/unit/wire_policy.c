/* Who may speak for whom: what no line allows is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "wire/policy.h"

#define A64 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B64 "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define C64 "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"

static const char file[] =
    "# branches of the bank\r\n"
    "\n"
    "station branch-0311-0007 bank=102 branch=0311-0007 from=10.1.0.0/16,192.0.2.9 messages=sign,inquiry,pay pin=" A64 " next=" B64 "\n"
    "station bank-102 bank=102 branch=* from=any messages=all   # the whole bank\n"
    "station two bank=103 branch=0001,0002 from=2001:db8::/33 messages=totals";

static struct policy *policy;
static int start(void **state)
{
    struct error err;
    policy = policy_read(file, sizeof file - 1, "policy", &err);
    return policy ? 0 : -1;
}
static int stop(void **state)
{
    policy_free(policy);
    return 0;
}
static bool allows(const char *cn, const char *mti, const char *bank, const char *branch)
{
    char why[160] = "";
    bool may = policy_allows(policy_station(policy, cn), mti, bank, branch, why, sizeof why);
    assert_true(may || why[0]);
    return may;
}
static bool admits(const char *cn, const char *pin, const char *address)
{
    char why[160];
    return policy_admits(policy_station(policy, cn), pin, address, why, sizeof why);
}

static void a_branch_speaks_for_itself_and_for_nobody_else(void **state)
{
    assert_int_equal(policy_count(policy), 3);
    assert_true(allows("branch-0311-0007", "0200", "102", "0311-0007"));
    assert_true(allows("branch-0311-0007", "0421", "102", "0311-0007"));
    assert_false(allows("branch-0311-0007", "0200", "102", "0311-0008"));
    assert_false(allows("branch-0311-0007", "0200", "103", "0311-0007"));
    assert_false(allows("branch-0311-0007", "0500", "102", "0311-0007"));
    assert_false(allows("branch-0311-0007", "0300", "102", "0311-0007"));
    assert_false(allows("branch-0311-0007", "1200", "102", "0311-0007"));
    assert_false(allows("branch-0311-0007", "0200", "102", ""));
    assert_false(allows("branch-0311-0007", "0200", NULL, "0311-0007"));
    assert_true(allows("two", "0500", "103", "0002"));
    assert_false(allows("two", "0500", "103", "000"));
    assert_true(allows("bank-102", "0500", "102", NULL));
    assert_null(policy_station(policy, "branch-0311"));
    assert_null(policy_station(policy, ""));
}

static void only_a_pinned_key_from_a_known_network_connects(void **state)
{
    assert_true(admits("branch-0311-0007", A64, "10.1.255.255"));
    assert_true(admits("branch-0311-0007", B64, "192.0.2.9"));
    assert_false(admits("branch-0311-0007", C64, "10.1.0.1"));
    assert_false(admits("branch-0311-0007", "", "10.1.0.1"));
    assert_false(admits("branch-0311-0007", A64, "10.2.0.1"));
    assert_false(admits("branch-0311-0007", A64, "192.0.2.8"));
    assert_false(admits("branch-0311-0007", A64, "nonsense"));
    assert_false(admits("branch-0311-0007", A64, "2001:db8::1"));
    assert_true(admits("two", C64, "2001:db8:7fff::1"));
    assert_false(admits("two", C64, "2001:db8:8000::1"));
    assert_true(admits("bank-102", C64, "203.0.113.1"));
}

static void a_wrong_file_is_refused_with_its_line(void **state)
{
#define GOOD "station a bank=102 branch=* from=any messages=all\n"
    static const struct { const char *text; int line; const char *why; } rows[] = {
        {GOOD GOOD, 2, "twice"},
        {GOOD "statoin b", 2, "begins with"},
        {"station", 1, "no name"},
        {"station b bank=102 branch=* from=any", 1, "messages= is missing"},
        {"station b bank=102 branch=* messages=all", 1, "from= is missing"},
        {"station b bank=102 from=any messages=all", 1, "branch= is missing"},
        {"station b bank=ICBC branch=* from=any messages=all", 1, "no bank"},
        {"station b bank=102 branch= from=any messages=all", 1, "no value"},
        {"station b bank=102 branch=1,,2 from=any messages=all", 1, "no branch"},
        {"station b bank=102 branch=1234567890123456 from=any messages=all", 1, "no branch"},
        {"station b bank=102 branch=* from=10.0.0.0/33 messages=all", 1, "no network"},
        {"station b bank=102 branch=* from=10.0.0/8 messages=all", 1, "no network"},
        {"station b bank=102 branch=* from=10.0.0.0/ messages=all", 1, "no network"},
        {"station b bank=102 branch=* from=any messages=everything", 1, "no kind"},
        {"station b bank=102 branch=* from=any messages=all pin=12", 1, "64 hex"},
        {"station b bank=102 bank=103 branch=* from=any messages=all", 1, "given twice"},
        {"station b bank=102 branch=* from=any messages=all colour=red", 1, "not known"},
        {"\n\nstation b bank=102 branch=* from=any messages=all x", 3, "no value"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct error err;
        char where[16];
        struct policy *p = policy_read(rows[i].text, strlen(rows[i].text), "policy", &err);
        snprintf(where, sizeof where, "policy:%d", rows[i].line);
        if (p || !strstr(err.why, rows[i].why)) fail_msg("row %zu: %s", i, p ? "taken" : err.why);
        assert_string_equal(err.where, where);
    }
    struct error err;
    assert_null(policy_read("station\0b", 9, "policy", &err));
    assert_null(policy_load("/nonexistent/policy", &err));
}

static void an_empty_policy_admits_nobody(void **state)
{
    struct policy *empty = policy_read("", 0, "policy", NULL);
    assert_non_null(empty);
    assert_null(policy_station(empty, "branch-0311-0007"));
    policy_free(empty);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_branch_speaks_for_itself_and_for_nobody_else, start, stop),
        cmocka_unit_test_setup_teardown(only_a_pinned_key_from_a_known_network_connects, start, stop),
        cmocka_unit_test(a_wrong_file_is_refused_with_its_line),
        cmocka_unit_test(an_empty_policy_admits_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
