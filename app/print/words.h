/* Amounts in English words, as a cheque has them. */
#ifndef PRINT_WORDS_H
#define PRINT_WORDS_H

#include <stddef.h>
#include <stdint.h>

#define WORDS_TEXT_SIZE 256

/* 53989 -> "Five Hundred Thirty-Nine Yuan 89 Fen"; whole yuan end in "Yuan Only".
 * |fen| <= MONEY_MAX_FEN. Returns buf, size >= WORDS_TEXT_SIZE. */
const char *words_amount(int64_t fen, char *buf, size_t size);

#endif
