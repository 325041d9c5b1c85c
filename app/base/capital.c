#include "base/capital.h"

#include <stdbool.h>
#include <string.h>

#include "base/money.h"

static const char *const digit_name[] = { "零", "壹", "贰", "叁", "肆", "伍", "陆", "柒", "捌", "玖" };
static const char *const place_name[] = { "", "拾", "佰", "仟" };
static const char *const group_name[] = { "", "万", "亿" };

struct writer {
    char *buf;
    size_t size, used;
    bool full;
};

static void put(struct writer *w, const char *text)
{
    size_t len = strlen(text);
    if (w->full || w->used + len + 1 > w->size) {
        w->full = true;
        return;
    }
    memcpy(w->buf + w->used, text, len + 1);
    w->used += len;
}

/* Whole yuan. A zero is only remembered, and written once before the next
 * digit that is not zero, so that a run of zeros gives one 零 and zeros at the
 * end give none. */
static void put_yuan(struct writer *w, int64_t yuan)
{
    static const int64_t group_unit[] = { 1, 10000, 100000000 };
    static const int place_unit[] = { 1, 10, 100, 1000 };
    bool begun = false, zero = false;
    for (int group = 2; group >= 0; group--) {
        int four = (int)(yuan / group_unit[group] % 10000);
        for (int place = 3; place >= 0; place--) {
            int digit = four / place_unit[place] % 10;
            if (digit == 0) {
                zero = begun;
                continue;
            }
            if (zero) put(w, digit_name[0]);
            put(w, digit_name[digit]);
            put(w, place_name[place]);
            begun = true;
            zero = false;
        }
        if (four) put(w, group_name[group]);
    }
    if (begun) put(w, "元");
}

static void put_cents(struct writer *w, int64_t yuan, int jiao, int fen)
{
    if (jiao) {
        put(w, digit_name[jiao]);
        put(w, "角");
    } else if (fen && yuan) {
        put(w, digit_name[0]);
    }
    if (fen) {
        put(w, digit_name[fen]);
        put(w, "分");
    }
}

const char *capital_amount(int64_t fen, char *buf, size_t size)
{
    if (size == 0 || fen > MONEY_MAX_FEN || fen < -MONEY_MAX_FEN) return NULL;
    struct writer w = { .buf = buf, .size = size };
    int64_t all = fen < 0 ? -fen : fen, yuan = all / 100;
    buf[0] = '\0';
    if (fen < 0) put(&w, "负");
    if (all == 0) put(&w, "零元");
    put_yuan(&w, yuan);
    put_cents(&w, yuan, (int)(all / 10 % 10), (int)(all % 10));
    if (all % 100 == 0) put(&w, "整");
    return w.full ? NULL : buf;
}
