/* Sums large enough to be read from a metre away, drawn with # so that they look
 * alike on every terminal. The same sum stands beside them as text. */
#include <string.h>

#include "base/money.h"
#include "counter/counter.h"

#define BIG_ROWS 5
#define BIG_CELLS 6
#define POINT_CELLS 2
#define GAP_WIDE 3
#define GAP_NARROW 1

static const char *const digits[10][BIG_ROWS] = {
    {"######", "##  ##", "##  ##", "##  ##", "######"}, {"  ##  ", "####  ", "  ##  ", "  ##  ", "######"},
    {"######", "    ##", "######", "##    ", "######"}, {"######", "    ##", "######", "    ##", "######"},
    {"##  ##", "##  ##", "######", "    ##", "    ##"}, {"######", "##    ", "######", "    ##", "######"},
    {"######", "##    ", "######", "##  ##", "######"}, {"######", "    ##", "    ##", "    ##", "    ##"},
    {"######", "##  ##", "######", "##  ##", "######"}, {"######", "##  ##", "######", "    ##", "######"},
};
static const char *const point[BIG_ROWS] = {"  ", "  ", "  ", "  ", "##"};

static size_t cells_of(const char *sum, size_t gap)
{
    size_t cells = 0;
    for (const char *p = sum; *p; p++) cells += (*p == '.' ? POINT_CELLS : BIG_CELLS) + gap;
    return cells;
}

void big_money(struct view *view, int64_t fen)
{
    char sum[MONEY_TEXT_SIZE], name[] = "big1";
    int field = form_find(view->form, name);
    if (field < 0) return;
    money_format(fen, sum, sizeof sum);
    size_t width = (size_t)view->form->field[field].width;
    size_t gap = cells_of(sum, GAP_WIDE) <= width + GAP_WIDE ? GAP_WIDE : GAP_NARROW;
    bool fits = cells_of(sum, gap) <= width + gap;
    for (int row = 0; row < BIG_ROWS; row++) {
        char line[VIEW_TEXT_SIZE] = "";
        size_t at = 0;
        for (const char *p = sum; *p && fits; p++) {
            const char *part = *p == '.' ? point[row] : *p >= '0' && *p <= '9' ? digits[*p - '0'][row] : "";
            size_t len = strlen(part);
            memcpy(line + at, part, len);
            memset(line + at + len, ' ', gap);
            at += len + gap;
        }
        line[at] = 0;
        name[3] = (char)('1' + row);
        view_set(view, name, line);
    }
}

void big_nothing(struct view *view)
{
    static const char *const rows[] = {"big1", "big2", "big3", "big4", "big5"};
    for (int i = 0; i < BIG_ROWS; i++) view_set(view, rows[i], "");
}
