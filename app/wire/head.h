/* What the typed messages share: the head, small readers of tags. For app/wire only. */
#ifndef WIRE_HEAD_H
#define WIRE_HEAD_H

#include "wire/payment.h"
#include "wire/tags.h"

/* Writes DE 7 11 12 13 15 32 37 41 42, DE 3 when proc >= 0; money: DE 4 and 49. */
int head_pack(const struct wire_head *h, const char mti[5], bool money, struct iso *m, struct error *err);
/* Reads what is there; the rest is zero, proc -1, business_day DAY_NONE. */
int head_unpack(const struct iso *m, day_t near, struct wire_head *h, struct error *err);
/* Local civil date and time as DE 13 and 12. */
int head_stamp(struct iso *m, int64_t sent_ms, struct error *err);

/* A tag's value of up to `count` parts between '|', copied into text[] and
 * pointed at. False: not exactly that many. */
#define HEAD_SPLIT_SIZE 1000
bool head_split(const char *value, size_t len, char text[HEAD_SPLIT_SIZE], const char **parts, size_t count);
/* A whole non-negative number up to MONEY_MAX_FEN. */
bool head_amount(const char *text, int64_t *out);
/* A tag that holds such a number; absent: *out = 0, true. */
bool head_tag_amount(const struct iso *m, const char *tag, int64_t *out);
/* Refuses naming a tag of DE 48. */
int head_refuse_tag(struct error *err, const char *tag, const char *why);
/* A clean copy of an answer's DE 39, "" when absent. */
void head_code(const struct iso *m, char code[3]);

#endif
