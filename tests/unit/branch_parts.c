/* Small parts of the daemon: terminals and tills, the audit key's file, messages
 * as bytes, a hash of parameters, printers, the print log, a message's size. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/text.h"
#include "branchd/fetch_file.h"
#include "branchd/service.h"
#include "wire/message.h"

static struct branch branch;
static char dir[] = "/tmp/gridteller-parts-XXXXXX";

static int start(void **state)
{
    struct error err;
    if (mkdtemp(dir) == NULL || branch_open(&branch, NULL, &err) != 0) return -1;
    snprintf(branch.settings.audit_key, sizeof branch.settings.audit_key, "%s/audit.key", dir);
    return 0;
}

static int stop(void **state)
{
    char command[80];
    snprintf(command, sizeof command, "rm -r %s", dir);
    return system(command);
}

static void a_terminal_has_the_till_that_the_settings_say(void **state)
{
    char till[LEDGER_TILL_SIZE] = "";
    assert_true(branch_till(&branch, "03", till));
    assert_string_equal(till, "03");
    assert_false(branch_till(&branch, "3", till));
    text_copy(branch.settings.tills, sizeof branch.settings.tills, "hall1:07  hall2:08");
    assert_true(branch_till(&branch, "hall2", till));
    assert_string_equal(till, "08");
    assert_false(branch_till(&branch, "hall", till));
    assert_false(branch_till(&branch, "03", till));
    branch.settings.tills[0] = '\0';
}

static void the_audit_key_is_made_once_and_kept_from_others(void **state)
{
    struct branch again = branch;
    struct error err = {0};
    assert_int_equal(branch_world(&again, false, &err), -1); /* none yet */
    assert_int_equal(branch_world(&branch, true, &err), 0);
    assert_int_equal(branch_world(&again, false, &err), 0);
    assert_memory_equal(again.world.audit_key, branch.world.audit_key, SECRET_KEY_BYTES);
    assert_int_equal(branch_world(&again, true, &err), -1); /* never written over */
    assert_int_equal(chmod(branch.settings.audit_key, 0644), 0);
    assert_int_equal(branch_world(&again, false, &err), -1);
    assert_string_equal(err.why, "others may read it");
}

static struct ledger_message message(const char *class)
{
    struct ledger_message m = {.class = class, .proc = PROC_CASH, .amount_fen = 8750, .taken_ms = 1795142527000, .business = 20777,
                               .stan = 17, .terminal = "03", .customer = "0499110001", .operator_number = "1001", .bill_count = 1,
                               .original_class = "0200", .checker = "2001", .series = "1300242", .number = "00012345", .paper = "printed"};
    m.bills[0].bill = "B1";
    m.bills[0].amount_fen = 8528;
    m.bills[0].late_fee_fen = 222;
    key_make(&m.key, "102", "0311-0007", 1, 417);
    key_make(&m.noticed, "102", "0311-0007", 1, 416);
    return m;
}

static void every_message_of_the_ledger_is_valid_on_the_wire(void **state)
{
    static const char *const classes[] = {"0200", "0220", "0400", "0420", "notice"};
    uint8_t bytes[LEDGER_MESSAGE_MAX];
    struct iso m;
    struct error err = {0};
    for (size_t i = 0; i < 5; i++) {
        struct ledger_message asked = message(classes[i]);
        int len = branch_pack(&branch, &asked, bytes, sizeof bytes, &err);
        assert_true(len > 0);
        assert_int_equal(iso_unpack(&m, (char *)bytes, (size_t)len, &err), 0);
        assert_int_equal(message_check(&m, &err), 0);
        assert_true(iso_is(&m, 37, "010000000417"));
        assert_true(i == 4 ? iso_is(&m, 3, "340000") : iso_is(&m, 4, "000000008750"));
    }
    struct ledger_message none = message("0300");
    assert_int_equal(branch_pack(&branch, &none, bytes, sizeof bytes, &err), -1);
}

static void a_hash_is_of_the_parameters_and_not_of_their_order(void **state)
{
    unsigned char a[SECRET_HASH_BYTES], b[SECRET_HASH_BYTES], c[SECRET_HASH_BYTES];
    json_t *one = json_pack("{s:s, s:[{s:s, s:s}]}", "key", "K", "paper", "number", "1", "state", "missing");
    json_t *two = json_pack("{s:[{s:s, s:s}], s:s, s:s}", "paper", "state", "missing", "number", "1", "approval", "0123", "key", "K");
    two_hash(one, a);
    two_hash(two, b);
    assert_memory_equal(a, b, sizeof a);
    assert_non_null(json_object_get(two, "approval")); /* the parameters themselves stay */
    json_object_set_new(one, "key", json_string("L"));
    two_hash(one, c);
    assert_memory_not_equal(a, c, sizeof a);
    json_decref(one);
    json_decref(two);
}

static void printers_stay_bound_and_a_damaged_file_is_refused(void **state)
{
    char path[64];
    struct error err = {0};
    snprintf(path, sizeof path, "%s/printers.json", dir);
    struct printers *p = printers_open(path, &err);
    assert_non_null(p);
    assert_null(printers_at(p, "03"));
    json_t *binding = json_pack("{s:s, s:s}", "uri", "tcp://10.1.2.3:9100", "template", "invoice-80mm");
    assert_int_equal(printers_bind(p, "03", "", binding, &err), 0);
    json_decref(binding);
    printers_close(p);
    p = printers_open(path, &err);
    assert_string_equal(json_string_value(json_object_get(printers_at(p, "03"), "template")), "invoice-80mm");
    assert_ptr_equal(printers_for(p, "03", "invoice"), printers_at(p, "03"));
    assert_null(printers_for(p, "03", "report")); /* reports go only where they are bound */
    assert_null(printers_at(p, "04"));
    printers_close(p);
    FILE *out = fopen(path, "w");
    fputs("{\"03\": ", out);
    fclose(out);
    assert_null(printers_open(path, &err));
    assert_string_equal(err.where, path);
}

static void the_print_log_keeps_the_newest(void **state)
{
    static struct print_log log;
    for (int i = 0; i < PRINT_LOG_MAX + 5; i++)
        print_log_begin(&log, 1000 + i, "03", i, 1, "job");
    print_log_end(&log, PRINT_LOG_MAX + 3, 1, "confirmed", 812, "out of paper soon");
    print_log_end(&log, 2, 1, "confirmed", 1, ""); /* long forgotten */
    assert_string_equal(print_log_at(&log, 0)->outcome, "sending");
    assert_string_equal(print_log_at(&log, 1)->outcome, "confirmed");
    assert_int_equal(print_log_at(&log, 1)->bytes, 812);
    assert_int_equal(print_log_at(&log, PRINT_LOG_MAX - 1)->invoice, 5);
    assert_null(print_log_at(&log, PRINT_LOG_MAX));
}

static void a_list_ends_before_its_message_overflows(void **state)
{
    json_t *list = json_array();
    char text[2000];
    size_t bytes = 0;
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    while (json_add_bounded(list, json_string(text), &bytes)) {}
    char *dump = json_dumps(list, JSON_COMPACT);
    assert_in_range(strlen(dump), RPC_LINE_MAX / 2, RPC_LINE_MAX - 1024);
    free(dump);
    json_decref(list);
}

/* Twenty digits would be another sum, and ten such sums together no number at all. */
static void a_sum_of_the_utilitys_file_has_twelve_digits_at_most(void **state)
{
    int64_t fen = -1;
    assert_true(fetch_number("999999999999", &fen));
    assert_int_equal(fen, 999999999999);
    assert_true(fetch_number("000000000000", &fen));
    assert_int_equal(fen, 0);
    static const char *const no[] = {"", "1000000000000", "9223372036854775807", "99999999999999999999999", "-1", "+1", " 1", "1.0", "0x1"};
    for (size_t i = 0; i < sizeof no / sizeof *no; i++)
        assert_false(fetch_number(no[i], &fen));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_terminal_has_the_till_that_the_settings_say),
        cmocka_unit_test(the_audit_key_is_made_once_and_kept_from_others),
        cmocka_unit_test(every_message_of_the_ledger_is_valid_on_the_wire),
        cmocka_unit_test(a_hash_is_of_the_parameters_and_not_of_their_order),
        cmocka_unit_test(printers_stay_bound_and_a_damaged_file_is_refused),
        cmocka_unit_test(the_print_log_keeps_the_newest),
        cmocka_unit_test(a_list_ends_before_its_message_overflows),
        cmocka_unit_test(a_sum_of_the_utilitys_file_has_twelve_digits_at_most),
    };
    return cmocka_run_group_tests_name("branchd's parts", tests, start, stop);
}
