#include "drivers/confirm.h"

#include <string.h>

#include "base/clock.h"

#define ASK_EVERY_MS 500
#define REFILL_MS 120000
#define STATUS_MS 2000

struct wait {
    struct transport *t;
    const struct profile *profile;
    const struct print_job *job;
    int64_t start_ms, asked_ms;
    int asked, last;    /* n of the 10 04 n under way, 0: none; and of the last one */
    uint8_t raw[4];     /* last answers */
    enum printer_state state;
    uint8_t want[7];    /* 37 22 id 00 */
    int matched;        /* of it, so far */
    bool done;
};

/* FNV-1a, folded to 24 bits: six bits a byte, 30h to 6Fh. An id that a status byte
 * could be taken for does no harm: it is looked for only after 37 22. */
void confirm_id(const char *name, uint8_t id[CONFIRM_ID_SIZE])
{
    uint32_t h = 2166136261u;
    for (; *name; name++) h = (h ^ (unsigned char)*name) * 16777619u;
    h ^= h >> 24;
    for (int i = 0; i < CONFIRM_ID_SIZE; i++, h >>= 6) id[i] = (uint8_t)(0x30 + (h & 0x3f));
}

static void note_status(struct wait *w, uint8_t byte)
{
    if (w->asked == 0) return;
    w->raw[w->asked - 1] = byte;
    w->asked = 0;
    w->state = status_judge(w->profile, w->raw);
}

/* One byte from the printer: part of our id, or of a status. */
static void hear(struct wait *w, uint8_t byte)
{
    if (w->profile->answers == ANSWERS_PROCESS_ID) {
        if (byte == w->want[w->matched]) {
            w->done = ++w->matched == (int)sizeof w->want;
            return;
        }
        bool inside = w->matched > 0;
        w->matched = byte == w->want[0];
        if (inside || w->matched) return; /* an earlier job's id */
    } else if ((byte & 0x90) == 0) {
        w->done = true;
        return;
    }
    if (status_is_answer(byte)) note_status(w, byte);
}

/* While it waits it asks what is wrong, by turns: off-line causes, paper. */
static void ask(struct wait *w, int64_t now_ms)
{
    if (now_ms - w->asked_ms < ASK_EVERY_MS) return;
    w->asked = w->last = w->last == 2 ? 4 : 2;
    w->asked_ms = now_ms;
    uint8_t question[3] = { 0x10, 0x04, (uint8_t)w->asked };
    transport_write(w->t, question, sizeof question, false, STATUS_MS, NULL, NULL, NULL);
}

static bool waits_for_hands(enum printer_state state)
{
    return state == PRINTER_PAPER_OUT || state == PRINTER_COVER_OPEN;
}

static int limit_ms(const struct wait *w)
{
    const struct print_times *times = &w->job->times;
    int usual = times->answer_ms ? times->answer_ms : w->profile->print_ms;
    int refill = times->refill_ms ? times->refill_ms : REFILL_MS;
    return waits_for_hands(w->state) && refill > usual ? refill : usual;
}

static int not_confirmed(struct wait *w, struct error *err)
{
    bool cancelled = transport_cancelled(w->t);
    error_set(err, "the printer did not say that it printed");
    error_where(err, "%s", w->t->uri);
    error_why(err, "%s", cancelled                      ? "waiting was cancelled"
                         : w->state != PRINTER_READY    ? printer_state_words(w->state)
                                                        : "it stayed silent");
    return error_remedy(err, "look whether the paper is whole");
}

static bool clean_after(struct wait *w)
{
    struct printer_status status;
    status_ask(w->t, w->profile, w->job->times.status_ms ? w->job->times.status_ms : STATUS_MS, &status);
    w->state = status.state;
    return status.answered && status.can_print;
}

static int put_question(struct wait *w, struct error *err)
{
    uint8_t id[CONFIRM_ID_SIZE], process[11] = { 0x1d, 0x28, 0x48, 0x06, 0x00, 0x30, 0x30 };
    static const uint8_t paper[3] = { 0x1d, 0x72, 0x01 };
    confirm_id(w->job->name, id);
    memcpy(process + 7, id, sizeof id);
    w->want[0] = 0x37;
    w->want[1] = 0x22;
    memcpy(w->want + 2, id, sizeof id);
    if (w->profile->answers == ANSWERS_PROCESS_ID)
        return transport_write(w->t, process, sizeof process, false, limit_ms(w), NULL, NULL, err);
    return transport_write(w->t, paper, sizeof paper, false, limit_ms(w), NULL, NULL, err);
}

bool confirm_wait(struct transport *t, const struct profile *profile, const struct print_job *job,
                  enum printer_state *state, struct error *err)
{
    struct wait w = { .t = t, .profile = profile, .job = job, .state = PRINTER_READY };
    w.start_ms = w.asked_ms = clock_monotonic_ms();
    bool lost = put_question(&w, err) != 0;
    enum printer_state told = PRINTER_STATES;
    while (!lost && !w.done && !transport_cancelled(t)) {
        uint8_t answer[64];
        int64_t now_ms = clock_monotonic_ms(), left_ms = w.start_ms + limit_ms(&w) - now_ms;
        if (left_ms <= 0) break;
        ask(&w, now_ms);
        long n = transport_read(t, answer, sizeof answer, left_ms < ASK_EVERY_MS ? (int)left_ms : ASK_EVERY_MS, err);
        lost = n < 0;
        for (long i = 0; i < n && !w.done; i++) hear(&w, answer[i]);
        if (job->progress && w.state != told)
            job->progress(job->ctx, PRINT_STEP_WAIT, t->submitted, t->submitted,
                          waits_for_hands(w.state) ? printer_state_words(w.state) : "");
        told = w.state;
    }
    /* an anonymous answer counts only with a clean status after it */
    if (w.done && profile->answers == ANSWERS_PAPER && !clean_after(&w)) w.done = false;
    *state = w.done ? PRINTER_READY : lost ? PRINTER_UNREACHABLE : w.state;
    if (!w.done && !lost) not_confirmed(&w, err);
    return w.done;
}
