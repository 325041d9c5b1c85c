/* What stands around every screen: branch and clock above, the worst thing that
 * waits under it, the last payment and the state of link, queue and printer below. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/date.h"
#include "base/text.h"
#include "counter/account.h"

#define KINDS_SHOWN 3

static const char *weekday(day_t day)
{
    static const char *const names[] = {N_("Sun"), N_("Mon"), N_("Tue"), N_("Wed"), N_("Thu"), N_("Fri"), N_("Sat")};
    return _(names[day_weekday(day)]);
}

static void head(struct counter *c)
{
    struct view *view = &c->frame;
    char date[DAY_TEXT_SIZE], now[CLOCK_TEXT_SIZE];
    day_t day;
    const char *text = js_text(c->state, "business_date");
    view_setf(view, "branch", "%s %s", c->options.hanzi ? js_text(c->hello, "branch_name") : "",
              js_text(c->hello, "branch"));
    if (day_parse(text, &day)) view_setf(view, "date", "%s %s", day_format(day, date, sizeof date), weekday(day));
    else view_set(view, "date", "");
    if (!c->signed_on) view_set(view, "teller", _("nobody signed on"));
    else view_setf(view, "teller", "%s %s %s", word_role(c->role), c->operator_number,
                   c->options.hanzi ? js_text(c->operator, "name") : "");
    session_now(c, now, sizeof now);
    view_set(view, "clock", strlen(now) > 11 ? now + 11 : "");
}

/* "! INVOICE IN DOUBT 1; money to be given back 2   F6" */
static bool attention_waits(struct counter *c, char *buf, size_t size)
{
    const json_t *list = js_at(c->state, "attention");
    size_t at = 0, count = json_array_size(list);
    for (size_t i = 0; i < count && i < KINDS_SHOWN && at < size; i++) {
        const json_t *one = json_array_get(list, i);
        at += (size_t)snprintf(buf + at, size - at, "%s%s %lld", i ? "; " : "! ", word_kind(js_text(one, "kind")),
                               (long long)js_int(one, "count"));
    }
    if (count > KINDS_SHOWN && at < size) at += (size_t)snprintf(buf + at, size - at, " ...");
    if (count && at < size) at += (size_t)snprintf(buf + at, size - at, "   F6");
    bool plain = false, paper = printing_wants(c, &plain) != NULL;
    if (paper && at < size)
        at += (size_t)snprintf(buf + at, size - at, "%s%s%s", count ? "   " : "! ", plain ? _("PUT PLAIN PAPER IN") : _("PUT PAPER IN"),
                               printing_watching(c) ? "" : "   F6");
    bool book = passbook_waits(c);
    if (book && at < size)
        at += (size_t)snprintf(buf + at, size - at, "%s%s   F6", count || paper ? "   " : "! ", passbook_now(c).step == PASSBOOK_DOUBT ? _("PASSBOOK: is it whole?") : _("PUT THE PASSBOOK IN"));
    bool trouble = c->signed_on && !paper && printing_trouble(c);
    if (trouble && at < size)
        snprintf(buf + at, size - at, "%s%s%s", count ? "   " : "! ", printing_words(c),
                 count ? "" : _(". Invoices wait; collecting goes on."));
    return count > 0 || trouble || paper || book;
}

static void attention(struct counter *c)
{
    char text[SAY_SIZE] = "";
    const char *stopped = js_text(c->state, "stopped");
    if (!session_online(c))
        snprintf(text, sizeof text, "%s", _("! BRANCH HOST AWAY. Nothing can be recorded; what was recorded is safe."));
    else if (*stopped)
        snprintf(text, sizeof text, "! %s %s", _("NO MONEY IS TAKEN:"), stopped);
    else if (!attention_waits(c, text, sizeof text) && c->state && !js_true(c->state, "link.up"))
        snprintf(text, sizeof text, _("! OFF LINE since %.5s. Collecting from the copy. Not now: refunds, accounts."),
                 strlen(js_text(c->state, "link.since")) > 11 ? js_text(c->state, "link.since") + 11 : "--:--");
    view_set(&c->frame, "attention", text);
    view_ink(&c->frame, "attention", INK_ALARM);
}

static void state_line(struct counter *c)
{
    struct view *view = &c->frame;
    char number[WORD_SIZE] = "";
    const char *since = js_text(c->state, "link.since");
    if (!session_online(c)) view_set(view, "link", _("BRANCH HOST AWAY"));
    else if (js_true(c->state, "link.up"))
        view_setf(view, "link", _("On line %lld ms"), (long long)js_int(c->state, "link.rtt_ms"));
    else view_setf(view, "link", _("OFF LINE since %.5s"), strlen(since) > 11 ? since + 11 : "--:--");
    view_setf(view, "queue", "%s %lld", _("Queue"), (long long)js_int(c->state, "queue"));
    if (printing_now(c, number, sizeof number)) view_setf(view, "printer", _("Printing %s"), number);
    else view_set(view, "printer", printing_words(c));
    if (js_has(c->state, "book_waits"))
        view_setf(view, "number", _("Book waits %s"), js_text(c->state, "book_waits"));
    else if (js_has(c->state, "next_number"))
        view_setf(view, "number", _("Next No %s"), js_text(c->state, "next_number"));
    else view_set(view, "number", c->signed_on ? _("No numbers") : "");
}

void frame_fill(struct counter *c)
{
    char last[SAY_SIZE];
    head(c);
    attention(c);
    words_last(c, c->signed_on ? c->last : NULL, last, sizeof last);
    view_set(&c->frame, "last", last);
    view_set(&c->frame, "last-word", *last ? _("Last") : "");
    state_line(c);
}
