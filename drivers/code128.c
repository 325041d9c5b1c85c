#include "drivers/code128.h"

#include <stdbool.h>
#include <string.h>

#define START_B 104
#define START_C 105
#define TO_B 100
#define TO_C 99
#define CHECK 103 /* the check symbol is the sum modulo this */
#define PAIRS_MIN 4 /* digits in a row from which set C is shorter */

static const char *const symbols[] = {
    "212222", "222122", "222221", "121223", "121322", "131222", "122213", "122312", "132212", "221213",
    "221312", "231212", "112232", "122132", "122231", "113222", "123122", "123221", "223211", "221132",
    "221231", "213212", "223112", "312131", "311222", "321122", "321221", "312212", "322112", "322211",
    "212123", "212321", "232121", "111323", "131123", "131321", "112313", "132113", "132311", "211313",
    "231113", "231311", "112133", "112331", "132131", "113123", "113321", "133121", "313121", "211331",
    "231131", "213113", "213311", "213131", "311123", "311321", "331121", "312113", "312311", "332111",
    "314111", "221411", "431111", "111224", "111422", "121124", "121421", "141122", "141221", "112214",
    "112412", "122114", "122411", "142112", "142211", "241211", "221114", "413111", "241112", "134111",
    "111242", "121142", "121241", "114212", "124112", "124211", "411212", "421112", "421211", "212141",
    "214121", "412121", "111143", "111341", "131141", "114113", "114311", "411113", "411311", "113141",
    "114131", "311141", "411131", "211412", "211214", "211232",
};
static const char stop[] = "2331112";

static size_t digits_at(const char *text)
{
    size_t n = 0;
    while (text[n] >= '0' && text[n] <= '9') n++;
    return n;
}

/* The values of the symbols with start, without check and stop. */
static int choose(const char *text, int *value)
{
    bool pairs = digits_at(text) >= PAIRS_MIN;
    int n = 0;
    value[n++] = pairs ? START_C : START_B;
    while (*text) {
        size_t digits = digits_at(text);
        if (pairs && digits < 2) {
            value[n++] = TO_B;
            pairs = false;
        } else if (!pairs && digits >= PAIRS_MIN && digits % 2 == 0) {
            value[n++] = TO_C;
            pairs = true;
        }
        value[n++] = pairs ? (text[0] - '0') * 10 + (text[1] - '0') : *text - ' ';
        text += pairs ? 2 : 1;
    }
    return n;
}

int code128_encode(const char *text, uint8_t *widths, size_t size)
{
    int value[2 * CODE128_TEXT_MAX + 2], used = 0;
    size_t len = strlen(text);
    if (!len || len > CODE128_TEXT_MAX || size < CODE128_BARS_MAX) return -1;
    for (size_t i = 0; i < len; i++)
        if (text[i] < ' ' || text[i] > '~') return -1;
    int count = choose(text, value), sum = value[0];
    for (int i = 1; i < count; i++) sum += i * value[i];
    value[count++] = sum % CHECK;
    if ((size_t)count * 6 + 7 > size) return -1;
    for (int i = 0; i < count; i++)
        for (const char *w = symbols[value[i]]; *w; w++) widths[used++] = (uint8_t)(*w - '0');
    for (const char *w = stop; *w; w++) widths[used++] = (uint8_t)(*w - '0');
    return used;
}
