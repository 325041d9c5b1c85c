/* Amounts in capital numerals (大写金额), 支付结算办法 annex 1: 零壹贰叁肆伍陆柒捌玖,
 * 拾佰仟万亿, 元角分整. 整 after 元 and after 角 is left out after 分; one 零 for a
 * run of zeros. Up to 百亿 (MONEY_MAX_FEN). */
#ifndef BASE_CAPITAL_H
#define BASE_CAPITAL_H

#include <stddef.h>
#include <stdint.h>

/* Room for the longest result, UTF-8. */
#define CAPITAL_TEXT_SIZE 160

/* UTF-8 without the leading 人民币: 600714 -> 陆仟零柒元壹角肆分, 0 -> 零元整,
 * 140950 -> 壹仟肆佰零玖元伍角. Negative amounts get a leading 负.
 * Returns buf, or NULL when |fen| > MONEY_MAX_FEN or size is too small. */
const char *capital_amount(int64_t fen, char *buf, size_t size);

#endif
