/* Our ESC/POS beside that of an independent generator, npm's receiptline, for the same few
 * lines: the same bytes for the same words, and each command that only one of the two uses
 * has its reason. tests/vectors/receiptline.js says how its bytes were made. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "drivers/backend.h"
#include "drivers/job.h"
#include "lib/test_page.h"

#define VECTOR "tests/vectors/receiptline.hex"
#define STREAM_MAX 16384

enum { WHOLE = -1, RASTER = -2, GRAPHICS = -3 }; /* lengths that stand in the command */
enum { OURS = 1, THEIRS = 2 };

/* Every command that either of them sends. */
static const struct command_row {
    uint8_t head[2];
    int length;
    int who;
    const char *why; /* of one that only one of them sends */
} commands[] = {
    {{0x1b, 0x40}, 2, OURS | THEIRS, "initialize"},
    {{0x1c, 0x26}, 2, OURS | THEIRS, "Hanzi on, explicitly"},
    {{0x1c, 0x2e}, 2, THEIRS, "its rules are of a code page: off for them; ASCII is ASCII with Hanzi on too"},
    {{0x1c, 0x53}, 4, OURS | THEIRS, "no space around Hanzi"},
    {{0x1b, 0x24}, 4, OURS | THEIRS, "absolute x"},
    {{0x1d, 0x21}, 3, OURS | THEIRS, "size"},
    {{0x1b, 0x45}, 3, OURS | THEIRS, "bold"},
    {{0x1d, 0x56}, 4, OURS | THEIRS, "feed and cut"},
    {{0x1d, 0x28}, WHOLE, OURS | THEIRS, "extended commands"},
    {{0x1d, 0x72}, 3, THEIRS, "asks for the paper sensor; ours goes after the job, as a question of its own"},
    {{0x1d, 0x76}, RASTER, THEIRS, "its QR is a picture; ours is the printer's own where it has one"},
    {{0x1d, 0x38}, GRAPHICS, THEIRS, "the same, for newer models"},
    {{0x1b, 0x52}, 3, OURS, "a $ is a $, whatever country the switches say"},
    {{0x1c, 0x21}, 3, OURS, "size of Hanzi: many Chinese models keep it apart from 1D 21"},
    {{0x1b, 0x4a}, 3, OURS, "paper moves by dots, so that a form stands where it is drawn"},
    {{0x1d, 0x61}, 3, THEIRS, "automatic status: ours asks"},
    {{0x1b, 0x4d}, 3, THEIRS, "font A is what initialize leaves"},
    {{0x1c, 0x28}, WHOLE, THEIRS, "Hanzi font A is what initialize leaves"},
    {{0x1b, 0x20}, 3, THEIRS, "no space is what initialize leaves"},
    {{0x1b, 0x33}, 3, THEIRS, "its line feeds have a height; ours has none"},
    {{0x1b, 0x7b}, 3, THEIRS, "upside down off is what initialize leaves"},
    {{0x1b, 0x2d}, 3, OURS | THEIRS, "underline, off"},
    {{0x1c, 0x2d}, 3, THEIRS, "the same, of Hanzi"},
    {{0x1d, 0x42}, 3, THEIRS, "no reverse in these lines"},
    {{0x1d, 0x4c}, 4, THEIRS, "left margin 0 is what initialize leaves"},
    {{0x1d, 0x57}, 4, THEIRS, "print area: absolute x stays inside it"},
    {{0x1b, 0x61}, 3, THEIRS, "alignment: x is computed"},
    {{0x1b, 0x5c}, 4, THEIRS, "relative x, after its alignment"},
    {{0x1b, 0x74}, 3, THEIRS, "code page: all that is not ASCII is Hanzi"},
};
#define COMMANDS (sizeof commands / sizeof commands[0])

struct stream { uint8_t bytes[STREAM_MAX]; size_t len; };
struct found { bool used[COMMANDS]; uint8_t text[STREAM_MAX]; size_t text_len; };

static size_t length_of(const struct command_row *row, const uint8_t *p)
{
    switch (row->length) {
    case WHOLE: return 5 + (size_t)p[3] + 256u * p[4];
    case RASTER: return 8 + (p[4] + 256u * p[5]) * (size_t)(p[6] + 256u * p[7]);
    case GRAPHICS: return 7 + (size_t)p[3] + 256u * p[4];
    default: return (size_t)row->length;
    }
}

/* Commands apart from words; blanks and line ends are layout. */
static void take_apart(const struct stream *s, struct found *f)
{
    bool hanzi = false;
    memset(f, 0, sizeof *f);
    for (size_t at = 0; at < s->len;) {
        const uint8_t *p = s->bytes + at;
        if (p[0] >= 0x20 || p[0] == '\n') {
            size_t n = p[0] >= 0x81 && hanzi ? 2 : 1;
            if (p[0] > ' ') memcpy(f->text + f->text_len, p, n), f->text_len += n;
            at += n;
            continue;
        }
        size_t i = 0;
        while (i < COMMANDS && memcmp(commands[i].head, p, 2) != 0) i++;
        if (i == COMMANDS) fail_msg("no such command is in the table: %02x %02x at byte %zu", p[0], p[1], at);
        f->used[i] = true;
        if (commands[i].head[0] == 0x1c && (p[1] == 0x26 || p[1] == 0x2e)) hanzi = p[1] == 0x26;
        at += length_of(&commands[i], p);
    }
}

static void read_theirs(int line, struct stream *out)
{
    static char hex[STREAM_MAX];
    FILE *in = fopen(VECTOR, "r");
    assert_non_null(in);
    for (int i = 0; i <= line; i++) assert_non_null(fgets(hex, sizeof hex, in));
    fclose(in);
    for (out->len = 0; hex[2 * out->len] > ' '; out->len++) {
        unsigned byte;
        assert_int_equal(sscanf(hex + 2 * out->len, "%2x", &byte), 1);
        out->bytes[out->len] = (uint8_t)byte;
    }
}

static void make_ours(struct stream *out)
{
    const struct profile *p = profile_find("epson-80");
    struct page *page = page_new(8000, 6000, PAGE_ROLL);
    struct bytes bytes = {0};
    struct error err = {0};
    put_text(page, p, 3000, 200, PAGE_WIDE | PAGE_HIGH | PAGE_BOLD, "电费收据");
    put_text(page, p, 400, 1000, 0, "客户编号");
    put_text(page, p, 2400, 1000, 0, "0499110002");
    put_text(page, p, 400, 1400, 0, "户名");
    put_text(page, p, 2400, 1400, 0, "朱镕基 犇");
    put_text(page, p, 3000, 1800, 0, "金额 1,234.50");
    put_qr(page, 2500, 2400, 2500, "102/0311-0007/010000000417");
    page_sort(page);
    struct print_job job = {.profile = "epson-80", .page = page, .name = "x"};
    if (print_job_bytes(&job, &bytes, &err)) fail_msg("%s", err.why);
    assert_true(bytes.len < sizeof out->bytes);
    memcpy(out->bytes, bytes.at, bytes.len);
    out->len = bytes.len;
    page_free(page);
    bytes_free(&bytes);
}

static void the_same_words_are_the_same_bytes(void **state)
{
    static struct stream ours, theirs;
    static struct found mine, other;
    make_ours(&ours);
    take_apart(&ours, &mine);
    for (int line = 0; line < 2; line++) {
        read_theirs(line, &theirs);
        take_apart(&theirs, &other);
        assert_int_equal(mine.text_len, other.text_len);
        assert_memory_equal(mine.text, other.text, mine.text_len);
    }
    assert_int_equal(mine.text_len, 8 + 8 + 10 + 4 + 6 + 2 + 4 + 8);
}

static void each_command_is_both_theirs_and_ours_or_has_its_reason(void **state)
{
    static struct stream s;
    static struct found mine, theirs[2];
    make_ours(&s);
    take_apart(&s, &mine);
    for (int line = 0; line < 2; line++) {
        read_theirs(line, &s);
        take_apart(&s, &theirs[line]);
    }
    int wrong = 0;
    for (size_t i = 0; i < COMMANDS; i++) {
        int who = (mine.used[i] ? OURS : 0) | (theirs[0].used[i] || theirs[1].used[i] ? THEIRS : 0);
        if (who != commands[i].who)
            print_error("%02x %02x (%s): sent by %d, the table says %d\n", commands[i].head[0], commands[i].head[1], commands[i].why, who, commands[i].who), wrong++;
    }
    assert_int_equal(wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_words_are_the_same_bytes),
        cmocka_unit_test(each_command_is_both_theirs_and_ours_or_has_its_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
