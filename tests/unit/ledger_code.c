/* One-time codes beside a second person's password: wanted by the branch's rule, right once, at his
 * device's time or half a minute beside it; the codes are those that oathtool makes of the secret. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <liboath/oath.h>

#include "ledger/inside.h"
#include "lib/books.h"

#define HUANG "7001" /* a supervisor of another branch */
#define STEP_MS 30000

static struct books books;
static struct ledger_operator who;

static int start(void **state) { books_start(&books, true); return 0; }
static int stop(void **state) { books_end(&books); return 0; }

#define OK(call) do { enum ledger_result ok_ = (call); if (ok_ != LEDGER_OK) fail_msg("%s: %s", ledger_word(ok_), books.err.why); } while (0)

static void wanted(bool yes)
{
    books.rules.approval_code = yes;
    books_again(&books);
}

static const struct ledger_two *by(const char *maker, const char *act, const char *checker)
{
    static struct books_two two;
    return books_two(&books, &two, maker, "03", act, checker);
}

static void makes_codes(const char *number, char secret[OPERATOR_CODE_SIZE])
{
    OK(operator_code(books.ledger, number, by(ZHAO, "operator_code", SUN), secret, &books.err));
    assert_int_equal(strlen(secret), 26);
}

/* As his device shows it, so many seconds off; by another program. */
static const char *shown(const char *secret, int64_t off_s)
{
    static char code[16];
    char command[200];
    snprintf(command, sizeof command, "oathtool --totp -b --now=@%lld %s", (long long)(books.now_ms / 1000 + off_s), secret);
    FILE *in = popen(command, "r");
    assert_non_null(in);
    assert_non_null(fgets(code, sizeof code, in));
    assert_int_equal(pclose(in), 0);
    code[strcspn(code, "\n")] = '\0';
    assert_int_equal(strlen(code), 6);
    return code;
}

static enum ledger_result vouches(const char *number, bool password, const char *code)
{
    return operator_vouches(books.ledger, number, "03", password, code, &who, &books.err);
}

static void a_code_is_wanted_only_by_the_rule(void **state)
{
    char secret[OPERATOR_CODE_SIZE];
    OK(vouches(ZHAO, true, ""));
    wanted(true);
    assert_int_equal(vouches(ZHAO, true, ""), LEDGER_APPROVAL_CODE); /* he has none */
    OK(operator_code(books.ledger, ZHAO, by(SUN, "operator_set", NULL), secret, &books.err) == LEDGER_APPROVAL ? LEDGER_OK : LEDGER_STATE);
    OK(operator_code(books.ledger, WANG, by(ZHAO, "operator_code", SUN), secret, &books.err));
    assert_int_equal(vouches(WANG, true, ""), LEDGER_APPROVAL_CODE); /* it is asked for */
    OK(vouches(WANG, true, shown(secret, 0)));
    OK(operator_checked(books.ledger, WANG, "03", true, &who, &books.err)); /* a sign-on is without */
}

static void it_is_right_once_and_never_backwards(void **state)
{
    char secret[OPERATOR_CODE_SIZE];
    wanted(true);
    makes_codes(WANG, secret);
    OK(vouches(WANG, true, shown(secret, 0)));
    assert_int_equal(vouches(WANG, true, shown(secret, 0)), LEDGER_PASSWORD);   /* replayed */
    books_again(&books);
    assert_int_equal(vouches(WANG, true, shown(secret, 0)), LEDGER_PASSWORD);   /* and after a kill */
    assert_int_equal(vouches(WANG, true, shown(secret, -30)), LEDGER_PASSWORD); /* one step older than the one used */
    books.now_ms += STEP_MS;
    OK(vouches(WANG, true, shown(secret, 0)));
}

static void his_clock_may_be_half_a_minute_off(void **state)
{
    static const struct { int64_t off_s; enum ledger_result result; } skews[] = {
        {-90, LEDGER_PASSWORD}, {-30, LEDGER_OK}, {30, LEDGER_OK}, {90, LEDGER_PASSWORD}, {0, LEDGER_OK},
    };
    char secret[OPERATOR_CODE_SIZE];
    wanted(true);
    makes_codes(WANG, secret);
    for (size_t i = 0; i < sizeof skews / sizeof *skews; i++) {
        books.now_ms += 300000;
        if (vouches(WANG, true, shown(secret, skews[i].off_s)) != skews[i].result) fail_msg("%lld s off", (long long)skews[i].off_s);
    }
}

static void wrong_codes_lock_like_wrong_passwords(void **state)
{
    static const char *const wrong[] = {"000000", "12345", "1234567", "abcdef"};
    char secret[OPERATOR_CODE_SIZE];
    wanted(true);
    makes_codes(WANG, secret);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(vouches(WANG, true, wrong[i]), LEDGER_PASSWORD);
    assert_int_equal(vouches(WANG, false, shown(secret, 0)), LEDGER_LOCKED_OUT); /* the fifth: a wrong password */
    assert_int_equal(vouches(WANG, true, shown(secret, 0)), LEDGER_LOCKED_OUT);
    assert_int_equal(books_number(&books, "SELECT step FROM one_time"), 0);      /* no code was spent */
}

static void a_secret_is_made_by_two_and_ends_the_one_before(void **state)
{
    char first[OPERATOR_CODE_SIZE], second[OPERATOR_CODE_SIZE], hex[80], sql[200];
    wanted(true);
    makes_codes(WANG, first);
    assert_int_equal(operator_code(books.ledger, WANG, by(ZHAO, "operator_code", NULL), second, &books.err), LEDGER_APPROVAL);
    assert_string_equal(second, "");
    assert_int_equal(operator_code(books.ledger, WANG, by(WANG, "operator_code", ZHAO), second, &books.err), LEDGER_ROLE); /* a teller makes none */
    assert_int_equal(operator_code(books.ledger, WANG, by(ZHAO, "operator_set", SUN), second, &books.err), LEDGER_APPROVAL_ALTERED);
    assert_int_equal(operator_code(books.ledger, "0999", by(ZHAO, "operator_code", SUN), second, &books.err), LEDGER_PARAMS);
    makes_codes(WANG, second);
    assert_string_not_equal(first, second);
    assert_int_equal(vouches(WANG, true, shown(first, 0)), LEDGER_PASSWORD);
    OK(vouches(WANG, true, shown(second, 0)));
    /* the file alone does not tell it */
    char *bytes = NULL;
    size_t len = 0;
    assert_int_equal(oath_base32_decode(second, strlen(second), &bytes, &len), OATH_OK);
    snprintf(sql, sizeof sql, "SELECT instr(hidden, x'%s') FROM one_time", secret_hex(bytes, len, hex, sizeof hex));
    assert_int_equal(books_number(&books, sql), 0);
    free(bytes);
}

/* He is at another branch: he signs on nowhere here, and signs only what is his. */
static void a_supervisor_of_another_branch_signs_by_code_alone(void **state)
{
    static const struct { const char *act; enum ledger_result result; } acts[] = {
        {"operator_set", LEDGER_OK}, {"operator_add", LEDGER_OK}, {"operator_password", LEDGER_OK}, {"operator_code", LEDGER_OK},
        {"repair", LEDGER_OK}, {"restore_answer", LEDGER_OK}, {"restore_adopt", LEDGER_OK}, {"restore_done", LEDGER_OK},
        {"reverse", LEDGER_APPROVAL_ROLE}, {"vault", LEDGER_APPROVAL_ROLE}, {"pay", LEDGER_APPROVAL_ROLE}, {"number_return", LEDGER_APPROVAL_ROLE},
    };
    char secret[OPERATOR_CODE_SIZE], token[LEDGER_TOKEN_SIZE], stored[SECRET_PASSWORD_SIZE];
    struct ledger_operator huang = {.number = HUANG, .name = "黄支行", .role = "outside", .active = true};
    secret_password_none(books.world.cost, &books.world.entropy, stored);
    OK(operator_add(books.ledger, &huang, stored, by(ZHAO, "operator_add", SUN), &books.err));
    assert_int_equal(vouches(HUANG, true, ""), LEDGER_APPROVAL_CODE); /* none were made for him yet */
    makes_codes(HUANG, secret);
    assert_int_equal(vouches(HUANG, true, ""), LEDGER_APPROVAL_CODE);
    OK(vouches(HUANG, false, shown(secret, 0))); /* whatever the rule: he has no password here */
    assert_int_equal(vouches(HUANG, false, shown(secret, 0)), LEDGER_PASSWORD);
    for (size_t i = 0; i < sizeof acts / sizeof *acts; i++) {
        const struct ledger_two *two = by(ZHAO, acts[i].act, NULL);
        if (approval_make(books.ledger, HUANG, ZHAO, "03", acts[i].act, two->params, token, &books.err) != acts[i].result) fail_msg("%s", acts[i].act);
    }
    /* nor does he do anything himself, nor can he be all that is left */
    struct ledger_operator zhao = {.number = ZHAO, .name = "赵", .role = "supervisor", .active = true};
    assert_int_equal(operator_set(books.ledger, &zhao, by(HUANG, "operator_set", SUN), &books.err), LEDGER_ROLE);
}

int main(void)
{
#define STORY(name) cmocka_unit_test_setup_teardown(name, start, stop)
    const struct CMUnitTest tests[] = {
        STORY(a_code_is_wanted_only_by_the_rule), STORY(it_is_right_once_and_never_backwards), STORY(his_clock_may_be_half_a_minute_off),
        STORY(wrong_codes_lock_like_wrong_passwords), STORY(a_secret_is_made_by_two_and_ends_the_one_before),
        STORY(a_supervisor_of_another_branch_signs_by_code_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
