/* The table of printers: each row whole, each font's characters what they are, each id known again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "drivers/backend.h"
#include "drivers/profile.h"

static size_t code(enum repertoire r, uint32_t cp, unsigned *value)
{
    uint8_t b[2] = { 0 };
    size_t n = repertoire_encode(r, cp, b);
    *value = n == 2 ? b[0] << 8 | b[1] : b[0];
    return n;
}

/* 镕 喆 犇: in a customer's name, two bytes, and not in GB2312. */
static void rare_names_are_in_gbk_and_not_in_gb2312(void **state)
{
    static const uint32_t name[] = { 0x9555 /* 镕 */, 0x5586 /* 喆 */, 0x7287 /* 犇 */ };
    static const unsigned bytes[] = { 0xe946, 0x86b4, 0xa0c4 };
    for (int i = 0; i < 3; i++) {
        unsigned value;
        assert_int_equal(code(REPERTOIRE_GB2312, name[i], &value), 0);
        assert_int_equal(code(REPERTOIRE_GBK, name[i], &value), 2);
        assert_int_equal(value, bytes[i]);
        assert_int_equal(code(REPERTOIRE_GB18030, name[i], &value), 2);
    }
}

static void what_has_four_bytes_is_in_no_font(void **state)
{
    static const uint32_t four[] = { 0xb2 /* ² */, 0x2022 /* • */, 0x2713 /* ✓ */, 0xa3 /* £ */, 0xa5 /* ¥ */,
                                     0x3ebf /* 㺿 */, 0x20bb7 /* 𠮷 */, 0xe000 };
    unsigned value;
    for (size_t i = 0; i < sizeof four / sizeof four[0]; i++)
        assert_int_equal(code(REPERTOIRE_GB18030, four[i], &value), 0);
    assert_int_equal(code(REPERTOIRE_GB2312, 0xffe5 /* ￥ */, &value), 2);
    assert_int_equal(value, 0xa3a4);
    assert_int_equal(code(REPERTOIRE_GB2312, 0x7535 /* 电 */, &value), 2);
    assert_int_equal(value, 0xb5e7);
}

static void no_control_character_is_ever_a_printers_character(void **state)
{
    unsigned value;
    for (uint32_t cp = 0; cp < 0xa0; cp++) {
        bool prints = cp >= 0x20 && cp <= 0x7e;
        assert_int_equal(code(REPERTOIRE_GB18030, cp, &value), prints);
        assert_int_equal(code(REPERTOIRE_NONE, cp, &value), prints);
    }
    assert_int_equal(code(REPERTOIRE_NONE, 0x7535, &value), 0);
}

/* No byte of a character's two is below 40h: none can be a command. */
static void no_character_hides_a_command(void **state)
{
    int count = 0;
    for (uint32_t cp = 0x80; cp <= 0xffff; cp++) {
        uint8_t b[2];
        if (repertoire_encode(REPERTOIRE_GB18030, cp, b) == 0) continue;
        assert_true(b[0] >= 0x81 && b[1] >= 0x40);
        count++;
    }
    assert_in_range(count, 21000, 24000);
}

static void every_row_is_whole(void **state)
{
    size_t n = 0;
    for (const struct profile *p; (p = profile_at(n)) != NULL; n++) {
        assert_ptr_equal(profile_find(p->name), p);
        assert_string_equal(p->device.name, p->name);
        assert_non_null(p->dialect->backend->render);
        assert_false(p->verified); /* no hardware has been seen yet: a row says so when it was */
        if (p->dialect->backend == &backend_picture) continue;
        assert_ptr_equal(p->device.ctx, p);
        assert_true(p->device.cell_um > 0 && p->device.width_mm100 > 0 && p->move_dpi > 0 && p->columns > 0);
        assert_in_range(p->device.width_mm100 * 10 / p->device.cell_um, p->columns, p->columns + 1);
        assert_true(p->answers == ANSWERS_NO || p->dialect->asks != ASKS_NO);
        assert_true(p->answers == ANSWERS_NO || p->print_ms > 0);
    }
    assert_true(n >= 10);
    assert_null(profile_find("no such"));
}

static void a_device_id_suggests_a_row(void **state)
{
    static const struct {
        const char *id, *name;
    } known[] = {
        { "MFG:EPSON;CMD:ESC/POS;MDL:TM-T82II;CLS:PRINTER;", "epson-80" },
        { "MFG:EPSON;CMD:ESC/POS;MDL:TM-T88V;CLS:PRINTER;", "epson-80-180" },
        { "MFG:Xprinter;MDL:XP-N160II", "xprinter-80" },
        { "MFG:POS;CMD:ESC/POS;MDL:Whatever", "escpos-80" },
        { "MFG:EPSON;CMD:ESCPL2,BDC;MDL:LQ-1600KIIIH;CLS:PRINTER;", "epson-lq1600k3" },
        { "MFG:EPSON;CMD:ESCPL2,PRPXL24,BDC;MDL:PLQ-20;CLS:PRINTER;", "epson-plq20" },
        { "MFG:Olivetti;MDL:PR2 plus;CLS:PRINTER;", "olivetti-pr2plus" },
        { "MFG:Olivetti;MDL:PR2E;CLS:PRINTER;", "olivetti-pr2" },
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        const struct profile *p = profile_suggest(known[i].id);
        assert_non_null(p);
        assert_string_equal(p->name, known[i].name);
    }
    assert_null(profile_suggest("MFG:HP;MDL:LaserJet"));
    assert_null(profile_suggest(""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rare_names_are_in_gbk_and_not_in_gb2312),
        cmocka_unit_test(what_has_four_bytes_is_in_no_font),
        cmocka_unit_test(no_control_character_is_ever_a_printers_character),
        cmocka_unit_test(no_character_hides_a_command),
        cmocka_unit_test(every_row_is_whole),
        cmocka_unit_test(a_device_id_suggests_a_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
