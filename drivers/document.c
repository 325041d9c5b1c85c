/* Back end for printers that take documents, by CUPS or as files: the page as PDF. */
#include "drivers/backend.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "drivers/picture.h"

static int failed(struct error *err, const char *path)
{
    return error_all(err, "cannot draw the page", path, strerror(errno), "make room in the folder for temporary files");
}

static int read_all(const char *path, struct bytes *out, struct error *err)
{
    char part[16384];
    size_t n;
    FILE *f = fopen(path, "rbe");
    if (f == NULL) return failed(err, path);
    while ((n = fread(part, 1, sizeof part, f)) > 0) bytes_put(out, part, n);
    int bad = ferror(f);
    fclose(f);
    return bad ? failed(err, path) : 0;
}

/* picture_pdf writes a file; a folder of its own keeps it from other users' eyes. */
static int document_render(const struct profile *profile, const struct page *page, struct bytes *out,
                           struct error *err)
{
    const char *tmp = getenv("TMPDIR");
    char folder[256], path[280];
    int n = snprintf(folder, sizeof folder, "%s/gridteller-page-XXXXXX", tmp && *tmp ? tmp : "/tmp");
    if (n < 0 || (size_t)n >= sizeof folder || mkdtemp(folder) == NULL) return failed(err, folder);
    snprintf(path, sizeof path, "%s/page.pdf", folder);
    int status = picture_pdf(path, &page, 1, err);
    if (status == 0) status = read_all(path, out, err);
    unlink(path);
    rmdir(folder);
    return status;
}

const struct backend backend_picture = {
    .name = "picture", .format = "application/pdf", .suffix = "pdf", .render = document_render,
};
