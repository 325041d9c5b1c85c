#include "drivers/profile.h"

#include <string.h>

#include "drivers/backend.h"
#include "drivers/picture.h"

/* --- families ------------------------------------------------------------------ */

/* 1B 52 00: a 24h stays $ and a 5Ch stays \, whatever country the switches say. */
static const struct dialect escpos = {
    .name = "ESC/POS", .backend = &backend_escpos,
    .init = COMMAND("\x1b@\x1bR\x00"),
    .hanzi_on = COMMAND("\x1c&"), .hanzi_off = COMMAND("\x1c."), .hanzi_gaps = COMMAND("\x1cS\x00\x00"),
    .cut = COMMAND("\x1dV\x42\x00"), .drawer = COMMAND("\x1bp\x00\x19\xfa"),
    .clear = COMMAND("\x10\x05\x02"), .image_guard = COMMAND("\x1d(D\x03\x00\x14\x01\x00"),
    .asks = ASKS_ESCPOS,
};
/* Makes that follow it without its newer commands. */
static const struct dialect escpos_plain = {
    .name = "ESC/POS (plain)", .backend = &backend_escpos,
    .init = COMMAND("\x1b@\x1bR\x00"),
    .hanzi_on = COMMAND("\x1c&"), .hanzi_off = COMMAND("\x1c."), .hanzi_gaps = COMMAND("\x1cS\x00\x00"),
    .cut = COMMAND("\x1dV\x42\x00"), .drawer = COMMAND("\x1bp\x00\x19\xfa"),
    .clear = COMMAND("\x10\x05\x02"),
    .asks = ASKS_ESCPOS,
};

/* --- models -------------------------------------------------------------------- */

/* 10 04 1: offline · 2: cover open, stopped at paper end, error · 3: errors · 4: paper end */
#define ESCPOS_BAD { 0x08, 0x64, 0x6c, 0x60 }

/* One cell of font A is 12 dots, a Hanzi 24 by 24. */
#define ROLL_203(dots, left) \
    .x_dpi = 203, .y_dpi = 203, .cell_um = 1501, .row_um = 4233, .glyph_h_mm100 = 300, \
    .cpi10 = { 169 }, .width_mm100 = (dots) * 2540 / 203, .left_mm100 = (left), \
    .style = PAGE_BOLD | PAGE_UNDER | PAGE_WIDE | PAGE_HIGH, .can = PAGE_CAN_ALL
#define ROLL_180(dots, left) \
    .x_dpi = 180, .y_dpi = 180, .cell_um = 1693, .row_um = 4233, .glyph_h_mm100 = 339, \
    .cpi10 = { 150 }, .width_mm100 = (dots) * 2540 / 180, .left_mm100 = (left), \
    .style = PAGE_BOLD | PAGE_UNDER | PAGE_WIDE | PAGE_HIGH, .can = PAGE_CAN_ALL

/* In the order in which lists show them. */
enum {
    ROW_EPSON80, ROW_EPSON80_180, ROW_XP80, ROW_GP80, ROW_POS80, ROW_EPSON58, ROW_POS58, ROW_SPRT58,
    ROWS
};
static const struct profile table[ROWS]; /* its rows point to themselves */
static enum page_glyph row_glyph(const void *ctx, uint32_t cp);
#define FONT_OF(i) .glyph = row_glyph, .ctx = &table[i]


static const struct profile table[ROWS] = {
    [ROW_EPSON80] = {
        .name = "epson-80", .title = "Epson TM-T82/T81 class, 80 mm, 203 dpi, Chinese model",
        .dialect = &escpos, .ids = "TM-T82|TM-T81|TM-T83|TM-T20|TM-m30",
        .repertoire = REPERTOIRE_GB18030, .answers = ANSWERS_PROCESS_ID, .raster = RASTER_ROWS,
        .cutter = true, .drawer = true, .native_qr = true, .move_dpi = 203, .columns = 48,
        .bad = ESCPOS_BAD, .print_ms = 15000,
        .device = { .name = "epson-80", FONT_OF(ROW_EPSON80), ROLL_203(576, 400) },
    },
    [ROW_EPSON80_180] = {
        .name = "epson-80-180", .title = "Epson TM-T88/T90 class, 80 mm, 180 dpi, Chinese model",
        .dialect = &escpos, .ids = "TM-T88|TM-T90|TM-T70",
        .repertoire = REPERTOIRE_GB18030, .answers = ANSWERS_PROCESS_ID, .raster = RASTER_ROWS,
        .cutter = true, .drawer = true, .native_qr = true, .move_dpi = 360, .columns = 42,
        .bad = ESCPOS_BAD, .print_ms = 15000,
        .device = { .name = "epson-80-180", FONT_OF(ROW_EPSON80_180), ROLL_180(512, 390) },
    },
    [ROW_XP80] = {
        .name = "xprinter-80", .title = "Xprinter XP-N160/XP-80 class, 80 mm, cutter",
        .dialect = &escpos_plain, .ids = "XP-80|XP-N160|XP-Q|XPRINTER|POS80",
        .repertoire = REPERTOIRE_GB18030, .answers = ANSWERS_PAPER, .raster = RASTER_ROWS,
        .cutter = true, .drawer = true, .move_dpi = 203, .columns = 48,
        .bad = ESCPOS_BAD, .print_ms = 15000,
        .device = { .name = "xprinter-80", FONT_OF(ROW_XP80), ROLL_203(576, 400) },
    },
    [ROW_GP80] = {
        .name = "gprinter-80", .title = "Gainscha GP-L80/GP-U80 class, 80 mm, cutter",
        .dialect = &escpos_plain, .ids = "GP-L80|GP-U80|GP-80|GAINSCHA|GPRINTER",
        .repertoire = REPERTOIRE_GB18030, .answers = ANSWERS_PAPER, .raster = RASTER_ROWS,
        .cutter = true, .drawer = true, .move_dpi = 203, .columns = 48,
        .bad = ESCPOS_BAD, .print_ms = 15000,
        .device = { .name = "gprinter-80", FONT_OF(ROW_GP80), ROLL_203(576, 400) },
    },
    [ROW_POS80] = {
        .name = "escpos-80", .title = "Any 80 mm ESC/POS printer, GBK, answers nothing",
        .dialect = &escpos_plain, .ids = "CMD:ESC/POS|CMD:ESCPOS",
        .repertoire = REPERTOIRE_GBK, .answers = ANSWERS_NO, .raster = RASTER_ROWS,
        .cutter = true, .drawer = true, .move_dpi = 203, .columns = 48,
        .bad = ESCPOS_BAD, .print_ms = 15000,
        .device = { .name = "escpos-80", FONT_OF(ROW_POS80), ROLL_203(576, 400) },
    },
    [ROW_EPSON58] = {
        .name = "epson-58", .title = "Epson TM-m10/TM-T20 with 58 mm guide, 203 dpi, Chinese model",
        .dialect = &escpos, .ids = "TM-M10",
        .repertoire = REPERTOIRE_GB18030, .answers = ANSWERS_PROCESS_ID, .raster = RASTER_ROWS,
        .cutter = true, .drawer = true, .native_qr = true, .move_dpi = 203, .columns = 35,
        .bad = ESCPOS_BAD, .print_ms = 15000,
        .device = { .name = "epson-58", FONT_OF(ROW_EPSON58), ROLL_203(420, 270) },
    },
    [ROW_POS58] = {
        .name = "escpos-58", .title = "Any 58 mm ESC/POS printer, GBK, tear bar, answers nothing",
        .dialect = &escpos_plain, .ids = "POS58|POS-58|XP-58|ZJ-58|58MM",
        .repertoire = REPERTOIRE_GBK, .answers = ANSWERS_NO, .raster = RASTER_ROWS,
        .drawer = true, .move_dpi = 203, .columns = 32, .feed_end_mm10 = 120,
        .bad = ESCPOS_BAD, .print_ms = 15000,
        .device = { .name = "escpos-58", FONT_OF(ROW_POS58), ROLL_203(384, 500) },
    },
    [ROW_SPRT58] = {
        .name = "sprt-58", .title = "SPRT SP-POS58/SP-POS88 class, 58 mm, GB2312 only",
        .dialect = &escpos_plain, .ids = "SP-POS58|SPRT",
        .repertoire = REPERTOIRE_GB2312, .answers = ANSWERS_PAPER, .raster = RASTER_ROWS,
        .drawer = true, .move_dpi = 203, .columns = 32, .feed_end_mm10 = 120,
        .bad = ESCPOS_BAD, .print_ms = 20000,
        .device = { .name = "sprt-58", FONT_OF(ROW_SPRT58), ROLL_203(384, 500) },
    },
};

/* --- look-ups ------------------------------------------------------------------- */

/* For the page: in the font, as a picture, or not at all. */
static enum page_glyph row_glyph(const void *ctx, uint32_t cp)
{
    const struct profile *p = ctx;
    uint8_t code[2];
    if (repertoire_encode(p->repertoire, cp, code)) return PAGE_GLYPH_FONT;
    return p->raster != RASTER_NO && picture_has(cp) ? PAGE_GLYPH_RASTER : PAGE_GLYPH_NONE;
}

const struct profile *profile_at(size_t i) { return i < ROWS ? &table[i] : NULL; }

const struct profile *profile_find(const char *name)
{
    for (size_t i = 0; i < ROWS; i++)
        if (strcmp(table[i].name, name) == 0) return &table[i];
    return NULL;
}

/* The longest of the row's words that stands in the id, 0 when none does. A command
 * language is what many models share: it counts least. */
static size_t fit(const char *ids, const char *device_id)
{
    size_t best = 0;
    while (ids && *ids) {
        size_t len = strcspn(ids, "|");
        char word[32];
        if (len < sizeof word) {
            memcpy(word, ids, len);
            word[len] = '\0';
            size_t worth = strncmp(word, "CMD:", 4) == 0 ? 1 : len;
            if (worth > best && strcasestr(device_id, word)) best = worth;
        }
        ids += len + (ids[len] == '|');
    }
    return best;
}

const struct profile *profile_suggest(const char *device_id)
{
    const struct profile *best = NULL;
    size_t most = 0;
    for (size_t i = 0; i < ROWS; i++) {
        size_t len = fit(table[i].ids, device_id);
        if (len > most) {
            most = len;
            best = &table[i];
        }
    }
    return best;
}
