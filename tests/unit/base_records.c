/* Keys, tables, errors, log lines and secrets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/key.h"
#include "base/log.h"
#include "base/secret.h"
#include "base/table.h"

static void a_key_is_bank_branch_and_reference(void **state)
{
    struct key key, back;
    char buf[KEY_TEXT_SIZE];
    assert_true(key_make(&key, "102", "0311-0007", 1, 417));
    assert_string_equal(key_format(&key, buf, sizeof buf), "102/0311-0007/010000000417");
    assert_true(key_parse(buf, &back));
    assert_true(key_equal(&key, &back));
    assert_string_equal(key_short(&key, buf, sizeof buf), "01-0000000417");
    assert_true(key_make(&back, "102", "0311-0007", 2, 417));
    assert_false(key_equal(&key, &back));
    assert_false(key_make(&key, "102", "0311-0007", 100, 1));
    assert_false(key_make(&key, "102", "0311-0007", 1, 10000000000));
    assert_false(key_make(&key, "102", "0311/0007", 1, 1));
    assert_false(key_make(&key, "ICBC", "0311-0007", 1, 1));
    assert_false(key_make(&key, "102", "0311-0007-000000", 1, 1));
    static const char *const bad[] = { "", "102", "102/b", "102/b/1", "102/b/010000000417/x",
                                       "/b/010000000417", "102//010000000417", "102/b/01000000041x",
                                       "102/b/0100000004170", "1234567890123/b/010000000417" };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) assert_false(key_parse(bad[i], &key));
}

static const struct column columns[] = {
    { "customer", "Customer", COLUMN_TEXT }, { "bills", "Bills", COLUMN_INT },
    { "open", "Open", COLUMN_MONEY }, { "name", "Name", COLUMN_TEXT } };

static char *print(enum table_style style, const struct cell (*rows)[4], size_t count)
{
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);
    struct table *t = table_open(out, style, columns, 4);
    for (size_t i = 0; i < count; i++) table_row(t, rows[i]);
    assert_int_equal(table_close(t), count);
    fclose(out);
    return text;
}

static const struct cell rows[][4] = {
    { { "0499", 0 }, { NULL, 6 }, { NULL, 123450 }, { "王, \"建\"", 0 } },
    { { "深州镇一", 0 }, { NULL, -12 }, { NULL, -5 }, { "a\nb\\", 0 } },
    { { NULL, 0 }, { NULL, 0 }, { NULL, 0 }, { "\xff\x1b", 0 } } };

static void a_table_for_people_is_aligned_by_cells(void **state)
{
    char *text = print(TABLE_TEXT, rows, 3);
    assert_string_equal(text, "Customer  Bills      Open  Name\n"
                              "0499          6  1,234.50  王, \"建\"\n"
                              "深州镇一    -12     -0.05  a b\\\n"
                              "              0      0.00  \xef\xbf\xbd \n");
    free(text);
    text = print(TABLE_TEXT, rows, 0);
    assert_string_equal(text, "Customer  Bills  Open  Name\n");
    free(text);
}

static void csv_quotes_what_needs_it(void **state)
{
    char *text = print(TABLE_CSV, rows, 2);
    assert_string_equal(text, "customer,bills,open,name\r\n"
                              "0499,6,1234.50,\"王, \"\"建\"\"\"\r\n"
                              "深州镇一,-12,-0.05,\"a\nb\\\"\r\n");
    free(text);
}

static void json_lines_carry_fen_and_escapes(void **state)
{
    char *text = print(TABLE_JSON, rows, 3);
    assert_string_equal(
        text, "{\"customer\":\"0499\",\"bills\":6,\"open\":123450,\"name\":\"王, \\\"建\\\"\"}\n"
              "{\"customer\":\"深州镇一\",\"bills\":-12,\"open\":-5,\"name\":\"a\\u000ab\\\\\"}\n"
              "{\"customer\":\"\",\"bills\":0,\"open\":0,\"name\":\"\\ufffd\\u001b\"}\n");
    free(text);
}

static void a_long_table_keeps_going_after_its_widths_are_fixed(void **state)
{
    char *text = NULL;
    size_t len, lines = 0;
    FILE *out = open_memstream(&text, &len);
    struct table *t = table_open(out, TABLE_TEXT, columns, 4);
    for (int i = 0; i < 2500; i++) table_row(t, rows[0]);
    assert_int_equal(table_close(t), 2500);
    fclose(out);
    for (const char *p = text; (p = strchr(p, '\n')); p++) lines++;
    assert_int_equal(lines, 2501);
    free(text);
}

static void an_error_says_what_where_why_and_remedy(void **state)
{
    struct error err;
    char buf[1024];
    assert_int_equal(error_all(&err, "bills file refused", "a.txt:3", "negative", "ask"), -1);
    assert_string_equal(error_text(&err, buf, sizeof buf), "bills file refused: a.txt:3: negative. ask");
    error_set(&err, "only %s", "what");
    assert_string_equal(error_text(&err, buf, sizeof buf), "only what");
    assert_int_equal(error_set(NULL, "x"), -1);
    assert_int_equal(error_why(NULL, "x"), -1);
    char long_name[600] = "";
    for (int i = 0; i < 190; i++) strcat(long_name, "王");
    error_set(&err, "a%s", long_name); /* cut on a whole character */
    assert_int_equal(strlen(err.what) % 3, 1);
    assert_int_equal(strlen(error_text(&err, buf, 12)), 10);
}

static void log_lines_are_clean_and_carry_the_key(void **state)
{
    int64_t now_ms = 0;
    struct clock clock = clock_manual(&now_ms, CLOCK_CHINA_OFFSET_S);
    char path[] = "/tmp/log-XXXXXX", got[512] = "";
    int fd = mkstemp(path), was = dup(STDERR_FILENO);
    unsetenv("JOURNAL_STREAM");
    dup2(fd, STDERR_FILENO);
    log_open("branchd", LOG_LEVEL_INFO, &clock);
    log_line(LOG_LEVEL_WARN, "102/b/010000000417", "two\nlines \x1b[2J");
    log_debug("not this one");
    dup2(was, STDERR_FILENO);
    close(was);
    assert_true(pread(fd, got, sizeof got - 1, 0) > 0);
    assert_string_equal(got, "1970-01-01T08:00:00 branchd warning 102/b/010000000417: two lines  [2J\n");
    close(fd);
    unlink(path);
}

static void a_chain_tells_fields_apart(void **state)
{
    unsigned char key[SECRET_KEY_BYTES] = { 1 }, a[SECRET_HASH_BYTES], b[SECRET_HASH_BYTES];
    char hex[SECRET_HEX_SIZE];
    struct secret_chain chain;
    secret_chain_init(&chain, key);
    secret_chain_text(&chain, "ab");
    secret_chain_text(&chain, "c");
    secret_chain_int(&chain, -1);
    secret_chain_final(&chain, a);
    secret_chain_init(&chain, key);
    secret_chain_text(&chain, "a");
    secret_chain_text(&chain, "bc");
    secret_chain_int(&chain, -1);
    secret_chain_final(&chain, b);
    assert_false(secret_equal(a, b, sizeof a));
    secret_chain_init(&chain, key);
    secret_chain_text(&chain, NULL);
    secret_chain_final(&chain, a);
    secret_chain_init(&chain, key);
    secret_chain_text(&chain, "");
    secret_chain_final(&chain, b);
    assert_false(secret_equal(a, b, sizeof a));
    /* BLAKE2b-256 of nothing, from the algorithm's own vectors */
    secret_chain_init(&chain, NULL);
    secret_chain_final(&chain, a);
    assert_string_equal(secret_hex(a, sizeof a, hex, sizeof hex),
                        "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8");
    assert_true(secret_from_hex(hex, b, sizeof b));
    assert_true(secret_equal(a, b, sizeof a));
    assert_false(secret_from_hex("0e57", b, sizeof b));
    hex[0] = 'g';
    assert_false(secret_from_hex(hex, b, sizeof b));
}

static void a_seed_repeats_its_chance(void **state)
{
    struct entropy_seeded s1 = { 42, 0 }, s2 = { 42, 0 }, s3 = { 43, 0 };
    struct entropy a = entropy_seeded(&s1), b = entropy_seeded(&s2), c = entropy_seeded(&s3);
    struct entropy real = entropy_system();
    uint64_t first = entropy_u64(&a);
    char hex[33];
    assert_true(first == entropy_u64(&b));
    assert_true(first != entropy_u64(&c));
    assert_true(first != entropy_u64(&a));
    assert_true(entropy_u64(&real) != entropy_u64(&real));
    assert_int_equal(strlen(entropy_hex(&real, 16, hex, sizeof hex)), 32);
}

static void a_password_is_kept_as_its_hash_alone(void **state)
{
    struct entropy_seeded seed = { 1, 0 };
    struct entropy chance = entropy_seeded(&seed);
    char stored[SECRET_PASSWORD_SIZE], other[SECRET_PASSWORD_SIZE];
    struct error err;
    char *typed = secret_alloc(16);
    strcpy(typed, "永昌-7号");
    assert_int_equal(secret_password_hash(typed, secret_cost_least(), &chance, stored, &err), 0);
    assert_int_equal(secret_password_hash(typed, secret_cost_least(), &chance, other, &err), 0);
    assert_string_not_equal(stored, other);
    assert_null(strstr(stored, typed));
    assert_true(secret_password_matches(typed, stored));
    assert_true(secret_password_matches(typed, other));
    assert_false(secret_password_matches("永昌-8号", stored));
    assert_false(secret_password_matches("", stored));
    assert_false(secret_password_matches(typed, ""));
    assert_false(secret_password_matches(typed, "argon2id$99$1$00$00"));
    assert_false(secret_password_outdated(stored, secret_cost_least()));
    assert_true(secret_password_outdated(stored, secret_cost_interactive()));
    stored[strlen(stored) - 1] ^= 1;
    assert_false(secret_password_matches(typed, stored));
    secret_free(typed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_is_bank_branch_and_reference),
        cmocka_unit_test(a_table_for_people_is_aligned_by_cells),
        cmocka_unit_test(csv_quotes_what_needs_it),
        cmocka_unit_test(json_lines_carry_fen_and_escapes),
        cmocka_unit_test(a_long_table_keeps_going_after_its_widths_are_fixed),
        cmocka_unit_test(an_error_says_what_where_why_and_remedy),
        cmocka_unit_test(log_lines_are_clean_and_carry_the_key),
        cmocka_unit_test(a_chain_tells_fields_apart),
        cmocka_unit_test(a_seed_repeats_its_chance),
        cmocka_unit_test(a_password_is_kept_as_its_hash_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
