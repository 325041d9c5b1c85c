/* Text: UTF-8 inside, GB18030 at the edges, cells on a screen. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

bool utf8_valid(const char *text, size_t len);
/* Decodes one character at text (< end); returns its bytes and stores the code
 * point, or 0 when it is not valid UTF-8 there. */
size_t utf8_next(const char *text, const char *end, uint32_t *cp);
/* Appends cp to buf; returns bytes written (1..4), 0 when it doesn't fit. */
size_t utf8_put(char *buf, size_t size, uint32_t cp);
size_t utf8_count(const char *text); /* characters */

/* Whole-buffer conversion, output allocated (caller frees), NUL-terminated,
 * *out_len without the NUL. -1 with byte offset and reason in err. */
int gb18030_to_utf8(const char *in, size_t len, char **out, size_t *out_len, struct error *err);
int utf8_to_gb18030(const char *in, size_t len, char **out, size_t *out_len, struct error *err);

/* For many short texts: GB18030 to UTF-8 with one converter kept open. */
struct text_decoder;
struct text_decoder *text_decoder_open(void); /* NULL: no memory, or iconv lacks GB18030 */
/* Into dst, NUL-terminated (size >= 2 * len + 1 always fits). -1: no such
 * character at in[*bad], or no room. */
int text_decode(struct text_decoder *decoder, const char *in, size_t len, char *dst, size_t size,
                size_t *bad);
void text_decoder_close(struct text_decoder *decoder);

/* Cells on a terminal: Hanzi and full width 2, combining 0, East Asian
 * ambiguous 1. Control characters count 0. */
int text_width(const char *utf8);
int text_cp_width(uint32_t cp);
/* Copies what fits into `cells` cells; when something is cut the last cell is
 * `mark` (0: none). Never splits a character. Returns the cells used. */
int text_clip(char *dst, size_t size, const char *utf8, int cells, char mark);
/* Copies without C0, C1, DEL, bidi controls and line separators (they become a
 * space): what goes to screen, printer or log passes here. Returns dst. */
const char *text_clean(char *dst, size_t size, const char *utf8);
/* NFKC and width folding with outer blanks cut: for comparing names. -1: too long or invalid. */
int text_fold(char *dst, size_t size, const char *utf8);
/* True when a and b are the same after text_fold. */
bool text_same(const char *a, const char *b);
/* Copies src whole and returns true; false (dst empty) when it doesn't fit. */
bool text_copy(char *dst, size_t size, const char *src);
/* Full-width ASCII (Ａ１．) to plain ASCII, for what a Chinese input method leaves in a field. */
void text_narrow(char *utf8);
/* Only digits (at least one); a to z and 0 to 9; printable ASCII. */
bool text_digits(const char *text);
bool text_alnum(const char *text);

#endif
