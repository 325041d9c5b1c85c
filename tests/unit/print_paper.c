/* Every shipped template on paper, in both languages, with ordinary, the longest and the
 * rarest data, read back by others: where each text stands in the PDF (pdftotext), that all
 * of it is there, what each code says (zbarimg). Places are those of the template's own
 * numbers, counted here again, within half a millimetre. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "drivers/picture.h"
#include "lib/shipped.h"

#define TOLERANCE_MM 0.5
#define WORDS_MAX 16000
#define PAGES_MAX 40

static char folder[] = "/tmp/gridteller-paper-XXXXXX";
static const int languages[] = {LANGUAGE_CHINESE, LANGUAGE_ENGLISH};

/* --- read back ------------------------------------------------------------------------ */

struct word { int page; double x, y, right, bottom; char text[240]; };
static struct word word[WORDS_MAX];

static void unescape(char *text)
{
    static const struct { const char *code; char sign; } codes[] = {{"&apos;", '\''}, {"&quot;", '"'}, {"&amp;", '&'}, {"&#39;", '\''}, {"&lt;", '<'}, {"&gt;", '>'}};
    char *to = text;
    for (const char *from = text; *from;) {
        size_t i = 0, count = sizeof codes / sizeof *codes;
        while (i < count && strncmp(from, codes[i].code, strlen(codes[i].code)) != 0) i++;
        *to++ = i < count ? codes[i].sign : *from;
        from += i < count ? strlen(codes[i].code) : 1;
    }
    *to = '\0';
}

/* The words of a PDF as pdftotext sees them, with their boxes in millimetres. */
static int read_words(const char *pdf)
{
    char command[400], line[2000];
    int count = 0, page = -1;
    snprintf(command, sizeof command, "pdftotext -bbox %s -", pdf);
    FILE *in = popen(command, "r");
    assert_non_null(in);
    while (fgets(line, sizeof line, in)) {
        struct word *w = &word[count];
        if (strstr(line, "<page ")) page++;
        if (sscanf(line, " <word xMin=\"%lf\" yMin=\"%lf\" xMax=\"%lf\" yMax=\"%lf\">%239[^<]", &w->x, &w->y, &w->right, &w->bottom, w->text) != 5) continue;
        double *side[] = {&w->x, &w->y, &w->right, &w->bottom};
        for (int i = 0; i < 4; i++) *side[i] *= 25.4 / 72;
        w->page = page;
        unescape(w->text);
        assert_true(++count < WORDS_MAX);
    }
    pclose(in);
    return count;
}

static bool in_row(const struct page_item *item, const struct word *w)
{
    double top = item->y_mm100 / 100.0, height = item->h_mm100 / 100.0, middle = (w->y + w->bottom) / 2;
    return fabs(middle - (top + height / 2)) < height * 0.45;
}

/* --- all of it is there ------------------------------------------------------------------ */

static int by_place(const void *a, const void *b)
{
    const struct word *const *x = a, *const *y = b;
    return ((*x)->x > (*y)->x) - ((*x)->x < (*y)->x);
}

static void add_solid(char *to, size_t size, const char *text)
{
    size_t n = strlen(to);
    for (; *text && n + 1 < size; text++)
        if (*text != ' ') to[n++] = *text;
    to[n] = '\0';
}

/* pdftotext joins neighbours and parts what is spaced out: the row from end to end, without blanks. */
static bool is_said(const struct page_item *item, int page, int count)
{
    static const struct word *row[WORDS_MAX];
    static char said[8192], wanted[8192];
    double from = item->x_mm100 / 100.0 - TOLERANCE_MM, to = (item->x_mm100 + item->w_mm100) / 100.0 + TOLERANCE_MM;
    int n = 0;
    for (int i = 0; i < count; i++)
        if (word[i].page == page && in_row(item, &word[i]) && word[i].right > from && word[i].x < to) row[n++] = &word[i];
    qsort(row, (size_t)n, sizeof *row, by_place);
    said[0] = wanted[0] = '\0';
    for (int i = 0; i < n; i++) add_solid(said, sizeof said, row[i]->text);
    add_solid(wanted, sizeof wanted, item->text);
    return strstr(said, wanted) != NULL;
}

/* --- where -------------------------------------------------------------------------------- */

/* A run's first character stands where the page says, when it begins a word there. A character
 * of a cell stands in the middle of it. */
static bool stands(const struct page_item *item, int page, int count)
{
    char first[240];
    snprintf(first, sizeof first, "%.*s", (int)strcspn(item->text, " "), item->text);
    double inset = item->cell_um ? (item->cell_um * (page_cells_of((unsigned char)first[0]) == 1 ? 1 : 2) / 10 - item->h_mm100 * 0.5) / 200.0 : 0;
    for (int i = 0; i < count; i++) {
        double off = word[i].x - item->x_mm100 / 100.0;
        bool same = !strncmp(word[i].text, first, strlen(word[i].text)) || !strncmp(first, word[i].text, strlen(first));
        if (word[i].page == page && same && in_row(item, &word[i]) && off > -TOLERANCE_MM && off < TOLERANCE_MM + fabs(inset)) return true;
    }
    return false;
}

/* Not one that another run touches on the left: that is in the middle of a word. */
static bool begins_word(const struct page *page, const struct page_item *item)
{
    if (item->text[0] == ' ' || strchr("-+_<>&\"'", item->text[0])) return false;
    for (int i = 0; i < page->item_count; i++) {
        const struct page_item *other = &page->item[i];
        int gap = item->x_mm100 - (other->x_mm100 + other->w_mm100);
        if (other != item && other->kind == PAGE_TEXT && abs(other->y_mm100 - item->y_mm100) < 250 && gap > -100 && gap < 400) return false;
    }
    return true;
}

static const struct template_field *field_of(const struct template_form *form, const char *name)
{
    for (int i = 0; i < form->field_count; i++)
        if (strcmp(form->field[i].name, name) == 0) return &form->field[i];
    return NULL;
}

/* Millimetres of the template's units, counted anew: MM and INCH from the paper's corner. */
static double mm_of(const struct template_form *form, int units, int parts)
{
    return units * (form->unit.base == PAGE_UNIT_MM ? 1.0 : 25.4) / parts;
}

/* The text lies in its field's box, against the side that the template says; false: it grows
 * or follows, and has no place of its own. */
static bool lies_in_its_field(const struct template_form *form, const struct page_item *item)
{
    const struct template_field *f = field_of(form, item->field);
    if (!f || form->unit.base == PAGE_UNIT_ROWCOLUMN || f->follows || f->next >= 0) return false;
    double x = mm_of(form, f->position[0], form->unit.x_parts), w = mm_of(form, f->size[0], form->unit.x_parts);
    double y = mm_of(form, f->position[1], form->unit.y_parts), h = mm_of(form, f->size[1], form->unit.y_parts);
    double left = item->x_mm100 / 100.0, wide = item->w_mm100 / 100.0, middle = (item->y_mm100 + item->h_mm100 / 2.0) / 100;
    double at = f->horizontal == HORIZONTAL_RIGHT ? x + w - wide : f->horizontal == HORIZONTAL_CENTER ? x + (w - wide) / 2 : x;
    for (int i = 0; i < (f->index[0] ? f->index[0] : 1); i++) {
        double dx = mm_of(form, f->index[1] * i, form->unit.x_parts), dy = mm_of(form, f->index[2] * i, form->unit.y_parts);
        if (fabs(left - at - dx) < TOLERANCE_MM && middle > y + dy - TOLERANCE_MM && middle < y + dy + h + TOLERANCE_MM) return true;
    }
    fail_msg("%s: \"%s\" of %s stands at %.2f, %.2f, its field at %.2f, %.2f", form->name, item->text, item->field, left, middle, at, y);
    return true;
}

/* --- each template -------------------------------------------------------------------------- */

static struct { int said, stood, placed; } seen;

static void check_page(const struct template_form *form, const char *sample, const struct page *page, int at, int count)
{
    for (int i = 0; i < page->item_count; i++) {
        const struct page_item *item = &page->item[i];
        if (item->kind != PAGE_TEXT || item->text[strspn(item->text, " ")] == '\0') continue;
        if (!is_said(item, at, count)) fail_msg("%s with %s: \"%s\" is not on page %d of the PDF", form->name, sample, item->text, at + 1);
        seen.said++;
        if (begins_word(page, item)) {
            if (!stands(item, at, count)) fail_msg("%s with %s: \"%s\" is not at %d, %d in the PDF", form->name, sample, item->text, item->x_mm100, item->y_mm100);
            seen.stood++;
        }
        seen.placed += page->media != PAGE_PASSBOOK && lies_in_its_field(form, item);
    }
}

/* All samples of a form into one PDF. */
static void check_form(const struct shipped *of, int language)
{
    struct shipped_pages made[SHIPPED_SAMPLES_MAX];
    const struct page *all[PAGES_MAX];
    const struct template_form *form = shipped_form(of->form, language);
    char pdf[128];
    struct error err = {0};
    size_t pages = 0;
    int at = 0;
    snprintf(pdf, sizeof pdf, "%s/x.pdf", folder);
    for (int s = 0; s < SHIPPED_SAMPLES_MAX && of->samples[s]; s++) {
        made[s] = shipped_make(picture_device(), of->form, of->samples[s], language);
        for (size_t i = 0; i < made[s].count && pages < PAGES_MAX; i++) all[pages++] = made[s].page[i];
    }
    if (picture_pdf(pdf, all, pages, &err)) fail_msg("%s: %s", of->form, err.why);
    int count = read_words(pdf);
    for (int s = 0; s < SHIPPED_SAMPLES_MAX && of->samples[s]; s++) {
        for (size_t i = 0; i < made[s].count; i++, at++) check_page(form, of->samples[s], made[s].page[i], at, count);
        shipped_free(made[s]);
    }
}

static void each_text_of_each_template_stands_in_the_pdf_where_the_template_says(void **state)
{
    for (size_t i = 0; i < shipped_count; i++)
        for (int l = 0; l < 2; l++) check_form(&shipped[i], languages[l]);
    print_message("# %d texts read back, %d of them with their place, %d against the template's numbers\n", seen.said, seen.stood, seen.placed);
    assert_true(seen.said > 8000 && seen.stood > 5000 && seen.placed > 3000);
}

/* --- codes ------------------------------------------------------------------------------------ */

static const struct page_item *code_on(const struct page *page)
{
    for (int i = 0; i < page->item_count; i++)
        if (page->item[i].kind == PAGE_QR || page->item[i].kind == PAGE_BARCODE) return &page->item[i];
    return NULL;
}

static bool read_code(const struct page *page, char *text, size_t size)
{
    char png[128], command[300];
    struct error err = {0};
    snprintf(png, sizeof png, "%s/x.png", folder);
    snprintf(command, sizeof command, "zbarimg -q --raw %s 2>/dev/null", png);
    if (picture_png(png, page, page->media == PAGE_ROLL ? 203 : 120, &err)) fail_msg("%s", err.why);
    FILE *in = popen(command, "r");
    assert_non_null(in);
    bool found = fgets(text, (int)size, in) != NULL;
    pclose(in);
    if (found) text[strcspn(text, "\n")] = '\0';
    return found;
}

static void each_code_is_read_and_holds_what_it_should(void **state)
{
    char text[400];
    int codes = 0;
    for (size_t i = 0; i < shipped_count; i++)
        for (int l = 0; l < 2; l++) {
            struct shipped_pages made = shipped_make(picture_device(), shipped[i].form, shipped[i].samples[0], languages[l]);
            const struct page_item *code = code_on(made.page[0]);
            bool payment = strncmp(shipped[i].form, "receipt", 7) == 0 || strncmp(shipped[i].form, "invoice", 7) == 0 || strncmp(shipped[i].form, "prepay", 6) == 0;
            if (payment && !code) fail_msg("%s has no code", shipped[i].form);
            if (code && (!read_code(made.page[0], text, sizeof text) || strcmp(text, code->text) != 0)) fail_msg("%s: its code is read as \"%s\"", shipped[i].form, text);
            if (payment) assert_string_equal(text, "102/0311-0007/010000000417");
            codes += code != NULL;
            shipped_free(made);
        }
    assert_true(codes >= 18);
}

static int open_set(void **state)
{
    shipped_open();
    return mkdtemp(folder) ? 0 : -1;
}

static int close_set(void **state)
{
    char command[128];
    shipped_close();
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_text_of_each_template_stands_in_the_pdf_where_the_template_says),
        cmocka_unit_test(each_code_is_read_and_holds_what_it_should),
    };
    return cmocka_run_group_tests(tests, open_set, close_set);
}
