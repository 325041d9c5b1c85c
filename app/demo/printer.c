/* The demo's printer: the emulated one of the tests, on its own. */
#include "lib/printer.h"

#include <signal.h>
#include <stdio.h>
#include <sysexits.h>

#include "demo/demo.h"

int demo_printer(const char *paper_file, int port)
{
    struct printer_plan plan = PLAN_GOOD;
    plan.port = port;
    sigset_t ends;
    int got;
    size_t len;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    sigprocmask(SIG_BLOCK, &ends, NULL); /* its thread inherits this */
    struct test_printer *printer = printer_start(&plan);
    if (!printer) return EX_OSERR;
    printf("ready: %s\n", printer_uri(printer));
    fflush(stdout);
    sigwait(&ends, &got);
    const uint8_t *paper = printer_paper(printer, &len);
    FILE *out = fopen(paper_file, "ab");
    int status = out && fwrite(paper, 1, len, out) == len ? EX_OK : EX_CANTCREAT;
    if (out && fclose(out) != 0) status = EX_CANTCREAT;
    printer_stop(printer);
    return status;
}
