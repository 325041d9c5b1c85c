/* The keywords of the form language as one table: which blocks they stand in, what
 * values they take and where those go. */
#ifndef PRINT_TEMPLATE_WORDS_H
#define PRINT_TEMPLATE_WORDS_H

#include <stddef.h>

enum template_block { BLOCK_FORM, BLOCK_FIELD, BLOCK_FRAME, BLOCK_MEDIA, BLOCK_COUNT };

struct template_choice {
    const char *word;
    int value; /* -1: the standard has it, this program doesn't print it */
};

struct template_word {
    const char *word;
    /* e one of choices; f choices joined by |; i integer; s string; what stands
     * after [ may be left out as a whole. NULL: not taken here, `choices` unused. */
    const char *values;
    size_t numbers; /* offset of the int or int[] for e, f, i */
    size_t text;    /* offset of the const char * for s; 0: checked and not kept */
    const struct template_choice *choices;
    int least, most; /* of integers */
    const char *instead; /* values NULL: what to do instead */
    int needed;      /* the block is refused without it */
};

struct template_words { const char *block; const struct template_word *word; size_t count; };
extern const struct template_words template_words[BLOCK_COUNT];

#endif
