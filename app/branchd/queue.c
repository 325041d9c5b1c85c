/* T5 and T6: takes what may go out of the ledger's outbox, sends it, brings the
 * verified answers back. Payments and reversals on line go first and at once;
 * advices many at a time, in order, within a window and a rate, so that a
 * counter's payment never waits behind a long queue. */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "branchd/service.h"
#include "wire/account.h"
#include "wire/tags.h"

#define URGENT_MAX 8
#define BATCH_MAX 128   /* rows of one transaction */
#define REPLIES_MAX 128 /* answers of one transaction */

static bool is_urgent(const char *class) { return strcmp(class, "0200") == 0 || strcmp(class, "0400") == 0; }

/* --- answers ---------------------------------------------------------------------- */

static const char *const places[] = {[PLACE_BILL] = "BL", [PLACE_PREPAID] = "PP", [PLACE_SUSPENSE] = "SU", [PLACE_REVERSED] = "RV"};

static int read_answer(const struct iso *m, struct ledger_answer *out, struct error *err)
{
    struct wire_answer a;
    memset(out, 0, sizeof *out);
    if (wire_answer_unpack(m, &a, err) != 0) return -1;
    text_copy(out->mti, sizeof out->mti, m->mti);
    text_copy(out->code, sizeof out->code, a.code);
    text_copy(out->approval, sizeof out->approval, a.approval);
    text_copy(out->reason, sizeof out->reason, a.reason);
    for (int i = 0; i < a.part_count && i < LEDGER_PARTS_MAX; i++) {
        struct ledger_disposition *d = &out->parts[out->part_count++];
        text_copy(d->part, sizeof d->part, a.parts[i].part);
        text_copy(d->place, sizeof d->place, places[a.parts[i].place]);
        d->amount_fen = a.parts[i].amount_fen;
    }
    if (wire_account_is_banks(message_proc(m))) { /* the account that was opened, and what is on it now */
        struct tag balance;
        iso_text(m, 102, out->account, sizeof out->account);
        out->has_balance = tag_find(m, "BA", &balance) && balance.len < 13;
        for (size_t i = 0; out->has_balance && i < balance.len; i++) {
            out->has_balance = balance.value[i] >= '0' && balance.value[i] <= '9';
            out->balance_fen = out->balance_fen * 10 + (balance.value[i] - '0');
        }
    }
    return 0;
}

static void ready_again(struct service *s, const struct link_tag *tag, int64_t wait_ms)
{
    struct error err = {0};
    if (outbox_again(s->ledger, tag->number, wait_ms, &err) == LEDGER_BROKEN) service_broken(s);
}

/* The payment that a message belongs to; a notice has a key of its own. */
static void tell_payment(struct service *s, const struct link_tag *tag)
{
    struct ledger_payment p;
    if (strcmp(tag->class, "notice") != 0 && payment_get(s->ledger, &tag->key, &p, NULL) == LEDGER_OK) payment_changed(s, &p);
    else service_changed(s);
}

/* Rows on their way out of the ledger, sent once their commit is there. */
static int take_rows(struct service *s, bool urgent_only, int max);
static int send_taken(struct service *s, int count);
static int advices_allowed(struct service *s, bool small);

/* One answer, read and waiting for the commit that holds it. */
struct reply {
    struct link_tag tag;
    struct ledger_answer answer;
    struct ledger_payment payment; /* as it stands after it; id 0: look again */
    enum ledger_result result;
    bool unknown;
    char why[LEDGER_REASON_SIZE];
};
struct queue {
    struct service *s;
    uv_timer_t flush;
    int count, lost_count;
    struct reply replies[REPLIES_MAX];
    struct ledger_send rows[BATCH_MAX]; /* 8 kB each */
    struct link_tag lost[LINK_PENDING_MAX]; /* somebody stands at a counter, and the connection went */
};

/* 91 and 68: nothing is settled, the row goes again by itself. Others that settle
 * nothing park an advice; a payment's row waits until the teller has chosen. */
static void settle(struct service *s, struct reply *r)
{
    struct error err = {0};
    bool away = strcmp(r->answer.code, "91") == 0 || strcmp(r->answer.code, "68") == 0;
    r->result = LEDGER_OK;
    r->payment.id = 0;
    if (!away || is_urgent(r->tag.class)) r->result = outbox_answer(s->ledger, &r->tag.key, &r->answer, &r->unknown, &r->payment, &err);
    else r->unknown = true;
    if (r->result != LEDGER_OK || r->unknown) r->payment.id = 0;
    if (r->result == LEDGER_OK && r->unknown) r->result = outbox_again(s->ledger, r->tag.number, s->branch->settings.again_ms, &err);
    text_copy(r->why, sizeof r->why, "");
    text_clip(r->why, sizeof r->why, err.why, (int)sizeof r->why / 4, '\0');
}

/* After the commit. */
static void tell(struct service *s, const struct reply *r)
{
    char key[KEY_TEXT_SIZE];
    const struct ledger_answer *a = &r->answer;
    key_format(&r->tag.key, key, sizeof key);
    if (r->result != LEDGER_OK) log_line(LOG_LEVEL_WARN, key, "%s %s changes nothing: %s", a->mti, a->code, r->why);
    else log_line(LOG_LEVEL_INFO, key, "%s %s%s%s", a->mti, a->code, a->reason[0] ? ": " : "", a->reason);
    if (strcmp(a->code, "91") == 0) link_away(s->link, "the utility is away");
    if (r->payment.id && strcmp(r->tag.class, "notice") != 0) payment_changed(s, &r->payment);
    else tell_payment(s, &r->tag);
}

/* All that came with one reading of the link shares one commit with what goes out next, and is told after it. */
static void flush(struct queue *q)
{
    struct service *s = q->s;
    struct error err = {0};
    int count = q->count, taken = 0;
    if (count == 0) return;
    q->count = 0;
    enum ledger_result result = ledger_group_begin(s->ledger, &err);
    for (int i = 0; result == LEDGER_OK && i < count; i++) {
        settle(s, &q->replies[i]);
        if (q->replies[i].result == LEDGER_BROKEN) result = LEDGER_BROKEN;
    }
    if (result == LEDGER_OK && link_up(s->link)) taken = take_rows(s, false, advices_allowed(s, true));
    if (taken < 0 || ledger_group_end(s->ledger, &err) != LEDGER_OK) result = LEDGER_BROKEN;
    if (result != LEDGER_OK) {
        service_broken(s);
        return;
    }
    send_taken(s, taken);
    for (int i = 0; i < count; i++)
        tell(s, &q->replies[i]);
    queue_kick(s);
}

static void on_flush(uv_timer_t *timer) { flush(timer->data); }

static void keep_reply(struct service *s, const struct link_tag *tag, const struct iso *m)
{
    struct queue *q = s->queue;
    struct reply *r = &q->replies[q->count];
    struct error err = {0};
    char key[KEY_TEXT_SIZE];
    memset(r, 0, sizeof *r);
    r->tag = *tag;
    if (read_answer(m, &r->answer, &err) != 0) {
        log_line(LOG_LEVEL_WARN, key_format(&tag->key, key, sizeof key), "an answer that cannot be read: %s", err.why);
        ready_again(s, tag, s->branch->settings.again_ms);
        return;
    }
    q->count++;
    if (is_urgent(tag->class) || q->count == REPLIES_MAX) flush(q); /* somebody stands at a counter */
    else uv_timer_start(&q->flush, on_flush, 0, 0);
}

static void answered(struct service *s, const struct link_tag *tag, enum link_end how, const struct iso *m)
{
    char key[KEY_TEXT_SIZE];
    if (how != LINK_LATE && !is_urgent(tag->class)) s->advices_under_way--;
    if (how == LINK_LOST) { /* queue_lost makes all of them ready in one step */
        if (is_urgent(tag->class) && s->queue->lost_count < LINK_PENDING_MAX) s->queue->lost[s->queue->lost_count++] = *tag;
        return;
    }
    if (how == LINK_TIMEOUT) {
        log_line(LOG_LEVEL_WARN, key_format(&tag->key, key, sizeof key), "no answer to %s in time", tag->class);
        ready_again(s, tag, s->branch->settings.again_ms);
        tell_payment(s, tag);
        return;
    }
    keep_reply(s, tag, m);
}

void queue_lost(struct service *s)
{
    struct error err = {0};
    flush(s->queue); /* what was answered before the connection went, counts */
    s->advices_under_way = 0;
    if (outbox_all_again(s->ledger, &err) == LEDGER_BROKEN) service_broken(s);
    for (int i = 0; i < s->queue->lost_count; i++)
        tell_payment(s, &s->queue->lost[i]);
    s->queue->lost_count = 0;
    service_changed(s);
}

/* --- sending ------------------------------------------------------------------------- */

/* As it was made; from the second time on as a repeat with a new DE 7. */
static int message_of(struct service *s, const struct ledger_send *row, struct iso *m, struct error *err)
{
    struct civil u;
    char de7[16];
    if (iso_unpack(m, (const char *)row->bytes, row->len, err) != 0) return -1;
    if (row->tries <= 1) return 0;
    clock_utc(service_now(s), &u);
    snprintf(de7, sizeof de7, "%02u%02u%02u%02u%02u", (unsigned)u.month % 100, (unsigned)u.day % 100, (unsigned)u.hour % 100,
             (unsigned)u.minute % 100, (unsigned)u.second % 100);
    return message_repeat(m, de7, err);
}

static bool send_row(struct service *s, const struct ledger_send *row)
{
    const struct branch_settings *set = &s->branch->settings;
    struct iso m;
    struct error err = {0};
    char key[KEY_TEXT_SIZE];
    struct link_tag tag = {.number = row->outbox, .key = row->key};
    bool urgent = is_urgent(row->class);
    key_format(&row->key, key, sizeof key);
    text_copy(tag.class, sizeof tag.class, row->class);
    if (message_of(s, row, &m, &err) != 0) {
        log_line(LOG_LEVEL_ERROR, key, "a stored message cannot be read: %s %s", err.where, err.why);
        return false;
    }
    if (!link_ask(s->link, &m, urgent ? set->answer_ms : set->advice_ms, true, answered, &tag)) {
        ready_again(s, &tag, 0);
        return false;
    }
    if (!urgent) s->advices_under_way++;
    log_line(LOG_LEVEL_INFO, key, "sent %s%s", m.mti, row->tries > 1 ? ", again" : "");
    return true;
}

/* How many are in the queue's rows; -1: the ledger is broken. */
static int take_rows(struct service *s, bool urgent_only, int max)
{
    struct error err = {0};
    int count = 0;
    if (max <= 0) {
        urgent_only = true;
        max = URGENT_MAX;
    }
    enum ledger_result result = outbox_take(s->ledger, urgent_only, s->queue->rows, max, &count, &err);
    return result == LEDGER_BROKEN ? -1 : result == LEDGER_OK ? count : 0;
}

/* Returns how many went out; less than were taken: 0, nothing more goes now. */
static int send_taken(struct service *s, int count)
{
    int sent = 0, advices = 0;
    for (int i = 0; i < count; i++) {
        bool out = send_row(s, &s->queue->rows[i]);
        sent += out;
        advices += out && !is_urgent(s->queue->rows[i].class);
    }
    s->drain_left -= advices;
    return sent < count ? 0 : sent;
}

static int send_some(struct service *s, bool urgent_only, int max)
{
    int taken = take_rows(s, urgent_only, max);
    if (taken < 0) service_broken(s);
    return taken > 0 ? send_taken(s, taken) : 0;
}

/* small: a small hole in the window counts too, there is a commit anyway. */
static int advices_allowed(struct service *s, bool small)
{
    const struct branch_settings *set = &s->branch->settings;
    int64_t now = clock_monotonic_ms();
    if (now - s->drain_ms >= 1000) {
        s->drain_ms = now;
        s->drain_left = set->drain_per_s;
    }
    int64_t room = set->window - s->advices_under_way;
    if (room > s->drain_left) room = s->drain_left;
    /* a batch is one commit: a small hole in the window is not worth one */
    if (!small && room < set->window / 2 && s->advices_under_way > set->window / 2) return 0;
    return room > BATCH_MAX ? BATCH_MAX : (int)room;
}

void queue_pump(struct service *s)
{
    if (!link_up(s->link) || ledger_broken(s->ledger)[0]) return;
    while (send_some(s, true, URGENT_MAX) == URGENT_MAX) {}
    int room = advices_allowed(s, false);
    if (room <= 0) return;
    int sent = send_some(s, false, room);
    if (sent == room) queue_kick(s); /* after the loop has looked at the counters */
    if (sent) service_changed(s);
}

static void on_kick(uv_timer_t *timer) { queue_pump(timer->data); }

void queue_kick(struct service *s) { uv_timer_start(&s->kick, on_kick, 0, 0); }

int queue_open(struct service *s, struct error *err)
{
    s->queue = calloc(1, sizeof *s->queue);
    if (s->queue == NULL) return error_all(err, "cannot serve", "queue", "no memory", NULL);
    s->queue->s = s;
    uv_timer_init(&s->loop, &s->queue->flush);
    s->queue->flush.data = s->queue;
    return 0;
}

void queue_free(struct service *s) { free(s->queue); }
