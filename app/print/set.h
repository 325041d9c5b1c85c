/* The templates of a folder: every *.form and *.media file of it.
 *
 *     struct print_set *set = print_set_open("printer-templates", &err);
 *     struct print_request request = {
 *         .form = print_set_find(set, "receipt-80", print_language("zh_CN"), &err),
 *         .data = data, .device = &profile->device, … };
 *     request.media = print_set_media(set, NULL, request.form, &err);
 *     print_place(&request, &page, &err);
 */
#ifndef PRINT_SET_H
#define PRINT_SET_H

#include "print/template.h"

#define PRINT_SET_FILES_MAX 256

struct print_set;

/* Reads the folder. A file that is refused does not stop the others: see
 * print_set_fault. -1 (NULL) with err only when the folder cannot be read. */
struct print_set *print_set_open(const char *folder, struct error *err);
void print_set_close(struct print_set *set);

/* LANGUAGE id of "zh_CN", "en" and the like; Chinese for what is not known. */
int print_language(const char *language);

/* The form of that name: in the language, else the one for any language, else in
 * whatever language it is there. NULL with err: there is none (err tells of the broken
 * file when one of that name was refused). Lives as long as the set. */
const struct template_form *print_set_find(const struct print_set *set, const char *name, int language, struct error *err);
/* The media of that name; name NULL: the one that the form is drawn for, which bears
 * the last part of the form's name (receipt-80: roll-80; invoice-a4: a4). */
const struct template_media *print_set_media(const struct print_set *set, const char *name, const struct template_form *form,
                                             struct error *err);

/* The files: path, what it holds (NULL when it was refused), and why it was refused. */
size_t print_set_count(const struct print_set *set);
const struct template_file *print_set_file(const struct print_set *set, size_t i, const char **path, const struct error **fault);
const char *print_set_folder(const struct print_set *set);

/* One file by itself. -1 with err. */
int print_read_file(const char *path, struct template_file **out, struct error *err);

#endif
