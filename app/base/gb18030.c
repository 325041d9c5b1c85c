/* GB18030 at the edges, by glibc's iconv. */
#include <errno.h>
#include <iconv.h>
#include <stdlib.h>

#include "base/text.h"

/* Bytes that one conversion may take in: a bills file is read in pieces. */
#define CONVERT_MAX ((size_t)1 << 30)

static int refuse(struct error *err, const char *from, size_t at, const char *why)
{
    error_set(err, "text is not %s", from);
    error_where(err, "byte %zu", at);
    error_why(err, "%s", why);
    return error_remedy(err, "check which encoding the text was written in");
}

static int convert(const char *from, const char *to, const char *in, size_t len, size_t room,
                   char **out, size_t *out_len, struct error *err)
{
    int status = -1;
    *out = NULL;
    *out_len = 0;
    if (len > CONVERT_MAX) return refuse(err, from, 0, "it is too long to be converted at once");
    iconv_t cd = iconv_open(to, from);
    if (cd == (iconv_t)-1) return refuse(err, from, 0, "this system's iconv does not know GB18030");
    char *made = malloc(room + 1), *src = (char *)(uintptr_t)in, *dst = made;
    size_t left = len, free_bytes = room;
    if (!made) {
        refuse(err, from, 0, "out of memory");
        goto done;
    }
    if (iconv(cd, &src, &left, &dst, &free_bytes) == (size_t)-1) {
        refuse(err, from, (size_t)(src - in),
               errno == EINVAL ? "the text ends inside a character" : "no character there");
        goto done;
    }
    *dst = '\0';
    *out = made;
    *out_len = (size_t)(dst - made);
    made = NULL;
    status = 0;
done:
    free(made);
    iconv_close(cd);
    return status;
}

/* Two bytes of GB18030 are at most 3 of UTF-8, four at most 4. */
int gb18030_to_utf8(const char *in, size_t len, char **out, size_t *out_len, struct error *err)
{
    return convert("GB18030", "UTF-8", in, len, len + len / 2 + 4, out, out_len, err);
}

/* Two bytes of UTF-8 are at most 4 of GB18030. */
int utf8_to_gb18030(const char *in, size_t len, char **out, size_t *out_len, struct error *err)
{
    return convert("UTF-8", "GB18030", in, len, len * 2 + 4, out, out_len, err);
}

struct text_decoder {
    iconv_t cd;
};

struct text_decoder *text_decoder_open(void)
{
    struct text_decoder *decoder = malloc(sizeof *decoder);
    if (!decoder) return NULL;
    decoder->cd = iconv_open("UTF-8", "GB18030");
    if (decoder->cd != (iconv_t)-1) return decoder;
    free(decoder);
    return NULL;
}

int text_decode(struct text_decoder *decoder, const char *in, size_t len, char *dst, size_t size,
                size_t *bad)
{
    char *src = (char *)(uintptr_t)in, *to = dst;
    size_t left = len, room = size ? size - 1 : 0;
    if (size) dst[0] = '\0';
    iconv(decoder->cd, NULL, NULL, NULL, NULL); /* back to its first state */
    int status = iconv(decoder->cd, &src, &left, &to, &room) == (size_t)-1 ? -1 : 0;
    *bad = (size_t)(src - in);
    if (size) *to = '\0';
    return status;
}

void text_decoder_close(struct text_decoder *decoder)
{
    if (!decoder) return;
    iconv_close(decoder->cd);
    free(decoder);
}
