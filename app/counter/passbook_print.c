/* The passbook in the printer, beside the screens: which lines, the page placed, the book
 * asked for, "sent" stored at the bank before the first byte, the printer, the teller's look,
 * the bank told. A page that is full is turned; what is not whole has used up its place and is
 * printed again on the next free one, marked, with a second person.
 *
 * A counter that dies leaves the lines as sent: the bank lists them as not whole until somebody
 * has looked. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "base/text.h"
#include "counter/passbook.h"

#define TELL_AGAIN_MS 3000
#define CHANCE 6

static void ask_lines(struct counter *c);
static void tell(struct counter *c);

static struct passbook *book(struct counter *c)
{
    if (c->passbook) return c->passbook;
    struct passbook *b = c->passbook = calloc(1, sizeof *b);
    if (!b) abort();
    b->c = c;
    uv_timer_init(c->loop, &b->again_timer);
    b->again_timer.data = c;
    return b;
}

static void step(struct passbook *b, enum passbook_step to)
{
    b->step = to;
    counter_dirty(b->c);
}

static void on_thread(struct passbook *b, enum passbook_step to, uv_work_cb run, uv_after_work_cb done)
{
    step(b, to);
    b->work.data = b;
    b->working++;
    uv_queue_work(b->c->loop, &b->work, run, done);
}

/* It does not go on: why stays on the passbook's screen, and is said where it is not. */
static void stop(struct passbook *b, const char *words)
{
    text_clip(b->words, sizeof b->words, words, (int)sizeof b->words / 3, 0);
    step(b, PASSBOOK_IDLE);
    if (*words) refuse(b->c, "%s", words);
    printing_kick(b->c);
}

static void stop_error(struct passbook *b, const struct rpc_error *error)
{
    account_refuse(b->c, NULL, error);
    text_clip(b->words, sizeof b->words, b->c->said, (int)sizeof b->words / 3, 0);
    step(b, PASSBOOK_IDLE);
}

/* --- which lines, on which page ----------------------------------------------------------- */

static void place_run(uv_work_t *work) { passbook_place(work->data); }

static void place_done(uv_work_t *work, int status)
{
    struct passbook *b = work->data;
    char words[SAY_SIZE];
    b->working--;
    if (b->closing) return;
    if (b->page) {
        step(b, PASSBOOK_INSERT);
        step_new(b->c);
        return;
    }
    snprintf(words, sizeof words, "%s %s: %s %s", _("The passbook can't be printed:"), b->err.what, b->err.why, b->err.where);
    stop(b, words);
}

static void lines_came(struct counter *c, int64_t first, const json_t *result, const struct rpc_error *error)
{
    struct passbook *b = book(c);
    struct error err = {0};
    char words[SAY_SIZE];
    int places = 0, place = (int)js_int(b->account, "place");
    if (b->step != PASSBOOK_LINES) return;
    if (error) {
        stop_error(b, error);
        return;
    }
    int a_page = passbook_lines_a_page(b, &places, &err);
    if (a_page == 0) {
        snprintf(words, sizeof words, "%s %s: %s", err.what, err.where, err.why);
        stop(b, words);
        return;
    }
    b->full = place > places;
    b->page_number = (place - 1) / a_page + 1;
    b->row = (place - 1) % a_page + 1;
    json_t *movements = js_at(result, "movements"), *amiss = json_array(), *line;
    size_t i, k;
    json_array_foreach(movements, i, line) /* again: only those that are not whole */
        for (k = 0; b->again && k < json_array_size(js_at(b->account, "amiss")); k++)
            if (json_integer_value(json_array_get(js_at(b->account, "amiss"), k)) == js_int(line, "line")) json_array_append(amiss, line);
    bool some = !b->full && passbook_choose(b, b->again ? amiss : movements, first, a_page - b->row + 1);
    json_decref(amiss);
    if (b->full) stop(b, _("The book is full: type a new one's number, K Enter gives it out."));
    else if (!some) stop(b, _("Every line stands in the book."));
    else on_thread(b, PASSBOOK_PLACE, place_run, place_done);
}

static void ask_lines(struct counter *c)
{
    struct passbook *b = book(c);
    int64_t first = b->again ? json_integer_value(json_array_get(js_at(b->account, "amiss"), 0)) : js_int(b->account, "printed") + 1;
    step(b, PASSBOOK_LINES);
    call_beside(c, "account_lines", json_pack("{s:s, s:I}", "account", js_text(b->account, "account"), "from", (json_int_t)first), lines_came, first);
}

/* Lines that were sent and of which nobody has said how it ended (a counter died, or the line did):
 * the book is looked at before anything else goes into it. */
static void orphans_came(struct counter *c, int64_t tag, const json_t *result, const struct rpc_error *error)
{
    struct passbook *b = book(c);
    json_t *line, *sent = json_array();
    size_t i;
    if (b->step != PASSBOOK_LINES) {
        json_decref(sent);
        return;
    }
    json_array_foreach(js_at(result, "movements"), i, line)
        if (!strcmp(js_text(line, "paper"), "sent")) json_array_append(sent, line);
    bool some = !error && passbook_choose(b, sent, 1, (int)json_array_size(sent));
    json_decref(sent);
    if (error) {
        stop_error(b, error);
    } else if (some) {
        b->jammed = true;
        step(b, PASSBOOK_DOUBT);
        step_new(c);
    } else {
        ask_lines(c);
    }
}

static void ask_orphans(struct counter *c)
{
    struct passbook *b = book(c);
    int64_t from = js_int(b->account, "printed") - ACCOUNT_LINES_ASKED + 1;
    step(b, PASSBOOK_LINES);
    call_beside(c, "account_lines", json_pack("{s:s, s:I}", "account", js_text(b->account, "account"), "from", (json_int_t)(from > 1 ? from : 1)), orphans_came, 0);
}

void passbook_print(struct counter *c, const json_t *account, bool again)
{
    struct passbook *b = book(c);
    const json_t *binding = js_at(c->hello, "printers.passbook");
    if (b->step != PASSBOOK_IDLE) {
        refuse(c, "%s", _("A book is being printed: see to it first."));
        return;
    }
    if (!json_is_object(binding) || !profile_find(js_text(binding, "profile"))) {
        refuse(c, "%s", _("No passbook printer is bound to this terminal: the technician binds one (document: passbook)."));
        return;
    }
    if (!js_int(account, "book")) {
        refuse(c, "%s", _("No book was given out: type its number, K Enter gives it out."));
        return;
    }
    if (again && !json_array_size(js_at(account, "amiss"))) {
        refuse(c, "%s", _("Every line that was printed is whole."));
        return;
    }
    js_keep(&b->account, (json_t *)account);
    b->again = again;
    b->jammed = b->full = false;
    b->words[0] = 0;
    text_copy(b->template, sizeof b->template, *js_text(binding, "template") ? js_text(binding, "template") : "passbook");
    text_copy(b->media, sizeof b->media, js_text(binding, "media"));
    text_copy(b->uri, sizeof b->uri, js_text(binding, "uri"));
    text_copy(b->profile, sizeof b->profile, js_text(binding, "profile"));
    b->offset_x_mm10 = (int)js_int(binding, "offset_x_mm10");
    b->offset_y_mm10 = (int)js_int(binding, "offset_y_mm10");
    ask_orphans(c);
}

/* --- afterwards: the bank is told, the next page ------------------------------------------- */

static void looked_again(struct counter *c, int64_t tag, const json_t *account, const struct rpc_error *error)
{
    struct passbook *b = book(c);
    if (b->step != PASSBOOK_REPORT) return;
    if (error) {
        stop_error(b, error);
        return;
    }
    js_keep(&b->account, (json_t *)account);
    if (screen_is_open(c, &screen_passbook)) screen_passbook.changed(c, screen_state(c, &screen_passbook), "passbook", account);
    bool more = b->again ? json_array_size(js_at(account, "amiss")) > 0 : js_int(account, "printed") < js_int(account, "lines");
    if (more && !b->jammed) { /* the page is full, or the bank gave no more lines at once */
        ask_lines(c);
        return;
    }
    step(b, PASSBOOK_IDLE);
    say(c, "%s", b->jammed ? _("Kept as not whole. Clear the printer; G prints these lines again, with a second person.") : _("The book is printed. Give it back to the customer."));
    printing_kick(c);
}

static void tell_later(uv_timer_t *timer) { tell(timer->data); }

static void told(struct counter *c, const json_t *card, const struct rpc_error *error)
{
    struct passbook *b = book(c);
    if (b->closing) return;
    if (error || !account_posted(card)) { /* it must be told: the bank holds these lines as sent */
        bool refused = card && !strcmp(js_text(card, "forwarded"), "declined");
        if (!refused) {
            text_copy(b->words, sizeof b->words, _("The bank is not reached: it is told as soon as it is."));
            uv_timer_start(&b->again_timer, tell_later, TELL_AGAIN_MS, 0);
            counter_dirty(c);
            return;
        }
        account_said(card, b->words, sizeof b->words);
    }
    b->words[0] = 0;
    memmove(b->told, b->told + 1, (PASSBOOK_TOLD_MAX - 1) * sizeof b->told[0]);
    b->told_count--;
    tell(c);
}

static void tell(struct counter *c)
{
    struct passbook *b = book(c);
    step(b, PASSBOOK_REPORT);
    if (b->told_count == 0) {
        call_beside(c, "account", json_pack("{s:s}", "account", js_text(b->account, "account")), looked_again, 0);
        return;
    }
    json_t *params = json_pack("{s:s, s:O, s:I, s:I, s:s}", "account", js_text(b->account, "account"), "book", js_at(b->account, "book"), "first",
                               (json_int_t)b->told[0].first, "last", (json_int_t)b->told[0].last, "outcome", b->told[0].outcome);
    if (!account_go(c, &(struct account_act){.method = "passbook_result", .params = params, .beside = true, .done = told}))
        uv_timer_start(&b->again_timer, tell_later, TELL_AGAIN_MS / 10, 0); /* another act is under way here */
}

static void result(struct passbook *b, int64_t first, int64_t last, const char *outcome)
{
    if (first > last || b->told_count == PASSBOOK_TOLD_MAX) return;
    b->told[b->told_count].first = first;
    b->told[b->told_count].last = last;
    b->told[b->told_count++].outcome = outcome;
}

void passbook_looked(struct counter *c, int64_t whole)
{
    struct passbook *b = book(c);
    if (b->step != PASSBOOK_DOUBT) return;
    if (whole > b->last) whole = b->last;
    if (whole < b->first) whole = b->first - 1;
    b->jammed = whole < b->last;
    result(b, b->first, whole, "printed");
    result(b, whole + 1, b->last, "spoiled");
    tell(c);
}

/* --- the printer ----------------------------------------------------------------------------- */

static void job_run(uv_work_t *work) { passbook_run(work->data); }

static void job_done(uv_work_t *work, int status)
{
    struct passbook *b = work->data;
    b->working--;
    if (b->closing) return;
    bool unknown = b->outcome.result == PRINT_UNKNOWN, nothing = b->outcome.result == PRINT_NOTHING_SENT;
    if (unknown || b->outcome.result == PRINT_HANDED_OVER) {
        b->jammed = unknown;
        step(b, PASSBOOK_DOUBT);
        step_new(b->c);
        terminal_bell(&b->c->terminal, unknown ? 2 : 1);
        return;
    }
    result(b, b->first, b->last, nothing ? "nothing-sent" : "printed");
    if (nothing) {
        b->jammed = true; /* not gone on with by itself */
        snprintf(b->words, sizeof b->words, "%s %s", _("It was not printed:"), word_printer(b->outcome.state));
    }
    tell(b->c);
}

static void job_came(struct counter *c, int64_t tag, const json_t *job, const struct rpc_error *error)
{
    struct passbook *b = book(c);
    struct entropy chance = entropy_system();
    char hex[2 * CHANCE + 1];
    if (error) { /* not a byte has gone anywhere */
        result(b, b->first, b->last, "nothing-sent");
        b->jammed = true;
        tell(c);
        return;
    }
    size_t i;
    json_t *line;
    js_keep(&b->data, js_at(job, "data"));
    json_array_foreach(js_at(b->data, "lines"), i, line) json_object_set_new(line, "teller", json_string(c->operator_number));
    snprintf(b->name, sizeof b->name, "%.70s-%s", js_text(job, "job"), entropy_hex(&chance, CHANCE, hex, sizeof hex));
    on_thread(b, PASSBOOK_PRINT, job_run, job_done);
}

static void sent(struct counter *c, const json_t *card, const struct rpc_error *error)
{
    struct passbook *b = book(c);
    if (b->closing) return;
    if (error && !strcmp(error->reason, "left")) {
        step(b, PASSBOOK_INSERT);
        return;
    }
    if (error || !account_posted(card)) {
        account_refuse(c, card, error);
        text_clip(b->words, sizeof b->words, c->said, (int)sizeof b->words / 3, 0);
        step(b, PASSBOOK_IDLE);
        return;
    }
    call_beside(c, "passbook_job", json_pack("{s:s}", "key", js_text(card, "key")), job_came, 0);
}

static void send_lines(struct counter *c)
{
    struct passbook *b = book(c);
    char words[SAY_SIZE];
    snprintf(words, sizeof words, "%s\n%s %s  %lld-%lld", _("Lines of a passbook are printed a second time, marked AGAIN"), js_text(b->account, "account"),
             js_text(b->account, "holder"), (long long)b->first, (long long)b->last);
    json_t *params = json_pack("{s:s, s:O, s:I, s:I, s:b}", "account", js_text(b->account, "account"), "book", js_at(b->account, "book"), "first",
                               (json_int_t)b->first, "last", (json_int_t)b->last, "again", b->again);
    step(b, PASSBOOK_SEND);
    if (account_go(c, &(struct account_act){.method = "passbook_send", .params = params, .beside = true, .words = b->again ? words : NULL, .done = sent})) return;
    step(b, PASSBOOK_INSERT);
    refuse(c, "%s", _("Another act is under way: I Enter once it is done."));
}

static void watch_run(uv_work_t *work) { passbook_watch(work->data); }

static void watch_done(uv_work_t *work, int status)
{
    struct passbook *b = work->data;
    b->working--;
    if (b->closing) return;
    step(b, PASSBOOK_INSERT);
    if (b->status.can_print && b->c->signed_on) send_lines(b->c);
    else say(b->c, "%s %s", _("The book is not printed yet:"), word_printer(b->status.state));
}

void passbook_in(struct counter *c)
{
    struct passbook *b = book(c);
    if (b->step != PASSBOOK_INSERT) return;
    if (printing_holds(c, b->uri)) {
        refuse(c, "%s", _("That printer is printing something else: I Enter once it is done."));
        return;
    }
    on_thread(b, PASSBOOK_WATCH, watch_run, watch_done);
}

void passbook_drop(struct counter *c)
{
    struct passbook *b = book(c);
    if (b->step != PASSBOOK_INSERT) return;
    step(b, PASSBOOK_IDLE);
    printing_kick(c);
}

/* --- what others may ask ---------------------------------------------------------------------- */

struct passbook_now passbook_now(const struct counter *c)
{
    const struct passbook *b = c->passbook;
    if (!b) return (struct passbook_now){.account = "", .words = ""};
    return (struct passbook_now){b->step, js_text(b->account, "account"), b->page_number, b->row, b->first, b->last, b->again, b->jammed, b->full, b->words};
}

const json_t *passbook_chosen(const struct counter *c)
{
    const struct passbook *b = c->passbook;
    return b && b->step > PASSBOOK_PLACE ? b->chosen : NULL;
}

bool passbook_waits(const struct counter *c)
{
    return c->passbook && (c->passbook->step == PASSBOOK_INSERT || c->passbook->step == PASSBOOK_DOUBT);
}

bool passbook_holds(const struct counter *c, const char *uri)
{
    const struct passbook *b = c->passbook;
    return b && b->step >= PASSBOOK_INSERT && b->step <= PASSBOOK_DOUBT && !strcmp(b->uri, uri);
}

bool passbook_working(const struct counter *c) { return c->passbook && c->passbook->working > 0; }

void passbook_close(struct counter *c)
{
    struct passbook *b = c->passbook;
    if (!b) return;
    b->closing = true;
    atomic_store(&b->cancel, true);
    uv_close((uv_handle_t *)&b->again_timer, NULL);
    while (b->working) uv_run(c->loop, UV_RUN_ONCE);
    uv_run(c->loop, UV_RUN_NOWAIT); /* the timer is closed before its memory goes */
    page_free(b->page);
    js_keep(&b->account, NULL);
    js_keep(&b->data, NULL);
    js_keep(&b->chosen, NULL);
    c->passbook = NULL;
    free(b);
}
