/* Operators: five wrong passwords lock, whatever happens meanwhile; who changes
 * whom; which passwords are taken; and a log that can't be written over. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/secret.h"
#include "lib/books.h"

#define NOBODY "4711"

static struct books books;

static int start(void **state) { books_start(&books, false); return 0; }
static int stop(void **state) { books_end(&books); return 0; }

/* As branchd does it: fetch, compare, come back with the verdict. */
static enum ledger_result sign_on(const char *number, const char *password)
{
    char stored[SECRET_PASSWORD_SIZE];
    struct ledger_operator who;
    assert_int_equal(operator_stored(books.ledger, number, stored, &books.err), LEDGER_OK);
    return operator_checked(books.ledger, number, "03", secret_password_matches(password, stored), &who, &books.err);
}
#define RIGHT "three blue herons"
#define WRONG "three blue cranes"

static void the_right_password_signs_on(void **state)
{
    struct ledger_operator who;
    assert_int_equal(sign_on(WANG, RIGHT), LEDGER_OK);
    assert_int_equal(sign_on(WANG, WRONG), LEDGER_PASSWORD);
    assert_int_equal(operator_get(books.ledger, WANG, &who, &books.err), LEDGER_OK);
    assert_int_equal(who.wrong, 1);
    assert_int_equal(sign_on(WANG, RIGHT), LEDGER_OK);
    assert_int_equal(operator_get(books.ledger, WANG, &who, &books.err), LEDGER_OK);
    assert_int_equal(who.wrong, 0);
    assert_string_equal(who.name, "王敏");
    assert_string_equal(who.role, "teller");
}

static void five_wrong_ones_lock_through_restarts_and_clock_changes(void **state)
{
    for (int i = 1; i < LEDGER_WRONG_MAX; i++) {
        assert_int_equal(sign_on(WANG, WRONG), LEDGER_PASSWORD);
        books_again(&books); /* the count is on disk before the answer is said */
        books.now_ms -= 3600000;
    }
    assert_int_equal(sign_on(WANG, WRONG), LEDGER_LOCKED_OUT);
    books_again(&books);
    assert_int_equal(sign_on(WANG, RIGHT), LEDGER_LOCKED_OUT);
    books.now_ms -= INT64_C(86400000) * 400;
    assert_int_equal(sign_on(WANG, RIGHT), LEDGER_LOCKED_OUT);
    assert_int_equal(sign_on(LI, RIGHT), LEDGER_OK); /* nobody else's business */
}

static void a_lapsed_lock_gives_one_more_guess_and_not_five(void **state)
{
    for (int i = 0; i < LEDGER_WRONG_MAX; i++)
        sign_on(WANG, WRONG);
    books.now_ms += 1800001;
    assert_int_equal(sign_on(WANG, WRONG), LEDGER_LOCKED_OUT);
    assert_int_equal(sign_on(WANG, RIGHT), LEDGER_LOCKED_OUT);
    books.now_ms += 1800001;
    assert_int_equal(sign_on(WANG, RIGHT), LEDGER_OK);
    assert_int_equal(sign_on(WANG, WRONG), LEDGER_PASSWORD);
}

static void two_hundred_tries_in_a_minute_are_five_guesses(void **state)
{
    struct ledger_operator who;
    int said_wrong = 0;
    for (int i = 0; i < 200; i++) {
        enum ledger_result r = operator_checked(books.ledger, WANG, "03", false, &who, &books.err);
        said_wrong += r == LEDGER_PASSWORD;
        books.now_ms += 300;
        assert_true(r == LEDGER_PASSWORD || r == LEDGER_LOCKED_OUT);
    }
    assert_int_equal(said_wrong, LEDGER_WRONG_MAX - 1);
    assert_int_equal(sign_on(WANG, RIGHT), LEDGER_LOCKED_OUT);
}

/* The answers to a number tell nothing about whether somebody has it. */
static void a_number_that_nobody_has_is_answered_like_any_other(void **state)
{
    char theirs[700], ours[700], stored[SECRET_PASSWORD_SIZE];
    for (int i = 0; i < 12; i++) {
        enum ledger_result known = sign_on(WANG, WRONG);
        error_text(&books.err, ours, sizeof ours);
        enum ledger_result unknown = sign_on(NOBODY, WRONG);
        error_text(&books.err, theirs, sizeof theirs);
        assert_int_equal(known, unknown);
        assert_string_equal(ours, theirs);
        books.now_ms += i == 7 ? 1800001 : 0;
    }
    assert_int_equal(operator_stored(books.ledger, NOBODY, stored, &books.err), LEDGER_OK);
    assert_false(secret_password_outdated(stored, secret_cost_least())); /* as dear to compare with as a real one */
    assert_int_equal(sign_on("07120712071207120712", WRONG), LEDGER_PASSWORD);
    assert_int_equal(books_number(&books, "SELECT count(*) FROM audit WHERE subject LIKE '0712071%' OR words LIKE '%0712071%'"), 0);
}

static void one_who_left_can_not_sign_on(void **state)
{
    struct ledger_operator li;
    struct books_two two;
    assert_int_equal(operator_get(books.ledger, LI, &li, &books.err), LEDGER_OK);
    li.active = false;
    assert_int_equal(operator_set(books.ledger, &li, books_two(&books, &two, ZHAO, "01", "operator_set", SUN), &books.err), LEDGER_OK);
    assert_int_equal(sign_on(LI, RIGHT), LEDGER_PASSWORD);
}

/* --- who changes whom -------------------------------------------------------------------- */

static void after_the_install_step_two_people_change_operators(void **state)
{
    struct books_two two;
    struct ledger_operator chen = {.number = "0714", .name = "陈晨", .role = "teller", .active = true}, got;
    assert_int_equal(operator_install(books.ledger, "0714", "陈晨", "teller", "x", true, &books.err), LEDGER_STATE);
    assert_int_equal(operator_installed(books.ledger, &books.err), LEDGER_STATE);
    assert_int_equal(operator_add(books.ledger, &chen, "x", books_two(&books, &two, ZHAO, "01", "operator_add", NULL), &books.err), LEDGER_APPROVAL);
    assert_int_equal(operator_add(books.ledger, &chen, "x", books_two(&books, &two, ZHAO, "01", "operator_add", SUN), &books.err), LEDGER_OK);
    assert_int_equal(operator_get(books.ledger, "0714", &got, &books.err), LEDGER_OK);
    assert_true(got.must_change); /* the first password is not his alone */
    assert_int_equal(operator_add(books.ledger, &chen, "x", books_two(&books, &two, ZHAO, "01", "operator_add", SUN), &books.err), LEDGER_STATE);
    assert_int_equal(operator_set_password(books.ledger, "0714", "y", false, &books.err), LEDGER_OK);
    assert_int_equal(operator_get(books.ledger, "0714", &got, &books.err), LEDGER_OK);
    assert_false(got.must_change);
}

static void a_teller_and_a_supervisor_unlock_and_change_nothing_else(void **state)
{
    struct books_two two;
    struct ledger_operator wang;
    for (int i = 0; i < LEDGER_WRONG_MAX; i++)
        sign_on(WANG, WRONG);
    assert_int_equal(operator_get(books.ledger, WANG, &wang, &books.err), LEDGER_OK);
    assert_int_equal(wang.locked_ms, books.now_ms + 1800000);
    wang.locked_ms = 0;
    strcpy(wang.role, "supervisor");
    assert_int_equal(operator_set(books.ledger, &wang, books_two(&books, &two, ZHAO, "01", "operator_unlock", LI), &books.err), LEDGER_PARAMS);
    strcpy(wang.role, "teller");
    assert_int_equal(operator_set(books.ledger, &wang, books_two(&books, &two, ZHAO, "01", "operator_unlock", WANG), &books.err), LEDGER_APPROVAL_SAME);
    assert_int_equal(sign_on(WANG, RIGHT), LEDGER_LOCKED_OUT);
    assert_int_equal(operator_set(books.ledger, &wang, books_two(&books, &two, ZHAO, "01", "operator_unlock", LI), &books.err), LEDGER_OK);
    assert_int_equal(sign_on(WANG, RIGHT), LEDGER_OK);
}

static void a_forgotten_password_is_set_anew_by_two_supervisors(void **state)
{
    struct books_two two;
    struct ledger_operator wang;
    for (int i = 0; i < LEDGER_WRONG_MAX; i++)
        sign_on(WANG, WRONG);
    assert_int_equal(operator_reset(books.ledger, WANG, "x", books_two(&books, &two, ZHAO, "01", "operator_password", NULL), &books.err), LEDGER_APPROVAL);
    assert_int_equal(operator_reset(books.ledger, ZHAO, "x", books_two(&books, &two, ZHAO, "01", "operator_password", SUN), &books.err), LEDGER_ROLE);
    assert_int_equal(operator_reset(books.ledger, WANG, "x", books_two(&books, &two, ZHAO, "01", "operator_password", SUN), &books.err), LEDGER_OK);
    assert_int_equal(operator_get(books.ledger, WANG, &wang, &books.err), LEDGER_OK);
    assert_true(wang.must_change);
    assert_int_equal(wang.wrong + wang.locked_ms, 0);
}

static void nobody_changes_himself_and_a_supervisor_stays(void **state)
{
    struct books_two two;
    struct ledger_operator zhao;
    assert_int_equal(operator_get(books.ledger, ZHAO, &zhao, &books.err), LEDGER_OK);
    strcpy(zhao.role, "technician");
    assert_int_equal(operator_set(books.ledger, &zhao, books_two(&books, &two, ZHAO, "01", "operator_set", SUN), &books.err), LEDGER_ROLE);
    assert_int_equal(operator_set(books.ledger, &zhao, books_two(&books, &two, SUN, "01", "operator_set", ZHAO), &books.err), LEDGER_APPROVAL_SAME);
    struct ledger_operator wang;
    assert_int_equal(operator_get(books.ledger, WANG, &wang, &books.err), LEDGER_OK);
    strcpy(wang.name, "\033[2J");
    assert_int_equal(operator_set(books.ledger, &wang, books_two(&books, &two, ZHAO, "01", "operator_set", SUN), &books.err), LEDGER_PARAMS);
    strcpy(wang.name, "王敏");
    strcpy(wang.role, "director");
    assert_int_equal(operator_set(books.ledger, &wang, books_two(&books, &two, ZHAO, "01", "operator_set", SUN), &books.err), LEDGER_PARAMS);
}

/* What is typed for a new operator, and what of it can't be. */
static void an_operator_that_can_not_be_is_refused_and_not_there(void **state)
{
    static const struct { const char *number, *name, *role; } typed[] = {
        {"", "陈晨", "teller"}, {"07a4", "陈晨", "teller"}, {"0714", "", "teller"},
        {"0714", "\xff\xfe", "teller"}, {"0714", "陈\n晨", "teller"}, {"0714", "陈晨", "director"}, {"0714", "陈晨", ""},
    };
    struct books_two two;
    for (size_t i = 0; i < sizeof typed / sizeof *typed; i++) {
        struct ledger_operator who = {.active = true};
        snprintf(who.number, sizeof who.number, "%s", typed[i].number);
        snprintf(who.name, sizeof who.name, "%s", typed[i].name);
        snprintf(who.role, sizeof who.role, "%s", typed[i].role);
        assert_int_equal(operator_add(books.ledger, &who, "x", books_two(&books, &two, ZHAO, "01", "operator_add", SUN), &books.err), LEDGER_PARAMS);
    }
    assert_int_equal(books_number(&books, "SELECT count(*) FROM operator"), 5);
    assert_int_equal(books_number(&books, "SELECT count(*) FROM audit WHERE event = 'operator added'"), 0);
}

/* The install step is one program's, without anybody's word: it ends with people enough to check each other. */
static void the_install_step_ends_with_a_supervisor_and_one_more(void **state)
{
    static const struct { const char *number, *role; enum ledger_result ends; } made[] = {
        {"0900", "technician", LEDGER_STATE}, {"0712", "teller", LEDGER_STATE}, {"0101", "supervisor", LEDGER_OK},
    };
    struct ledger *ledger = books.ledger;
    char path[160];
    snprintf(path, sizeof path, "%s/new.db", books.folder);
    assert_int_equal(ledger_create(path, "102", "0311-0008", &books.world, &books.err), 0);
    books.ledger = ledger_open(path, &books.world, &books.rules, &books.err);
    assert_non_null(books.ledger);
    assert_int_equal(operator_installed(books.ledger, &books.err), LEDGER_STATE);
    assert_int_equal(operator_install(books.ledger, "09O0", "田", "technician", "x", true, &books.err), LEDGER_PARAMS);
    assert_int_equal(operator_install(books.ledger, "123456789", "田", "technician", "x", true, &books.err), LEDGER_PARAMS);
    assert_int_equal(operator_install(books.ledger, "0900", "a name that has more letters than the books have room for, which is 63",
                                      "technician", "x", true, &books.err), LEDGER_PARAMS);
    for (size_t i = 0; i < sizeof made / sizeof *made; i++) {
        assert_int_equal(operator_install(books.ledger, made[i].number, "某人", made[i].role, "x", true, &books.err), LEDGER_OK);
        assert_int_equal(operator_install(books.ledger, made[i].number, "某人", made[i].role, "x", true, &books.err), LEDGER_STATE);
        assert_int_equal(operator_installed(books.ledger, &books.err), made[i].ends);
    }
    assert_int_equal(operator_install(books.ledger, "0713", "某人", "teller", "x", true, &books.err), LEDGER_STATE);
    ledger_close(books.ledger);
    books.ledger = ledger;
    for (const char *const *end = (const char *const[]){"", "-wal", "-shm", "-lock", NULL}; *end; end++) {
        char file[200];
        snprintf(file, sizeof file, "%s%s", path, *end);
        unlink(file);
    }
}

static void unlocking_changes_nothing_but_the_lock(void **state)
{
    struct books_two two;
    for (int what = 0; what < 4; what++) {
        struct ledger_operator wang, after;
        assert_int_equal(operator_get(books.ledger, WANG, &wang, &books.err), LEDGER_OK);
        wang.locked_ms = 0;
        if (what == 0) wang.locked_ms = 1;
        if (what == 1) strcpy(wang.name, "王二");
        if (what == 2) strcpy(wang.role, "outside");
        if (what == 3) wang.active = false;
        assert_int_equal(operator_set(books.ledger, &wang, books_two(&books, &two, ZHAO, "01", "operator_unlock", LI), &books.err), LEDGER_PARAMS);
        assert_int_equal(operator_get(books.ledger, WANG, &after, &books.err), LEDGER_OK);
        assert_string_equal(after.name, "王敏");
        assert_true(after.active);
    }
}

static void nobody_is_changed_without_a_word_or_without_being_there(void **state)
{
    struct books_two two;
    struct ledger_operator wang, nobody = {.number = NOBODY, .name = "某人", .role = "teller", .active = true};
    assert_int_equal(operator_get(books.ledger, WANG, &wang, &books.err), LEDGER_OK);
    strcpy(wang.role, "outside");
    assert_int_equal(operator_set(books.ledger, &wang, NULL, &books.err), LEDGER_APPROVAL);
    assert_int_not_equal(operator_set(books.ledger, &nobody, books_two(&books, &two, ZHAO, "01", "operator_set", SUN), &books.err), LEDGER_OK);
    assert_int_equal(books_number(&books, "SELECT count(*) FROM operator WHERE role = 'outside'"), 0);
}

static void whoever_has_a_till_stays_until_it_is_closed(void **state)
{
    struct books_two two;
    struct ledger_till till;
    struct ledger_operator wang;
    books_end(&books);
    books_start(&books, true);
    assert_int_equal(till_open(books.ledger, "07", "03", WANG, 50000, &till, &books.err), LEDGER_OK);
    for (int leaves = 0; leaves < 2; leaves++) {
        assert_int_equal(operator_get(books.ledger, WANG, &wang, &books.err), LEDGER_OK);
        if (leaves) wang.active = false;
        else strcpy(wang.role, "supervisor");
        assert_int_equal(operator_set(books.ledger, &wang, books_two(&books, &two, ZHAO, "01", "operator_set", SUN), &books.err), LEDGER_STATE);
        assert_non_null(strstr(books.err.why, "has a till"));
    }
    assert_int_equal(operator_get(books.ledger, WANG, &wang, &books.err), LEDGER_OK);
    strcpy(wang.name, "王二"); /* his name, though */
    assert_int_equal(operator_set(books.ledger, &wang, books_two(&books, &two, ZHAO, "01", "operator_set", SUN), &books.err), LEDGER_OK);
    assert_int_equal(operator_get(books.ledger, WANG, &wang, &books.err), LEDGER_OK);
    assert_string_equal(wang.name, "王二");
}

static void weak_passwords_are_refused_with_the_reason(void **state)
{
    static const char *const weak[] = {
        "", "short", "elevenchars", "aaaaaaaaaaaa", "abcabcabcabc", "012345678901", "qwertyuiop12", "poiuytrewqPOIU",
        "password1234", "Password2026", "P@ssword2026!", "gridteller01", "my0712heron!!", "123456123456", "zhongguo2026",
    };
    static const char *const good[] = {"three blue herons", "河边三只蓝鹭早上慢慢飞起来", "Xk7#mWq2!vRt", "no grid in winter"};
    for (size_t i = 0; i < sizeof weak / sizeof *weak; i++) {
        memset(&books.err, 0, sizeof books.err);
        if (secret_password_rule(WANG, weak[i], &books.err) == 0 || !books.err.why[0])
            fail_msg("%s was taken", weak[i]);
    }
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        if (secret_password_rule(WANG, good[i], &books.err) != 0)
            fail_msg("%s: %s", good[i], books.err.why);
}

/* --- the log ------------------------------------------------------------------------------- */

static int64_t seen_ids[40];
static int seen;
static void see(void *ctx, int64_t id, int64_t at_ms, const char *event, const char *operator_number, const char *second,
                const char *terminal, const char *subject, const char *words)
{
    seen_ids[seen++] = id;
}

static void ten_notes(void)
{
    for (int i = 1; i <= 10; i++) {
        char words[24];
        snprintf(words, sizeof words, "note %d", i);
        books.now_ms += 1000;
        assert_int_equal(audit_note(books.ledger, "note", i % 2 ? WANG : LI, "03", "customer 1", words, &books.err), LEDGER_OK);
    }
}

static void the_log_is_read_from_its_end_or_from_a_record_on(void **state)
{
    ten_notes();
    int64_t last = books_number(&books, "SELECT audit_id FROM branch");
    seen = 0;
    assert_int_equal(audit_list(books.ledger, NULL, 0, 3, see, NULL, &books.err), LEDGER_OK);
    assert_int_equal(seen, 3);
    assert_int_equal(seen_ids[2], last);
    seen = 0;
    assert_int_equal(audit_list(books.ledger, "customer 1", last - 4, 40, see, NULL, &books.err), LEDGER_OK);
    assert_int_equal(seen, 5);
    assert_int_equal(seen_ids[0], last - 4);
}

static void a_note_needs_no_words_and_long_ones_are_cut_between_characters(void **state)
{
    char words[700] = "a", head[SECRET_HEX_SIZE];
    for (size_t len = 1; len + 3 < sizeof words; len += 3)
        strcpy(words + len, "电");
    assert_int_equal(audit_note(books.ledger, "note", WANG, "03", "customer 1", NULL, &books.err), LEDGER_OK);
    assert_int_equal(books_number(&books, "SELECT length(words) FROM audit ORDER BY id DESC LIMIT 1"), 0);
    assert_int_equal(audit_note(books.ledger, "note", WANG, "03", "customer 1", words, &books.err), LEDGER_OK);
    assert_int_equal(books_number(&books, "SELECT length(CAST(words AS BLOB)) FROM audit ORDER BY id DESC LIMIT 1"), 397); /* of 399 */
    assert_int_equal(books_number(&books, "SELECT length(words) FROM audit ORDER BY id DESC LIMIT 1"), 133);
    assert_int_equal(audit_verify(books.ledger, head, &books.err), LEDGER_OK);
    char again[SECRET_HEX_SIZE];
    assert_int_equal(audit_head(books.ledger, again, &books.err), LEDGER_OK);
    assert_string_equal(head, again);
}

static void what_is_given_out_once_is_refused_the_second_time(void **state)
{
    assert_int_equal(audit_once(books.ledger, "key", WANG, "03", "terminal 03", NULL, &books.err), LEDGER_OK);
    assert_int_equal(audit_once(books.ledger, "key", LI, "04", "terminal 03", "again", &books.err), LEDGER_STATE);
    assert_non_null(strstr(books.err.why, "given out already"));
    assert_int_equal(audit_once(books.ledger, "key", LI, "04", "terminal 04", "another", &books.err), LEDGER_OK);
    assert_int_equal(books_number(&books, "SELECT count(*) FROM audit WHERE event = 'key'"), 2);
}

/* The file in other hands: each kind of change, and the first record that tells. */
static void every_kind_of_tampering_is_found_with_the_first_bad_record(void **state)
{
    static const struct { const char *kind, *sql; int64_t bad_from_note; } hands[] = {
        {"flip", "UPDATE audit SET words = 'note 2' WHERE words = 'note 4'", 4},
        {"flip of a hash", "UPDATE audit SET hash = zeroblob(32) WHERE words = 'note 4'", 4},
        {"another operator", "UPDATE audit SET operator = '0101' WHERE words = 'note 9'", 9},
        {"another time", "UPDATE audit SET at = at + 1 WHERE words = 'note 1'", 1},
        {"delete", "DELETE FROM audit WHERE words = 'note 6'", 6},
        {"delete and close the gap", "DELETE FROM audit WHERE words = 'note 6'; UPDATE audit SET id = id - 1 WHERE words IN"
         " ('note 7', 'note 8', 'note 9', 'note 10'); UPDATE branch SET audit_id = audit_id - 1", 6},
        {"insert", "UPDATE audit SET id = id + 100 WHERE words > 'note 5' AND words < 'note 9z' AND words <> 'note 10';"
         "INSERT INTO audit SELECT id + 1, at, event, operator, second, terminal, subject, 'false', hash FROM audit WHERE words = 'note 5'", 6},
        {"swap", "UPDATE audit SET id = 1000 WHERE words = 'note 3'; UPDATE audit SET id = id - 1 WHERE words = 'note 4';"
         "UPDATE audit SET id = (SELECT id + 1 FROM audit WHERE words = 'note 4') WHERE id = 1000", 3},
        {"truncate", "DELETE FROM audit WHERE words IN ('note 8', 'note 9', 'note 10')", 8},
    };
    for (size_t i = 0; i < sizeof hands / sizeof *hands; i++) {
        char head[SECRET_HEX_SIZE], name[48];
        if (i > 0)
            books_start(&books, false);
        int64_t before = books_number(&books, "SELECT audit_id FROM branch");
        ten_notes();
        assert_int_equal(audit_verify(books.ledger, head, &books.err), LEDGER_OK);
        struct books copy = books; /* the program has the file open while it is changed */
        struct ledger *ledger = books.ledger;
        copy.ledger = NULL;
        books_tamper(&copy, hands[i].sql);
        snprintf(name, sizeof name, "record %lld ", (long long)(before + hands[i].bad_from_note));
        if (audit_verify(ledger, head, &books.err) != LEDGER_STATE || !strstr(books.err.why, name))
            fail_msg("%s: %s, not %s", hands[i].kind, books.err.why, name);
        ledger_close(ledger);
        books.ledger = NULL;
        assert_null(ledger_open(books.path, &books.world, &books.rules, &books.err)); /* nor does it start on such a file */
        assert_non_null(strstr(books.err.why, name));
        if (i + 1 < sizeof hands / sizeof *hands)
            books_end(&books);
    }
}

/* By a hand that also switched the file's own checks off. */
static void a_hash_cut_short_is_found_by_the_audit_and_by_the_start(void **state)
{
    char head[SECRET_HEX_SIZE];
    ten_notes();
    struct books copy = books;
    copy.ledger = NULL;
    books_tamper(&copy, "PRAGMA ignore_check_constraints = ON; UPDATE audit SET hash = zeroblob(31) WHERE words = 'note 4'");
    assert_int_equal(audit_verify(books.ledger, head, &books.err), LEDGER_STATE);
    ledger_close(books.ledger);
    books.ledger = NULL;
    assert_null(ledger_open(books.path, &books.world, &books.rules, &books.err));
    assert_non_null(strstr(books.err.why, "CHECK"));
}

/* One who cuts the log short and sets the branch's own note of its end back as well is
 * found by what was anchored on the day (and printed, and sent to the utility). */
static void a_log_cut_short_with_its_end_set_back_lacks_what_a_day_was_closed_on(void **state)
{
    char head[SECRET_HEX_SIZE];
    struct ledger_totals totals;
    struct ledger_count count;
    struct ledger_day day;
    struct books_two two;
    books_end(&books);
    books_start(&books, true);
    assert_int_equal(vault_count(books.ledger, books_two(&books, &two, ZHAO, "01", "vault", SUN), NULL, 0, 1000000, &count, &books.err), LEDGER_OK);
    assert_int_equal(day_cut_off(books.ledger, books_two(&books, &two, ZHAO, "01", "day_close", NULL), &day, &books.err), LEDGER_OK);
    assert_int_equal(agreement_ask(books.ledger, BOOKS_DAY, &totals, head, &books.err), LEDGER_OK);
    ledger_close(books.ledger);
    books.ledger = NULL;
    books_tamper(&books, "DELETE FROM audit WHERE id > (SELECT head_id - 2 FROM day);"
                         "UPDATE branch SET audit_id = (SELECT max(id) FROM audit), audit_head = (SELECT hash FROM audit ORDER BY id DESC LIMIT 1)");
    books.ledger = ledger_open(books.path, &books.world, &books.rules, &books.err);
    assert_non_null(books.ledger);
    assert_int_equal(audit_verify(books.ledger, head, &books.err), LEDGER_STATE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_right_password_signs_on, start, stop),
        cmocka_unit_test_setup_teardown(five_wrong_ones_lock_through_restarts_and_clock_changes, start, stop),
        cmocka_unit_test_setup_teardown(a_lapsed_lock_gives_one_more_guess_and_not_five, start, stop),
        cmocka_unit_test_setup_teardown(two_hundred_tries_in_a_minute_are_five_guesses, start, stop),
        cmocka_unit_test_setup_teardown(a_number_that_nobody_has_is_answered_like_any_other, start, stop),
        cmocka_unit_test_setup_teardown(one_who_left_can_not_sign_on, start, stop),
        cmocka_unit_test_setup_teardown(after_the_install_step_two_people_change_operators, start, stop),
        cmocka_unit_test_setup_teardown(a_teller_and_a_supervisor_unlock_and_change_nothing_else, start, stop),
        cmocka_unit_test_setup_teardown(a_forgotten_password_is_set_anew_by_two_supervisors, start, stop),
        cmocka_unit_test_setup_teardown(nobody_changes_himself_and_a_supervisor_stays, start, stop),
        cmocka_unit_test_setup_teardown(an_operator_that_can_not_be_is_refused_and_not_there, start, stop),
        cmocka_unit_test_setup_teardown(the_install_step_ends_with_a_supervisor_and_one_more, start, stop),
        cmocka_unit_test_setup_teardown(unlocking_changes_nothing_but_the_lock, start, stop),
        cmocka_unit_test_setup_teardown(nobody_is_changed_without_a_word_or_without_being_there, start, stop),
        cmocka_unit_test_setup_teardown(whoever_has_a_till_stays_until_it_is_closed, start, stop),
        cmocka_unit_test_setup_teardown(a_note_needs_no_words_and_long_ones_are_cut_between_characters, start, stop),
        cmocka_unit_test_setup_teardown(what_is_given_out_once_is_refused_the_second_time, start, stop),
        cmocka_unit_test_setup_teardown(weak_passwords_are_refused_with_the_reason, start, stop),
        cmocka_unit_test_setup_teardown(the_log_is_read_from_its_end_or_from_a_record_on, start, stop),
        cmocka_unit_test_setup_teardown(every_kind_of_tampering_is_found_with_the_first_bad_record, start, stop),
        cmocka_unit_test_setup_teardown(a_hash_cut_short_is_found_by_the_audit_and_by_the_start, start, stop),
        cmocka_unit_test_setup_teardown(a_log_cut_short_with_its_end_set_back_lacks_what_a_day_was_closed_on, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
