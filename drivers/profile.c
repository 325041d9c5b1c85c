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

/* Chinese 24-pin: 1B 78 01 letter quality, so that steps across are 1/180 inch. The cut sheet
 * or passbook feeder loads and ejects; 1B 19 52 after 0D 0A, else the last line is lost. */
#define ESCP_INIT COMMAND("\x1b@\x1bR\x00\x1bx\x01")
static const struct dialect escp = {
    .name = "ESC/P", .backend = &backend_escp, .init = ESCP_INIT,
    .hanzi_on = COMMAND("\x1c&"), .hanzi_off = COMMAND("\x1c."),
};
static const struct dialect escp2 = {
    .name = "ESC/P2", .backend = &backend_escp, .init = ESCP_INIT,
    .hanzi_on = COMMAND("\x1c&"), .hanzi_off = COMMAND("\x1c."), .long_moves = true,
};
static const struct dialect escp2_feeder = {
    .name = "ESC/P2 with a feeder", .backend = &backend_escp, .init = ESCP_INIT,
    .hanzi_on = COMMAND("\x1c&"), .hanzi_off = COMMAND("\x1c."), .long_moves = true, .inserted = true,
    .load = COMMAND("\x1b\x19\x31"), .eject = COMMAND("\x1b\x19R"),
};
/* ESC S 5: the front stand, where passbooks are put in. */
static const struct dialect pr2 = {
    .name = "Olivetti PR2", .backend = &backend_pr2, .init = COMMAND("\x1b" "0\x1bl\x1bS5"),
    .inserted = true, .eject = COMMAND("\x1bO"), .clear = COMMAND("\x1b" "0\x1bl"), .asks = ASKS_PR2,
};
static const struct dialect ppds = {
    .name = "IBM PPDS", .backend = &backend_ppds, .init = COMMAND("\x18\x1b" "F\x1b-\x00"),
    .hanzi_on = COMMAND("\x1c&"), .hanzi_off = COMMAND("\x1c."),
    .inserted = true,
};
static const struct dialect document = { .name = "documents (PDF)", .backend = &backend_picture };

/* --- models -------------------------------------------------------------------- */

/* 10 04 1: offline · 2: cover open, stopped at paper end, error · 3: errors · 4: paper end */
#define ESCPOS_BAD { 0x08, 0x64, 0x6c, 0x60 }

/* One cell of font A is 12 dots, a Hanzi 24 by 24. At 180 dpi they would be 42 columns: drawn
 * instead, in the cells of 203. */
#define ROLL_203(dots, left) \
    .x_dpi = 203, .y_dpi = 203, .cell_um = 1501, .row_um = 3750, .glyph_h_mm100 = 300, \
    .cpi10 = { 169 }, .width_mm100 = ((dots) * 2540 + 202) / 203, .left_mm100 = (left), \
    .style = PAGE_BOLD | PAGE_UNDER | PAGE_WIDE | PAGE_HIGH, .can = PAGE_CAN_ALL
#define ROLL_180(dots, left) \
    .x_dpi = 180, .y_dpi = 180, .cell_um = 1501, .row_um = 3750, .glyph_h_mm100 = 300, \
    .cpi10 = { 169 }, .width_mm100 = ((dots) * 2540 + 179) / 180, .left_mm100 = (left), \
    .style = PAGE_BOLD | PAGE_UNDER | PAGE_WIDE | PAGE_HIGH, .can = PAGE_CAN_ALL

/* 24 pins: 180 dpi both ways, a character cell 24 dots high. The first column is where the
 * tractor or the paper guide puts it: 0 on wide printers, just right of the holes on those of
 * 80 columns, and the rest is the technician's offset. */
#define PINS_24(width) \
    .x_dpi = 180, .y_dpi = 180, .cell_um = 2540, .row_um = 4233, .glyph_h_mm100 = 339, \
    .cpi10 = { 100, 120, 150 }, .width_mm100 = (width), \
    .style = PAGE_BOLD | PAGE_UNDER | PAGE_ITALIC | PAGE_WIDE | PAGE_HIGH, .can = PAGE_CAN_ALL
/* Text only, in steps of 1/120 inch across. */
#define TEXT_ONLY(width, vertical) \
    .x_dpi = 120, .y_dpi = (vertical), .cell_um = 2540, .row_um = 4233, .glyph_h_mm100 = 339, \
    .cpi10 = { 100, 120 }, .width_mm100 = (width)
#define FLAT_BED .top_mm100 = 420 /* first line that a passbook printer reaches */

/* In the order in which lists show them. */
enum {
    ROW_EPSON80, ROW_EPSON80_180, ROW_XP80, ROW_GP80, ROW_POS80, ROW_EPSON58, ROW_POS58, ROW_SPRT58,
    ROW_LQ1600K3, ROW_LQ630K, ROW_LQ1600K, ROW_LQ_CLASS, ROW_PLQ20, ROW_PLQ20_PR2, ROW_PR2, ROW_PR2PLUS, ROW_PR9, ROW_PPDS,
    ROW_DOCUMENT,
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
        .device = { .name = "epson-80", FONT_OF(ROW_EPSON80), ROLL_203(576, 396) },
    },
    [ROW_EPSON80_180] = {
        .name = "epson-80-180", .title = "Epson TM-T88/T90 class, 80 mm, 180 dpi; text drawn as pictures",
        .dialect = &escpos, .ids = "TM-T88|TM-T90|TM-T70",
        .repertoire = REPERTOIRE_GB18030, .answers = ANSWERS_PROCESS_ID, .raster = RASTER_ROWS,
        .drawn = true, .cutter = true, .drawer = true, .native_qr = true, .move_dpi = 360, .columns = 48,
        .bad = ESCPOS_BAD, .print_ms = 15000,
        .device = { .name = "epson-80-180", FONT_OF(ROW_EPSON80_180), ROLL_180(512, 388) },
    },
    [ROW_XP80] = {
        .name = "xprinter-80", .title = "Xprinter XP-N160/XP-80 class, 80 mm, cutter",
        .dialect = &escpos_plain, .ids = "XP-80|XP-N160|XP-Q|XPRINTER|POS80",
        .repertoire = REPERTOIRE_GB18030, .answers = ANSWERS_PAPER, .raster = RASTER_ROWS,
        .cutter = true, .drawer = true, .move_dpi = 203, .columns = 48,
        .bad = ESCPOS_BAD, .print_ms = 15000,
        .device = { .name = "xprinter-80", FONT_OF(ROW_XP80), ROLL_203(576, 396) },
    },
    [ROW_GP80] = {
        .name = "gprinter-80", .title = "Gainscha GP-L80/GP-U80 class, 80 mm, cutter",
        .dialect = &escpos_plain, .ids = "GP-L80|GP-U80|GP-80|GAINSCHA|GPRINTER",
        .repertoire = REPERTOIRE_GB18030, .answers = ANSWERS_PAPER, .raster = RASTER_ROWS,
        .cutter = true, .drawer = true, .move_dpi = 203, .columns = 48,
        .bad = ESCPOS_BAD, .print_ms = 15000,
        .device = { .name = "gprinter-80", FONT_OF(ROW_GP80), ROLL_203(576, 396) },
    },
    [ROW_POS80] = {
        .name = "escpos-80", .title = "Any 80 mm ESC/POS printer, GBK, answers nothing",
        .dialect = &escpos_plain, .ids = "CMD:ESC/POS|CMD:ESCPOS",
        .repertoire = REPERTOIRE_GBK, .answers = ANSWERS_NO, .raster = RASTER_ROWS,
        .cutter = true, .drawer = true, .move_dpi = 203, .columns = 48,
        .bad = ESCPOS_BAD, .print_ms = 15000,
        .device = { .name = "escpos-80", FONT_OF(ROW_POS80), ROLL_203(576, 396) },
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
        .device = { .name = "escpos-58", FONT_OF(ROW_POS58), ROLL_203(384, 497) },
    },
    [ROW_SPRT58] = {
        .name = "sprt-58", .title = "SPRT SP-POS58/SP-POS88 class, 58 mm, GB2312 only",
        .dialect = &escpos_plain, .ids = "SP-POS58|SPRT",
        .repertoire = REPERTOIRE_GB2312, .answers = ANSWERS_PAPER, .raster = RASTER_ROWS,
        .drawer = true, .move_dpi = 203, .columns = 32, .feed_end_mm10 = 120,
        .bad = ESCPOS_BAD, .print_ms = 20000,
        .device = { .name = "sprt-58", FONT_OF(ROW_SPRT58), ROLL_203(384, 497) },
    },
    [ROW_LQ1600K3] = {
        .name = "epson-lq1600k3", .title = "Epson LQ-1600KIIIH/LQ-1900KIIH class, 24 pins, wide, ESC/P2",
        .dialect = &escp2, .ids = "LQ-1600KIII|LQ-1900K|LQ-1600K4|LQ-2680K",
        .repertoire = REPERTOIRE_GB18030, .raster = RASTER_24PIN, .move_dpi = 180, .columns = 136,
        .device = { .name = "epson-lq1600k3", FONT_OF(ROW_LQ1600K3), PINS_24(34544) },
    },
    [ROW_LQ630K] = {
        .name = "epson-lq630k", .title = "Epson LQ-630K/635K/730K/735K class, 24 pins, 80 columns, ESC/P2",
        .dialect = &escp2, .ids = "LQ-630K|LQ-635K|LQ-730K|LQ-735K|LQ-610K|LQ-615K",
        .repertoire = REPERTOIRE_GB18030, .raster = RASTER_24PIN, .move_dpi = 180, .columns = 80,
        .device = { .name = "epson-lq630k", FONT_OF(ROW_LQ630K), PINS_24(20320), .left_mm100 = 1270 },
    },
    [ROW_LQ1600K] = {
        .name = "epson-lq1600k", .title = "Epson LQ-1600K/1600KII, 24 pins, wide, plain ESC/P",
        .dialect = &escp, .ids = "LQ-1600K",
        .repertoire = REPERTOIRE_GB2312, .raster = RASTER_24PIN, .move_dpi = 180, .columns = 136,
        .device = { .name = "epson-lq1600k", FONT_OF(ROW_LQ1600K), PINS_24(34544) },
    },
    [ROW_LQ_CLASS] = {
        .name = "lq-class", .title = "Any 24-pin printer that follows the LQ-1600K (Jolimark, Dascom, STAR), plain ESC/P",
        .dialect = &escp, .ids = "JOLIMARK|DASCOM|FP-630|FP-538|DS-300|DS-1|NX-650|CMD:ESCPL2|CMD:ESC/P",
        .repertoire = REPERTOIRE_GBK, .raster = RASTER_24PIN, .move_dpi = 180, .columns = 80,
        .device = { .name = "lq-class", FONT_OF(ROW_LQ_CLASS), PINS_24(20320), .left_mm100 = 1270 },
    },
    [ROW_PLQ20] = {
        .name = "epson-plq20", .title = "Epson PLQ-20K/PLQ-30K in ESC/P2, passbooks and forms put in flat",
        .dialect = &escp2_feeder, .ids = "PLQ-20|PLQ-30|PLQ-22|PLQ-35",
        .repertoire = REPERTOIRE_GB18030, .raster = RASTER_24PIN, .move_dpi = 180, .columns = 94,
        .device = { .name = "epson-plq20", FONT_OF(ROW_PLQ20), PINS_24(23876), FLAT_BED },
    },
    [ROW_PLQ20_PR2] = {
        .name = "epson-plq20-pr2", .title = "Epson PLQ-20K/PLQ-30K set to Olivetti PR2",
        .dialect = &pr2, .ids = NULL,
        .repertoire = REPERTOIRE_GBK, .move_dpi = 240, .columns = 94,
        .device = { .name = "epson-plq20-pr2", FONT_OF(ROW_PLQ20_PR2), TEXT_ONLY(23876, 240), FLAT_BED,
                    .style = PAGE_BOLD },
    },
    [ROW_PR2] = {
        .name = "olivetti-pr2", .title = "Olivetti PR2/PR2E, passbooks",
        .dialect = &pr2, .ids = "PR2|PR 2",
        .repertoire = REPERTOIRE_GB2312, .move_dpi = 240, .columns = 94,
        .device = { .name = "olivetti-pr2", FONT_OF(ROW_PR2), TEXT_ONLY(23876, 240), FLAT_BED,
                    .style = PAGE_BOLD },
    },
    [ROW_PR2PLUS] = {
        .name = "olivetti-pr2plus", .title = "Olivetti PR2 plus, passbooks",
        .dialect = &pr2, .ids = "PR2 PLUS|PR2PLUS",
        .repertoire = REPERTOIRE_GBK, .move_dpi = 240, .columns = 94,
        .device = { .name = "olivetti-pr2plus", FONT_OF(ROW_PR2PLUS), TEXT_ONLY(23876, 240), FLAT_BED,
                    .style = PAGE_BOLD },
    },
    [ROW_PR9] = {
        .name = "pr9-class", .title = "PR9 class (Nantian PR9, Dascom), passbooks, in PR2 mode",
        .dialect = &pr2, .ids = "PR9|PR-9|NANTIAN",
        .repertoire = REPERTOIRE_GBK, .move_dpi = 216, .columns = 94,
        .device = { .name = "pr9-class", FONT_OF(ROW_PR9), TEXT_ONLY(23876, 216), FLAT_BED,
                    .style = PAGE_BOLD },
    },
    [ROW_PPDS] = {
        .name = "ibm-ppds", .title = "Passbook and document printers in IBM PPDS mode",
        .dialect = &ppds, .ids = "CMD:PRPXL|CMD:PPDS|CMD:IBM",
        .repertoire = REPERTOIRE_GBK, .move_dpi = 180, .columns = 80,
        .device = { .name = "ibm-ppds", FONT_OF(ROW_PPDS), TEXT_ONLY(20320, 180), FLAT_BED,
                    .style = PAGE_BOLD | PAGE_UNDER },
    },
    [ROW_DOCUMENT] = {
        .name = "document", .title = "Any printer by CUPS, sheets as PDF (A4, A5)",
        .dialect = &document, .repertoire = REPERTOIRE_GB18030,
        .device = { .name = "document" },
    },
};

/* --- look-ups ------------------------------------------------------------------- */

/* For the page: in the font, as a picture, or not at all. */
static enum page_glyph row_glyph(const void *ctx, uint32_t cp)
{
    const struct profile *p = ctx;
    uint8_t code[2];
    if (!p->drawn && repertoire_encode(p->repertoire, cp, code)) return PAGE_GLYPH_FONT;
    return p->raster != RASTER_NO && picture_has(cp) ? PAGE_GLYPH_RASTER : PAGE_GLYPH_NONE;
}

const struct profile *profile_at(size_t i) { return i < ROWS ? &table[i] : NULL; }

const struct page_device *profile_device(const struct profile *profile)
{
    return profile->dialect == &document ? picture_device() : &profile->device;
}

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
