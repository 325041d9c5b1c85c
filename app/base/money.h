/* Money: int64_t fen (1/100 yuan), checked at every step. No floating point. */
#ifndef BASE_MONEY_H
#define BASE_MONEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* Largest amount that the wire can carry (DE 4, n12): 9,999,999,999.99 yuan. */
#define MONEY_MAX_FEN INT64_C(999999999999)
/* Room for any formatted amount with sign, grouping and terminator. */
#define MONEY_TEXT_SIZE 32

/* Each stores a + b, a - b, a * b in *out and returns true; returns false and
 * leaves *out alone when the result does not fit an int64_t. */
bool money_add(int64_t a_fen, int64_t b_fen, int64_t *out_fen);
bool money_sub(int64_t a_fen, int64_t b_fen, int64_t *out_fen);
bool money_mul(int64_t a_fen, int64_t factor, int64_t *out_fen);
/* a * num / den, rounded half up (away from zero for negatives), the product
 * held in 128 bits. den > 0. False when the result does not fit. */
bool money_muldiv(int64_t a_fen, int64_t num, int64_t den, int64_t *out_fen);

/* "1234.50", "-0.05"; returns buf. size >= MONEY_TEXT_SIZE. */
const char *money_format(int64_t fen, char *buf, size_t size);
/* "1,234.50". */
const char *money_format_grouped(int64_t fen, char *buf, size_t size);
/* What a teller types: "12", "12.3", "1234.50", ".5", full-width digits and
 * point too. Refused, with the reason: empty, "1.234", signs, grouping, letters,
 * more than MONEY_MAX_FEN. 0 or -1. */
int money_parse(const char *text, int64_t *fen, struct error *err);

#endif
