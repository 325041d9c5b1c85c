#include "base/progress.h"

#include <inttypes.h>
#include <unistd.h>

#include "base/clock.h"

#define CELLS 24
#define EVERY_MS 100

void progress_start(struct progress *p, FILE *out, bool wanted, const char *what, const char *unit)
{
    *p = (struct progress){.out = wanted && isatty(fileno(out)) == 1 ? out : NULL, .what = what, .unit = unit,
                           .started_ms = clock_monotonic_ms()};
}

void progress_show(struct progress *p, int64_t done, int64_t total, int64_t units)
{
    if (p->out == NULL || total <= 0 || done <= 0) return;
    int64_t now = clock_monotonic_ms(), spent = now - p->started_ms;
    if (now - p->shown_ms < EVERY_MS && done < total) return;
    p->shown_ms = now;
    if (done > total) done = total;
    int cells = (int)(done * CELLS / total);
    fprintf(p->out, "\r\033[K%s [%.*s%*s] %3d %%  %" PRId64 " %s, %" PRId64 " a second, %" PRId64 " s left", p->what, cells,
            "########################", CELLS - cells, "", (int)(done * 100 / total), units, p->unit,
            spent > 0 ? units * 1000 / spent : 0, spent * (total - done) / done / 1000);
    fflush(p->out);
}

void progress_end(struct progress *p)
{
    if (p->out == NULL) return;
    fputs("\r\033[K", p->out);
    fflush(p->out);
}
