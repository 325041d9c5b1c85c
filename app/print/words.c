#include "print/words.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/money.h"

static const char *const ones[] = {
    "", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten", "Eleven", "Twelve",
    "Thirteen", "Fourteen", "Fifteen", "Sixteen", "Seventeen", "Eighteen", "Nineteen"};
static const char *const tens[] = {"", "", "Twenty", "Thirty", "Forty", "Fifty", "Sixty", "Seventy", "Eighty", "Ninety"};

static void say(char *buf, size_t size, const char *word)
{
    size_t used = strlen(buf);
    int n = snprintf(buf + used, size - used, "%s%s", used ? " " : "", word);
    assert(n >= 0 && (size_t)n < size - used);
}

/* 1 to 999 */
static void say_group(char *buf, size_t size, int number)
{
    char word[32];
    if (number >= 100) {
        say(buf, size, ones[number / 100]);
        say(buf, size, "Hundred");
    }
    number %= 100;
    if (number >= 20) {
        snprintf(word, sizeof word, "%s%s%s", tens[number / 10], number % 10 ? "-" : "", ones[number % 10]);
        say(buf, size, word);
    } else if (number) {
        say(buf, size, ones[number]);
    }
}

const char *words_amount(int64_t fen, char *buf, size_t size)
{
    static const struct { int64_t worth; const char *name; } group[] = {
        {INT64_C(1000000000), "Billion"}, {1000000, "Million"}, {1000, "Thousand"}, {1, NULL}};
    char word[32];
    assert(size >= WORDS_TEXT_SIZE && fen <= MONEY_MAX_FEN && fen >= -MONEY_MAX_FEN);
    *buf = '\0';
    if (fen < 0) say(buf, size, "Minus");
    if (fen < 0) fen = -fen;
    int64_t yuan = fen / 100;
    if (!yuan) say(buf, size, "Zero");
    for (size_t i = 0; i < sizeof group / sizeof group[0]; i++) {
        int number = (int)(yuan / group[i].worth % 1000);
        if (!number) continue;
        say_group(buf, size, number);
        if (group[i].name) say(buf, size, group[i].name);
    }
    say(buf, size, "Yuan");
    if (fen % 100)
        snprintf(word, sizeof word, "%d Fen", (int)(fen % 100));
    else
        snprintf(word, sizeof word, "Only");
    say(buf, size, word);
    return buf;
}
