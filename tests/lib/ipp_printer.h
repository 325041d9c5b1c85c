/* ippeveprinter of CUPS, the simulator of a real IPP printer, on loopback: what it was sent is
 * kept as files. */
#ifndef TESTS_LIB_IPP_PRINTER_H
#define TESTS_LIB_IPP_PRINTER_H

#include <stdbool.h>
#include <stddef.h>

struct ipp_printer;
/* Takes PDF. Aborts when it does not come up. */
struct ipp_printer *ipp_printer_start(void);
const char *ipp_printer_uri(const struct ipp_printer *p); /* "ipp://localhost:8631/ipp/print" */
/* How many documents it has taken. */
int ipp_printer_count(const struct ipp_printer *p);
/* Waits for the n-th document (from 1), whole; its path until the next call. NULL: none came in some seconds. */
const char *ipp_printer_document(struct ipp_printer *p, int n);
void ipp_printer_stop(struct ipp_printer *p);

#endif
