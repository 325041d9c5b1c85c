/* What can be said of a form or media by itself, once it is read. */
#ifndef PRINT_TEMPLATE_CHECK_H
#define PRINT_TEMPLATE_CHECK_H

#include "print/template_lex.h"

/* Each fills the lexer's err with the place of the field that is wrong; 0 or -1.
 * template_check_form also ties fields to those they follow and frames to theirs. */
int template_check_form(const struct lexer *lexer, struct template_form *form);
int template_check_media(const struct lexer *lexer, const struct template_media *media);
int template_check_names(const struct lexer *lexer, const struct template_file *file);

#endif
