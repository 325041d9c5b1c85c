/* app/wire/PROTOCOL.md says what the code does: every row of its tables is the
 * code's row, every example is a valid message that reads as the page says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "lib/examples.h"
#include "wire/message.h"
#include "wire/message_table.h"
#include "wire/tags.h"

#define PAGE EXAMPLES_PAGE

static char *page;

static int read_page(void **state)
{
    page = examples_page();
    return 0;
}

static int forget_page(void **state)
{
    free(page);
    return 0;
}

static void says(const char *line)
{
    char whole[1200];
    snprintf(whole, sizeof whole, "\n%s", line);
    if (strstr(page, whole) == NULL) fail_msg("%s lacks the line\n%s", PAGE, line);
}

/* Rows of the table under this heading, its two head lines left out. */
static size_t rows_under(const char *heading)
{
    size_t rows = 0;
    const char *at = strstr(page, heading);
    if (at == NULL) fail_msg("%s has no %s", PAGE, heading);
    at = strstr(at, "\n| --- ");
    while ((at = strchr(at + 1, '\n')) != NULL && at[1] == '|')
        rows++;
    return rows;
}

/* --- tables ---------------------------------------------------------------------- */

static void put_fields(char *to, size_t size, const uint64_t set[2])
{
    size_t used = 0;
    to[0] = '\0';
    for (int f = 2; f <= ISO_FIELDS; f++)
        if (set[(f - 1) / 64] >> (63 - (f - 1) % 64) & 1)
            used += (size_t)snprintf(to + used, size - used, "%s%d", used ? " " : "", f);
    if (used == 0) snprintf(to, size, "–");
}

static void every_message_stands_with_its_fields(void **state)
{
    char must[400], may[400], line[1100], proc[8];
    for (size_t i = 0; i < message_row_count; i++) {
        const struct message_row *r = &message_rows[i];
        snprintf(proc, sizeof proc, "%06d", r->proc < 0 ? 0 : r->proc % 1000000);
        put_fields(must, sizeof must, r->must);
        put_fields(may, sizeof may, r->may);
        snprintf(line, sizeof line, "| %s | %s | %s | %s | %s |\n", r->mti, r->proc < 0 ? "–" : proc, r->meaning, must, may);
        says(line);
    }
    assert_int_equal(rows_under("\n## Messages"), message_row_count);
}

static void every_tag_stands_with_its_limits(void **state)
{
    char format[200], line[500];
    for (size_t i = 0; i < tag_spec_count; i++) {
        const struct tag_spec *t = &tag_specs[i];
        size_t used = 0;
        for (const char *c = t->format; *c && used < sizeof format - 2; c++) {
            if (*c == '|') format[used++] = '\\';
            format[used++] = *c;
        }
        format[used] = '\0';
        snprintf(line, sizeof line, "| `%s` | %s | %s | %d | %s |\n", t->tag, t->name, format, t->max, t->repeats ? "yes" : "no");
        says(line);
    }
    assert_int_equal(rows_under("\n## Tags"), tag_spec_count);
}

static void every_code_stands_with_its_verdict(void **state)
{
    static const char *const verdicts[] = {"approved", "refused, final", "unknown"}, *const again[] = {"no", "at once", "later"};
    char line[300];
    for (size_t i = 0; i < code_spec_count; i++) {
        const struct code_spec *c = &code_specs[i];
        snprintf(line, sizeof line, "| `%s` | %s | %s | %s |\n", c->code, c->meaning, verdicts[c->verdict], again[c->again]);
        says(line);
    }
    assert_int_equal(rows_under("\n## Codes"), code_spec_count);
}

static void every_field_in_use_stands_with_its_format(void **state)
{
    static const char *const kinds[] = {"n", "x+n", "an", "ans", "z", "b"}, *const lengths[] = {"", "LLVAR ", "LLLVAR "};
    uint64_t used[2] = {0, 0};
    size_t count = 0;
    char line[300];
    for (size_t i = 0; i < message_row_count; i++)
        for (int w = 0; w < 2; w++)
            used[w] |= message_rows[i].must[w] | message_rows[i].may[w];
    for (int f = 2; f <= ISO_FIELDS; f++) {
        const struct iso_field *d = &iso_fields[f];
        if (!(used[(f - 1) / 64] >> (63 - (f - 1) % 64) & 1) || (f > 120 && f <= 127)) continue;
        snprintf(line, sizeof line, "| %d%s | %s | %s%s %d | ", f, f == 120 ? "–127" : "", d->name, lengths[d->length], kinds[d->kind], d->max);
        says(line);
        count++;
    }
    assert_int_equal(rows_under("\n## Fields"), count);
}

/* --- examples -------------------------------------------------------------------- */

/* "4   amount, transaction      000000010000" for each field, and for no other. */
static void compare_fields(const char *name, const char *at, const struct iso *m)
{
    int listed = 0, present = 0;
    for (; strncmp(at, "```", 3) != 0; at = strchr(at, '\n') + 1) {
        char value[ISO_FIELD_MAX + 1];
        size_t len = strcspn(at, "\n");
        int field = atoi(at);
        const char *from = len > 50 ? at + 50 : at + len;
        if (strncmp(at, "MTI ", 4) == 0) {
            if (strncmp(from, m->mti, 4) != 0) fail_msg("%s: MTI", name);
            continue;
        }
        if (!iso_has(m, field)) fail_msg("%s: field %d is not in the message", name, field);
        if (strncmp(at + 4, iso_fields[field].name, strlen(iso_fields[field].name)) != 0) fail_msg("%s: name of field %d", name, field);
        iso_text(m, field, value, sizeof value);
        if (strlen(value) != (size_t)(at + len - from) || strncmp(value, from, strlen(value)) != 0) fail_msg("%s: field %d is %s", name, field, value);
        listed++;
    }
    for (int field = 2; field <= ISO_FIELDS; field++)
        present += iso_has(m, field);
    if (listed != present) fail_msg("%s: %d fields are listed, %d are there", name, listed, present);
}

static void every_example_is_a_message_that_reads_as_the_page_says(void **state)
{
    struct example e;
    const char *at = page;
    int examples = 0;
    for (; examples_next(&at, &e); examples++) {
        char packed[ISO_MESSAGE_MAX];
        const char *bytes = (const char *)e.frame + FRAME_HEAD;
        uint8_t head[FRAME_HEAD];
        size_t len = e.len - FRAME_HEAD;
        struct iso m;
        struct error err;
        assert_true(frame_head(head, len));
        assert_memory_equal(head, e.frame, FRAME_HEAD);
        if (iso_unpack(&m, bytes, len, &err) != 0 || message_check(&m, &err) != 0) fail_msg("%s: %s %s", e.name, err.where, err.why);
        assert_int_equal(iso_pack(&m, packed, sizeof packed, &err), len);
        assert_memory_equal(packed, bytes, len);
        compare_fields(e.name, e.fields, &m);
    }
    assert_true(examples >= 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_message_stands_with_its_fields),
        cmocka_unit_test(every_tag_stands_with_its_limits),
        cmocka_unit_test(every_code_stands_with_its_verdict),
        cmocka_unit_test(every_field_in_use_stands_with_its_format),
        cmocka_unit_test(every_example_is_a_message_that_reads_as_the_page_says),
    };
    return cmocka_run_group_tests(tests, read_page, forget_page);
}
