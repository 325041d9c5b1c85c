/* Which passwords are too weak: short, of a few characters, a run of keys, the
 * number itself, or one that everybody tries. */
#include <stdbool.h>
#include <string.h>

#include "base/secret.h"
#include "base/text.h"

#define LEAST_CHARACTERS 12
#define MOST_BYTES 128
#define LEAST_DIFFERENT 5
#define LONGEST_RUN 6 /* keys that follow one another, or the alphabet */

/* What is tried first, as parts: a password that is little more than one of them is refused. */
static const char *const tried_first[] = {
    "password", "passw0rd", "p@ssword", "p@ssw0rd", "letmein", "welcome", "administrator", "admin", "iloveyou",
    "changeme", "qwerty", "asdfgh", "zxcvbn", "1qaz2wsx", "1q2w3e4r", "monkey", "dragon", "football", "baseball",
    "sunshine", "princess", "superman", "trustno1", "woaini", "5201314", "1314520", "147258369", "gridteller",
    "teller", "supervisor", "electric", "dianfei", "yinhang", "zhongguo", "mima", "guanliyuan", "abc123",
};
static const char *const runs[] = {
    "01234567890", "abcdefghijklmnopqrstuvwxyz", "qwertyuiop", "asdfghjkl", "zxcvbnm", "1qaz2wsx3edc4rfv5tgb6yhn",
};

static int weak(struct error *err, const char *why)
{
    return error_all(err, "this password is too weak", NULL, why, "a sentence of your own is long and easy to keep");
}

static void lower(char *text)
{
    for (; *text; text++)
        if (*text >= 'A' && *text <= 'Z')
            *text = (char)(*text - 'A' + 'a');
}

static int different(const char *text)
{
    bool seen[256] = {false};
    int count = 0;
    for (; *text; text++)
        if (!seen[(unsigned char)*text]) {
            seen[(unsigned char)*text] = true;
            count++;
        }
    return count;
}

/* LONGEST_RUN characters of a run, forward or backward, anywhere. */
static bool has_run(const char *text)
{
    size_t len = strlen(text);
    for (size_t at = 0; at + LONGEST_RUN <= len; at++) {
        char piece[LONGEST_RUN + 1], back[LONGEST_RUN + 1];
        for (size_t i = 0; i < LONGEST_RUN; i++) {
            piece[i] = text[at + i];
            back[i] = text[at + LONGEST_RUN - 1 - i];
        }
        piece[LONGEST_RUN] = back[LONGEST_RUN] = '\0';
        for (size_t i = 0; i < sizeof runs / sizeof *runs; i++)
            if (strstr(runs[i], piece) || strstr(runs[i], back))
                return true;
    }
    return false;
}

/* The text is one piece over and over ("abcabcabcabc"). */
static bool repeats(const char *text)
{
    size_t len = strlen(text);
    for (size_t period = 1; period <= len / 2; period++)
        if (strncmp(text, text + period, len - period) == 0)
            return true;
    return false;
}

int secret_password_rule(const char *number, const char *password, struct error *err)
{
    char text[MOST_BYTES + 1];
    int r = 0;
    size_t len = strlen(password);
    if (len > MOST_BYTES || !utf8_valid(password, len))
        return weak(err, "it is longer than 128 bytes, or no text");
    memcpy(text, password, len + 1);
    lower(text);
    if (utf8_count(text) < LEAST_CHARACTERS)
        r = weak(err, "it has fewer than 12 characters");
    else if (different(text) < LEAST_DIFFERENT || repeats(text))
        r = weak(err, "it is a few characters over and over");
    else if (has_run(text))
        r = weak(err, "keys follow one another in it");
    else if (number[0] && strlen(number) >= 3 && strstr(text, number))
        r = weak(err, "the operator's number stands in it");
    for (size_t i = 0; r == 0 && i < sizeof tried_first / sizeof *tried_first; i++)
        if (strstr(text, tried_first[i]) && len < strlen(tried_first[i]) + LEAST_CHARACTERS / 2 + 2)
            r = weak(err, "it is little more than a word that everybody tries first");
    secret_wipe(text, sizeof text);
    return r;
}
