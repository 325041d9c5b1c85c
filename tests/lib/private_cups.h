/* A cupsd of the test's own, on a socket in a folder of its own, with the backend `once`. */
#ifndef TESTS_LIB_PRIVATE_CUPS_H
#define TESTS_LIB_PRIVATE_CUPS_H

#include <stddef.h>

/* Starts it and points this process's libcups to it. Aborts when it can't. */
void cups_start(void);
/* As a power cut: SIGKILL to it and to what it started. Then cups_start_again(). */
void cups_kill(void);
void cups_start_again(void);
/* A raw queue to that device, enabled. */
void cups_queue(const char *name, const char *device);
/* A queue that takes PDF for an IPP printer, as a technician makes it: with what the printer
 * says of itself ("everywhere"), then through once or not. */
void cups_queue_pdf(const char *name, const char *device, int once);
/* lpadmin, cupsdisable, cupsenable …: runs it against this cupsd; its exit status. */
int cups_do(const char *const argv[]);
/* Waits until the queue has a job in that state (IPP number), at most some seconds. */
int cups_await_job(const char *queue, int state);
void cups_stop(void);
/* The folder of markers of the backend once. */
const char *cups_markers(void);

#endif
