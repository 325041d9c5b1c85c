/* Bills files: read whole, or refused whole with line, field and reason. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/text.h"
#include "wire/billfile.h"

#define HEAD "BILLS|1|0311|2026-11-19T18:00:00|2026-11-20\n"
#define REST "|深州镇永昌路1号|深州镇|R|379954895292|202610|4312|4528|1|216|11412|" \
             "180@0.5200;36@0.5700|2026-11-25|2026-11-01|2026-11-28|1\n"
#define BILL1 "20261000000001|0499110001|王建国" REST
#define BILL2 "20261000000002|0499110005|𠮷田䶮" REST
#define BILL3 "20261000000003|0499110003|亅乗" REST /* in GB18030 their trail bytes are | and \ */
#define END3 "END|3|34236\n"
#define WHOLE HEAD BILL1 BILL2 BILL3 END3

struct seen {
    int headers, bills;
    char names[256];
    int64_t last_done, last_total;
    int progress_calls, stop_after;
};

static int on_header(void *ctx, const struct billfile_header *h, char *why, size_t size)
{
    struct seen *seen = ctx;
    seen->headers++;
    assert_string_equal(h->utility, "0311");
    return 0;
}

static int on_bill(void *ctx, const struct bill *b, char *why, size_t size)
{
    struct seen *seen = ctx;
    seen->bills++;
    if (strlen(seen->names) < 200) strcat(seen->names, b->name);
    if (strcmp(b->customer, "0000")) return 0;
    snprintf(why, size, "customer 0000 is not ours");
    return -1;
}

static bool on_progress(void *ctx, int64_t done, int64_t total, int64_t records)
{
    struct seen *seen = ctx;
    seen->last_done = done;
    seen->last_total = total;
    return ++seen->progress_calls != seen->stop_after;
}

static const struct billfile_events events = { on_header, on_bill, on_progress };

static struct seen seen;
static struct recfile_report report;
static struct error err;
static struct billfile_sums sums;

static int read_bytes(const char *bytes, size_t len, enum recfile_encoding encoding)
{
    FILE *in = tmpfile();
    int stop_after = seen.stop_after;
    assert_non_null(in);
    assert_int_equal(fwrite(bytes, 1, len, in), len);
    memset(&seen, 0, sizeof seen);
    seen.stop_after = stop_after;
    memset(&err, 0, sizeof err);
    int status = billfile_read_stream(in, "b.txt", encoding, &events, &seen, &sums, &report, &err);
    fclose(in);
    return status;
}

static int read_text(const char *text) { return read_bytes(text, strlen(text), RECFILE_FIND_OUT); }

static void a_file_in_utf8_is_read(void **state)
{
    assert_int_equal(read_text(WHOLE), 0);
    assert_int_equal(report.encoding, RECFILE_UTF8);
    assert_int_equal(seen.bills, 3);
    assert_int_equal(sums.records, 3);
    assert_int_equal(sums.amount_fen, 34236);
    assert_string_equal(seen.names, "王建国𠮷田䶮亅乗");
    assert_int_equal(read_text("\xef\xbb\xbf" WHOLE), 0); /* an editor's mark before it */
}

static void a_file_in_gb18030_is_decoded_before_it_is_split(void **state)
{
    char *gb;
    size_t len;
    assert_int_equal(utf8_to_gb18030(WHOLE, strlen(WHOLE), &gb, &len, &err), 0);
    assert_int_equal(read_bytes(gb, len, RECFILE_FIND_OUT), 0);
    assert_int_equal(report.encoding, RECFILE_GB18030);
    assert_string_equal(seen.names, "王建国𠮷田䶮亅乗");
    assert_int_equal(read_bytes(gb, len, RECFILE_GB18030), 0);
    assert_int_equal(read_bytes(gb, len, RECFILE_UTF8), -1); /* said wrongly */
    assert_string_equal(err.where, "b.txt:2");
    assert_non_null(strstr(err.why, "not UTF-8"));
    free(gb);
    assert_int_equal(read_bytes(WHOLE, strlen(WHOLE), RECFILE_GB18030), -1);
}

static void line_ends_of_both_kinds_and_a_last_line_without_one(void **state)
{
    char crlf[2048] = "", *to = crlf;
    for (const char *p = WHOLE; *p; p++) {
        if (*p == '\n') *to++ = '\r';
        *to++ = *p;
    }
    assert_int_equal(read_text(crlf), 0);
    assert_int_equal(seen.bills, 3);
    assert_int_equal(read_bytes(WHOLE, strlen(WHOLE) - 1, RECFILE_FIND_OUT), 0);
}

static void a_file_of_no_bills_is_one(void **state)
{
    assert_int_equal(read_text(HEAD "END|0|0\n"), 0);
    assert_int_equal(seen.headers, 1);
    assert_int_equal(seen.bills, 0);
}

static void each_bad_file_is_refused_with_line_and_reason(void **state)
{
    static const struct { const char *text, *where, *why; } row[] = {
        { "", "b.txt", "empty" },
        { "\n", "b.txt:1", "header begins with" },
        { HEAD, "b.txt:1", "cut short" },
        { HEAD BILL1 BILL2 BILL3, "b.txt:4", "cut short" },
        { HEAD BILL1 "20261000000002|0499110005|𠮷", "b.txt:3", "3 fields, 18 are needed" },
        { HEAD BILL1 BILL2 BILL3 "END|3", "b.txt:5", "END line has 2 fields" },
        { HEAD BILL1 BILL2 BILL3 "END|3|3423", "b.txt:5: field 3 (sum of amounts)", "3423 fen, the amounts add up to 34236" },
        { HEAD BILL1 BILL2 BILL3 "END|4|34236\n", "b.txt:5: field 2 (records)", "END says 4 records, the file has 3" },
        { HEAD BILL1 BILL2 BILL3 "END|x|34236\n", "b.txt:5: field 2 (records)", "whole number" },
        { HEAD BILL1 BILL2 BILL3 "END|3|-34236\n", "b.txt:5: field 3 (sum of amounts)", "whole number" },
        { HEAD BILL1 BILL2 BILL3 "END|3|34236|1\n", "b.txt:5", "END line has 4 fields" },
        { WHOLE BILL1, "b.txt:6", "after the END line" },
        { WHOLE "\n", "b.txt:6", "after the END line" },
        { HEAD BILL1 BILL2 BILL1 END3, "b.txt:4: field 1 (bill)", "line 2 already" },
        { HEAD BILL1 "\n" BILL2 END3, "b.txt:3", "1 fields" },
        { HEAD "1|0000|a" REST "END|1|11412\n", "b.txt:2", "not ours" },
        { "WHLIST|1|0311|102|1|202610|x|y|z\n", "b.txt:1", "not BILLS: this is no bills file" },
        { "BILLS|2|0311|2026-11-19T18:00:00|2026-11-20\nEND|0|0\n", "b.txt:1: field 2 (version)", "version 1" },
        { "BILLS|1|A311|2026-11-19T18:00:00|2026-11-20\nEND|0|0\n", "b.txt:1: field 3 (utility)", "digits" },
        { "BILLS|1|0311|2026-11-19 18:00:00|2026-11-20\nEND|0|0\n", "b.txt:1: field 4 (made at)", "time" },
        { "BILLS|1|0311|2026-11-19T24:00:00|2026-11-20\nEND|0|0\n", "b.txt:1: field 4 (made at)", "time" },
        { "BILLS|1|0311|2026-11-19T18:00:00|2026-11-31\nEND|0|0\n", "b.txt:1: field 5 (business date)", "date" },
        { "BILLS|1|0311\nEND|0|0\n", "b.txt:1", "header has 3 fields" },
        { "BILLS\n", "b.txt:1", "header has 1 fields" },
        { HEAD "1|2|n|a|s|R|m|202610|1|2|1|1|-5|1@0.5|2026-11-25|2026-11-01|2026-11-28|1\nEND|1|-5\n",
          "b.txt:2: field 13 (amount)", "-5 is negative" },
        { HEAD "||||||||||||||||||||||||||||||||||||||||||||||||||||||||\nEND|1|0\n", "b.txt:2", "57 fields" },
        { HEAD "1|2|\x1b[2J|a|s|R|m|202610|1|2|1|1|5|1@0.5|2026-11-25|2026-11-01|2026-11-28|1\nEND|1|5\n",
          "b.txt:2: field 3 (customer name)", "control character" },
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        assert_int_equal(read_text(row[i].text), -1);
        assert_string_equal(err.what, "bills file refused");
        if (strcmp(err.where, row[i].where) || !strstr(err.why, row[i].why))
            fail_msg("row %zu: %s: %s", i, err.where, err.why);
        assert_non_null(strstr(err.remedy, "nothing of it took effect"));
        assert_true(report.fault_count >= 1);
    }
}

static void damaged_bytes_are_refused_and_not_read_as_other_characters(void **state)
{
    char text[] = WHOLE;
    *strstr(text, "王") = '\xff'; /* UTF-8 with one damaged byte stays UTF-8 */
    assert_int_equal(read_text(text), -1);
    assert_int_equal(report.encoding, RECFILE_UTF8);
    assert_string_equal(err.where, "b.txt:2");
    assert_int_equal(report.fault_count, 1); /* and END's count is still right */
    char nul[] = WHOLE;
    *strstr(nul, "0499110001") = '\0';
    assert_int_equal(read_bytes(nul, sizeof nul - 1, RECFILE_FIND_OUT), -1);
    assert_string_equal(err.where, "b.txt:2");
    assert_non_null(strstr(err.why, "NUL"));
    static const char utf16[] = "B\0I\0L\0L\0S\0\n";
    assert_int_equal(read_bytes(utf16, sizeof utf16, RECFILE_FIND_OUT), -1);
    char *gb;
    size_t len;
    assert_int_equal(utf8_to_gb18030(WHOLE, strlen(WHOLE), &gb, &len, &err), 0);
    gb[strlen(HEAD) + 26] = '\xff'; /* first byte of the name */
    assert_int_equal(read_bytes(gb, len, RECFILE_FIND_OUT), -1);
    assert_int_equal(report.encoding, RECFILE_GB18030);
    assert_non_null(strstr(err.why, "byte 27 is no GB18030"));
    free(gb);
}

static void a_line_of_ten_megabytes_is_refused_in_little_memory(void **state)
{
    size_t line = 10 * 1024 * 1024, head = strlen(HEAD);
    char *text = malloc(head + line + 64);
    memcpy(text, HEAD, head);
    memset(text + head, 'x', line);
    strcpy(text + head + line, "\nEND|1|0\n");
    assert_int_equal(read_text(text), -1);
    assert_string_equal(err.where, "b.txt:2");
    assert_non_null(strstr(err.why, "longer than 8192"));
    assert_int_equal(report.fault_count, 1);
    free(text);
}

static void the_first_twenty_faults_are_kept_and_all_counted(void **state)
{
    char *text = NULL, *printed = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);
    fputs(HEAD, out);
    for (int i = 0; i < 50; i++) fprintf(out, "%d|2|3\n", i);
    fputs("END|50|0\n", out);
    fclose(out);
    assert_int_equal(read_text(text), -1);
    free(text);
    assert_int_equal(report.fault_count, 50);
    assert_int_equal(report.faults[19].line, 21);
    assert_non_null(strstr(err.why, "and 49 more faults"));
    out = open_memstream(&printed, &len);
    recfile_print_faults(out, "b.txt", &report);
    fclose(out);
    int lines = 0;
    for (const char *p = printed; (p = strchr(p, '\n')); p++) lines++;
    assert_int_equal(lines, 21);
    assert_non_null(strstr(printed, "b.txt:2: the record has 3 fields, 18 are needed\n"));
    assert_non_null(strstr(printed, "b.txt: and 30 more faults\n"));
    free(printed);
}

static struct bill sample(int i)
{
    const char *fields[BILL_FIELDS] = {
        "1", "0499110001", "王建国", "深州镇永昌路1号", "深州镇", "R", "379954895292", "202610", "4312",
        "4528", "1", "216", "11412", "180@0.5200;36@0.5700", "2026-11-25", "2026-11-01", "2026-11-28", "1" };
    struct bill b;
    struct bill_fault fault;
    assert_int_equal(bill_parse(fields, BILL_FIELDS, &b, &fault), 0);
    snprintf(b.number, sizeof b.number, "202610%08d", i);
    return b;
}

static void a_hundred_thousand_bills_are_judged_at_once(void **state)
{
    struct billfile_header header = { "0311", "2026-11-19T18:00:00", 20777 };
    struct billfile_sums wrote;
    FILE *file = tmpfile();
    billfile_put_header(file, &header, &wrote);
    for (int i = 0; i < 100000; i++) {
        struct bill b = sample(i);
        billfile_put(file, &b, &wrote);
    }
    billfile_put_end(file, &wrote);
    memset(&seen, 0, sizeof seen);
    int64_t start_ms = clock_monotonic_ms();
    assert_int_equal(billfile_read_stream(file, "b.txt", RECFILE_FIND_OUT, &events, &seen, &sums,
                                          &report, &err), 0);
    int64_t took_ms = clock_monotonic_ms() - start_ms;
    print_message("# 100,000 bills judged in %d ms\n", (int)took_ms);
    assert_true(took_ms < 10000); /* a broken algorithm, not a busy machine, fails here */
    assert_int_equal(sums.records, 100000);
    assert_int_equal(sums.amount_fen, wrote.amount_fen);
    assert_int_equal(seen.progress_calls, 100000 / RECFILE_PROGRESS_EVERY + 1);
    assert_int_equal(seen.last_done, ftello(file));
    assert_int_equal(seen.last_done, seen.last_total);
    memset(&seen, 0, sizeof seen);
    seen.stop_after = 3;
    assert_int_equal(billfile_read_stream(file, "b.txt", RECFILE_FIND_OUT, &events, &seen, NULL,
                                          &report, &err), -1);
    assert_non_null(strstr(err.why, "stopped"));
    assert_int_equal(seen.bills, 3 * RECFILE_PROGRESS_EVERY);
    seen.stop_after = 0;
    fclose(file);
}

static void a_file_that_cannot_be_opened_or_read_says_why(void **state)
{
    assert_int_equal(billfile_read("/nowhere/b.txt", RECFILE_FIND_OUT, NULL, NULL, NULL, &report, &err), -1);
    assert_string_equal(err.where, "/nowhere/b.txt");
    assert_non_null(strstr(err.why, "No such file"));
    assert_int_equal(billfile_read("/tmp", RECFILE_FIND_OUT, NULL, NULL, NULL, &report, &err), -1);
    assert_non_null(strstr(err.why, "directory"));
    FILE *pipe_in = popen("echo BILLS", "r");
    assert_int_equal(billfile_read_stream(pipe_in, "pipe", RECFILE_FIND_OUT, NULL, NULL, NULL, &report, &err), -1);
    pclose(pipe_in);
}

static void encodings_have_names(void **state)
{
    enum recfile_encoding e;
    assert_true(recfile_encoding_parse("GB18030", &e));
    assert_int_equal(e, RECFILE_GB18030);
    assert_true(recfile_encoding_parse("utf-8", &e));
    assert_string_equal(recfile_encoding_name(e), "utf-8");
    assert_false(recfile_encoding_parse("latin1", &e));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_in_utf8_is_read),
        cmocka_unit_test(a_file_in_gb18030_is_decoded_before_it_is_split),
        cmocka_unit_test(line_ends_of_both_kinds_and_a_last_line_without_one),
        cmocka_unit_test(a_file_of_no_bills_is_one),
        cmocka_unit_test(each_bad_file_is_refused_with_line_and_reason),
        cmocka_unit_test(damaged_bytes_are_refused_and_not_read_as_other_characters),
        cmocka_unit_test(a_line_of_ten_megabytes_is_refused_in_little_memory),
        cmocka_unit_test(the_first_twenty_faults_are_kept_and_all_counted),
        cmocka_unit_test(a_hundred_thousand_bills_are_judged_at_once),
        cmocka_unit_test(a_file_that_cannot_be_opened_or_read_says_why),
        cmocka_unit_test(encodings_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
