/* Transport "cups": a queue of CUPS.
 *
 * The job is created held, filled, let go and watched to its end, within our own time;
 * then it is cancelled. "Completed" is the queue's word, not the paper's. A job is known
 * by its uuid: its number has been seen to be used again after a kill. One that was
 * cancelled is nothing-sent only when it never began (time-at-processing is no-value)
 * and the same cupsd still runs, which its unbroken connection tells.
 *
 * CUPS prints a job again after its own restart, whatever its error policy says. So
 * numbered paper goes only to queues through the backend `once` (drivers/once.c). */
#include <cups/cups.h>
#include <cups/pwg.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/text.h"
#include "drivers/transport.h"

#define QUEUE_SIZE 128
#define POLL_MS 100
#define ANSWER_S 5.0 /* longest wait for one answer of cupsd */
#define ONCE "once:"

struct cups_state {
    http_t *http;
    char queue[QUEUE_SIZE], uri[HTTP_MAX_URI], uuid[64];
    char job[200], format[64];
    int sheet_w_mm100, sheet_h_mm100;
    int number;        /* of the job; 0: none yet */
    ino_t connection;  /* cupsd's life: a new connection may be a new cupsd */
    bool sending;      /* its document is open */
    bool left;         /* it was let go, or taken back: nothing to tidy up */
    enum { WELL, STOPPED, REFUSING } printer;
    char reasons[80];
};

static int refuse(struct error *err, const char *where, const char *why, const char *remedy)
{
    return error_all(err, "the queue does not take the job", where, why, remedy);
}

/* --- asking cupsd ------------------------------------------------------------------ */

static int too_late(http_t *http, void *ctx) { return 0; }

static ino_t socket_of(http_t *http)
{
    struct stat st;
    return fstat(httpGetFd(http), &st) == 0 ? st.st_ino : 0;
}

static ipp_t *question(const struct cups_state *s, ipp_op_t op)
{
    ipp_t *q = ippNewRequest(op);
    ippAddString(q, IPP_TAG_OPERATION, IPP_TAG_URI, "printer-uri", NULL, s->uri);
    if (s->number) ippAddInteger(q, IPP_TAG_OPERATION, IPP_TAG_INTEGER, "job-id", s->number);
    ippAddString(q, IPP_TAG_OPERATION, IPP_TAG_NAME, "requesting-user-name", NULL, cupsUser());
    return q;
}

/* Why the last question failed; libcups has no word for a cupsd that went away. */
static const char *cups_says(void)
{
    const char *said = cupsLastErrorString();
    return said && *said && strcmp(said, strerror(0)) != 0 ? said : "CUPS went away or does not answer";
}

/* The answer, freed by the caller, or NULL with the reason in why. */
static ipp_t *ask(struct cups_state *s, ipp_t *q, const char *path, const char **why)
{
    ipp_t *answer = cupsDoRequest(s->http, q, path);
    if (answer && ippGetStatusCode(answer) < IPP_STATUS_REDIRECTION_OTHER_SITE) return answer;
    *why = cups_says();
    ippDelete(answer);
    return NULL;
}

static const char *text_of(ipp_t *answer, const char *name, int i)
{
    ipp_attribute_t *a = ippFindAttribute(answer, name, IPP_TAG_ZERO);
    const char *text = a && i < ippGetCount(a) ? ippGetString(a, i, NULL) : NULL;
    return text ? text : "";
}

static int number_of(ipp_t *answer, const char *name)
{
    ipp_attribute_t *a = ippFindAttribute(answer, name, IPP_TAG_ZERO);
    return a ? ippGetInteger(a, 0) : 0;
}

static void note_printer(struct cups_state *s, ipp_t *answer)
{
    ipp_attribute_t *taking = ippFindAttribute(answer, "printer-is-accepting-jobs", IPP_TAG_BOOLEAN);
    s->printer = taking && !ippGetBoolean(taking, 0)                               ? REFUSING
                 : number_of(answer, "printer-state") == IPP_PSTATE_STOPPED ? STOPPED
                                                                                     : WELL;
    const char *reason = text_of(answer, "printer-state-reasons", 0);
    snprintf(s->reasons, sizeof s->reasons, "%s", strcmp(reason, "none") == 0 ? "" : reason);
}

/* --- opening -------------------------------------------------------------------------- */

static int check_once(const struct transport_how *how, const char *device, const char *uri, struct error *err)
{
    if (!how->numbered || strncmp(device, ONCE, strlen(ONCE)) == 0) return 0;
    return refuse(err, uri, "numbered paper goes only through the backend once:, since CUPS prints a job again after its own restart",
                  "have the queue's device set to once: before its real address (lpadmin -p QUEUE -v once:usb://…)");
}

/* A job that was created and never let go is taken away. */
static void cups_close(struct transport *t)
{
    struct cups_state *s = t->state;
    const char *why = "";
    if (s->sending) cupsFinishDocument(s->http, s->queue);
    if (s->number && !s->left) ippDelete(ask(s, question(s, IPP_OP_CANCEL_JOB), "/jobs", &why));
    httpClose(s->http);
}

static int cups_open(struct transport *t, const char *rest, const struct transport_how *how, struct error *err)
{
    struct cups_state *s = t->state;
    const char *why = "";
    if (!text_copy(s->queue, sizeof s->queue, rest) || strchr(rest, '/'))
        return error_all(err, "printer address not understood", t->uri, "no such name of a queue", "write cups:QUEUE as lpstat -v shows it");
    snprintf(s->format, sizeof s->format, "%s", how->format ? how->format : CUPS_FORMAT_RAW);
    snprintf(s->job, sizeof s->job, "%s", how->job ? how->job : "");
    s->sheet_w_mm100 = how->sheet_w_mm100;
    s->sheet_h_mm100 = how->sheet_h_mm100;
    s->http = httpConnect2(cupsServer(), ippPort(), NULL, AF_UNSPEC, cupsEncryption(), 1,
                           how->connect_timeout_ms ? how->connect_timeout_ms : 3000, NULL);
    if (s->http == NULL)
        return error_all(err, "cannot reach CUPS", cupsServer(), "it does not answer", "start it: systemctl start cups");
    httpSetTimeout(s->http, ANSWER_S, too_late, NULL);
    httpAssembleURIf(HTTP_URI_CODING_ALL, s->uri, sizeof s->uri, "ipp", NULL, "localhost", 0, "/printers/%s", s->queue);
    ipp_t *answer = ask(s, question(s, IPP_OP_GET_PRINTER_ATTRIBUTES), "/", &why);
    int status = answer ? check_once(how, text_of(answer, "device-uri", 0), t->uri, err)
                        : refuse(err, t->uri, why, "see lpstat -v for the queues that there are");
    if (answer) note_printer(s, answer);
    ippDelete(answer);
    s->connection = socket_of(s->http);
    if (status != 0) cups_close(t);
    return status;
}

static void cups_port(struct transport *t, struct transport_port *out)
{
    const struct cups_state *s = t->state;
    out->paper_out = strncmp(s->reasons, "media-empty", 11) == 0;
    out->ready = s->printer == WELL && !out->paper_out;
    out->known = !out->ready; /* that the queue is well says nothing of the printer */
    snprintf(out->words, sizeof out->words, "%s",
             out->paper_out            ? "out of paper"
             : s->printer == REFUSING ? "the queue takes no jobs"
             : s->printer == STOPPED  ? "the queue is stopped"
                                      : "");
}

/* --- the job --------------------------------------------------------------------------- */

/* The answer to Create-Job does not have it. The job's name, which is never used twice,
 * says that the one looked at is ours. */
static int learn_uuid(struct cups_state *s)
{
    const char *why = "";
    ipp_t *answer = ask(s, question(s, IPP_OP_GET_JOB_ATTRIBUTES), "/", &why);
    bool ours = answer && strcmp(text_of(answer, "job-name", 0), s->job) == 0;
    if (ours) snprintf(s->uuid, sizeof s->uuid, "%s", text_of(answer, "job-uuid", 0));
    ippDelete(answer);
    return ours && s->uuid[0] ? 0 : -1;
}

/* Else CUPS shrinks the page onto the size that the queue has by default, Letter as often as
 * not. Sizes are named upright; a page that lies is turned by CUPS itself. */
static void tell_sheet(const struct cups_state *s, ipp_t *q)
{
    bool lies = s->sheet_w_mm100 > s->sheet_h_mm100;
    int w = lies ? s->sheet_h_mm100 : s->sheet_w_mm100, h = lies ? s->sheet_w_mm100 : s->sheet_h_mm100;
    const pwg_media_t *media = w > 0 ? pwgMediaForSize(w, h) : NULL;
    if (media == NULL) return;
    ippAddString(q, IPP_TAG_JOB, IPP_TAG_KEYWORD, "media", NULL, media->pwg);
    ippAddString(q, IPP_TAG_JOB, IPP_TAG_KEYWORD, "print-scaling", NULL, "none");
}

static int create(struct transport *t, struct error *err)
{
    struct cups_state *s = t->state;
    const char *why = "";
    ipp_t *q = question(s, IPP_OP_CREATE_JOB);
    ippAddString(q, IPP_TAG_OPERATION, IPP_TAG_NAME, "job-name", NULL, s->job);
    ippAddString(q, IPP_TAG_JOB, IPP_TAG_KEYWORD, "job-hold-until", NULL, "indefinite");
    tell_sheet(s, q);
    char path[QUEUE_SIZE + 16];
    snprintf(path, sizeof path, "/printers/%s", s->queue);
    ipp_t *answer = ask(s, q, path, &why);
    if (answer == NULL) return refuse(err, t->uri, why, "see the queue's state: lpstat -p");
    s->number = number_of(answer, "job-id");
    ippDelete(answer);
    s->connection = socket_of(s->http);
    if (learn_uuid(s) != 0) return refuse(err, t->uri, "CUPS does not know the job that it made", "try again");
    if (cupsStartDocument(s->http, s->queue, s->number, s->job, s->format, 1) != HTTP_STATUS_CONTINUE)
        return refuse(err, t->uri, cups_says(), "see the queue's state: lpstat -p");
    s->sending = true;
    return 0;
}

static long cups_write(struct transport *t, const uint8_t *bytes, size_t len, int timeout_ms, uint64_t *submitted,
                       struct error *err)
{
    struct cups_state *s = t->state;
    if (s->number == 0 && create(t, err) != 0) return -1;
    *submitted += len;
    if (cupsWriteRequestData(s->http, (const char *)bytes, len) != HTTP_STATUS_CONTINUE)
        return refuse(err, t->uri, "the connection to CUPS broke", "see /var/log/cups/error_log");
    return (long)len;
}

struct job_state {
    bool known;   /* the answer is of our job */
    int state;
    bool began;   /* anything may have gone to the printer */
    char reason[80];
};

static struct job_state look(struct cups_state *s)
{
    struct job_state now = { 0 };
    const char *why = "";
    ipp_t *answer = ask(s, question(s, IPP_OP_GET_JOB_ATTRIBUTES), "/", &why);
    if (answer == NULL) return now;
    ipp_attribute_t *began = ippFindAttribute(answer, "time-at-processing", IPP_TAG_ZERO);
    now.known = s->uuid[0] && strcmp(text_of(answer, "job-uuid", 0), s->uuid) == 0;
    now.state = number_of(answer, "job-state");
    now.began = began == NULL || ippGetValueTag(began) != IPP_TAG_NOVALUE;
    snprintf(now.reason, sizeof now.reason, "%s", text_of(answer, "job-state-reasons", 0));
    ippDelete(answer);
    return now;
}

static int ended_badly(struct transport *t, const struct job_state *now, struct error *err)
{
    char why[160];
    snprintf(why, sizeof why, "%s%s%s%s",
             !now->known                           ? "CUPS does not know the job any more"
             : now->state == IPP_JSTATE_CANCELED ? "CUPS cancelled the job"
             : now->state == IPP_JSTATE_ABORTED  ? "CUPS gave the job up"
                                                 : "the printer did not take the job in time",
             *now->reason ? " (" : "", now->reason, *now->reason ? ")" : "");
    return refuse(err, t->uri, why, "look at the printer, and at the queue: lpstat -p");
}

static int cups_finish(struct transport *t, int timeout_ms, struct error *err)
{
    struct cups_state *s = t->state;
    const char *why = "";
    int64_t end_ms = clock_monotonic_ms() + timeout_ms;
    s->sending = false;
    if (cupsFinishDocument(s->http, s->queue) >= IPP_STATUS_REDIRECTION_OTHER_SITE)
        return refuse(err, t->uri, cups_says(), "see the queue's state: lpstat -p");
    s->left = true;
    ipp_t *answer = ask(s, question(s, IPP_OP_RELEASE_JOB), "/jobs", &why);
    if (answer == NULL) return refuse(err, t->uri, why, "see the queue's state: lpstat -p");
    ippDelete(answer);
    for (;;) {
        struct job_state now = look(s);
        if (now.known && now.state == IPP_JSTATE_COMPLETED) return 0;
        bool over = !now.known || now.state > IPP_JSTATE_STOPPED;
        if (over || clock_monotonic_ms() >= end_ms || transport_cancelled(t)) return ended_badly(t, &now, err);
        poll(NULL, 0, POLL_MS);
    }
}

/* Cancels, and says what that proves. */
static int cups_recall(struct transport *t, int timeout_ms, struct error *err)
{
    struct cups_state *s = t->state;
    const char *why = "";
    int64_t end_ms = clock_monotonic_ms() + timeout_ms;
    if (s->number == 0) return 0;
    if (s->sending) cupsFinishDocument(s->http, s->queue);
    s->sending = false;
    struct job_state now = look(s);
    if (!now.known) return ended_badly(t, &now, err); /* its number may be another's by now */
    ippDelete(ask(s, question(s, IPP_OP_CANCEL_JOB), "/jobs", &why));
    s->left = true;
    do {
        now = look(s);
        if (!now.known || now.state > IPP_JSTATE_STOPPED) break;
        poll(NULL, 0, POLL_MS);
    } while (clock_monotonic_ms() < end_ms);
    bool same_life = s->connection != 0 && socket_of(s->http) == s->connection;
    t->proved_nothing = now.known && now.state == IPP_JSTATE_CANCELED && !now.began && same_life;
    return now.known && now.state > IPP_JSTATE_STOPPED ? 0 : ended_badly(t, &now, err);
}

const struct transport_scheme transport_cups = {
    .name = "cups",
    .handed_over = "handed to CUPS",
    .state_size = sizeof(struct cups_state),
    .open = cups_open,
    .write = cups_write,
    .port = cups_port,
    .finish = cups_finish,
    .recall = cups_recall,
    .close = cups_close,
};
