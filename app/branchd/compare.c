#include "branchd/compare.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define FIELDS 10 /* key|processing code|state|customer|bill amounts|total|disposition|rest|approval|time */

/* --- the utility's rows ------------------------------------------------------------------ */

int compare_read(const struct iso_slice *record, const char *bank, const char *branch, struct compare_theirs *out)
{
    char text[ISO_FIELD_MAX + 1], *f[FIELDS], *end;
    struct key key;
    size_t count = 0;
    if (record->len > ISO_FIELD_MAX) return -1;
    memcpy(text, record->text, record->len);
    text[record->len] = '\0';
    if (strncmp(text, "PAYMENTS|", 9) == 0 || strncmp(text, "END|", 4) == 0) return 0;
    for (char *at = text; at && count < FIELDS; count++) {
        f[count] = at;
        at = strchr(at, '|');
        if (at) *at++ = '\0';
        else if (count + 1 < FIELDS) return -1;
    }
    if (count != FIELDS || !key_parse(f[0], &key) || strcmp(key.bank, bank) != 0 || strcmp(key.branch, branch) != 0 || !text_digits(f[5]))
        return -1;
    out->amount_fen = strtoll(f[5], &end, 10);
    memcpy(out->ref, key.ref, sizeof out->ref);
    return text_copy(out->state, sizeof out->state, f[2]) ? 1 : -1;
}

/* --- judging --------------------------------------------------------------------------------- */

/* What a ledger's state may be beside each state at the utility. What is on its
 * way to agree with it is no difference: the queue brings it there. */
static const struct { const char *theirs, *ours[7]; } agree[] = {
    {"posted", {"posted", "excepted", "reversing", "settled", "recorded", "advised", "undoing"}},
    {"reversed", {"reversed", "reversing"}},
    {"undone", {"undone", "short", "undoing", "settled"}},
    {"tombstone", {"undone", "undoing", "settled", "excepted"}},
    {"declined", {"declined", "recorded", "advised", "undoing"}},
};
/* What may be here with nothing there: not sent yet, or nothing that was ever posted. */
static const char *const alone[] = {"recorded", "advised", "undoing", "undone", "declined"};

static bool states_agree(const char *ours, const char *theirs)
{
    for (size_t i = 0; i < sizeof agree / sizeof *agree; i++)
        for (size_t j = 0; strcmp(agree[i].theirs, theirs) == 0 && j < 7 && agree[i].ours[j]; j++)
            if (strcmp(agree[i].ours[j], ours) == 0) return true;
    return false;
}

static bool may_be_alone(const char *ours)
{
    for (size_t i = 0; i < sizeof alone / sizeof *alone; i++)
        if (strcmp(alone[i], ours) == 0) return true;
    return false;
}

/* --- both sides, by key ------------------------------------------------------------------------ */

struct found { struct ledger_difference *rows; int count, max; };

static void add(struct found *f, const char *ref, const char *kind, int64_t ours_fen, int64_t theirs_fen, const char *ours, const char *theirs)
{
    if (f->count < f->max) {
        struct ledger_difference *d = &f->rows[f->count];
        text_copy(d->ref, sizeof d->ref, ref);
        text_copy(d->kind, sizeof d->kind, kind);
        d->ours_fen = ours_fen;
        d->theirs_fen = theirs_fen;
        snprintf(d->words, sizeof d->words, "here %.12s, at the utility %.12s", ours ? ours : "nothing", theirs ? theirs : "nothing");
    }
    f->count++;
}

static void both(struct found *f, const struct ledger_keyed *o, const struct compare_theirs *t)
{
    /* a tombstone knows no sum */
    bool sums = strcmp(t->state, "tombstone") == 0 || o->amount_fen == t->amount_fen;
    if (!states_agree(o->state, t->state)) add(f, o->ref, "state", o->amount_fen, t->amount_fen, o->state, t->state);
    else if (!sums) add(f, o->ref, "amount", o->amount_fen, t->amount_fen, o->state, t->state);
}

static void theirs_alone(struct found *f, const struct compare_theirs *t, int epoch)
{
    int of = (t->ref[0] - '0') * 10 + (t->ref[1] - '0');
    add(f, t->ref, of < epoch ? "only there" : "not ours", -1, t->amount_fen, NULL, t->state);
}

int compare_day(const struct ledger_keyed *ours, int our_count, const struct compare_theirs *theirs, int their_count, int epoch,
                struct ledger_difference *out, int max)
{
    struct found f = {out, 0, max};
    int o = 0, t = 0;
    while (o < our_count || t < their_count) {
        int order = o == our_count ? 1 : t == their_count ? -1 : strcmp(ours[o].ref, theirs[t].ref);
        if (order == 0) both(&f, &ours[o++], &theirs[t++]);
        else if (order > 0) theirs_alone(&f, &theirs[t++], epoch);
        else if (may_be_alone(ours[o].state)) o++;
        else add(&f, ours[o].ref, "only here", ours[o].amount_fen, -1, ours[o].state, NULL), o++;
    }
    return f.count;
}

const char *compare_act(const char *kind)
{
    static const struct { const char *kind, *act; } acts[] = {
        {"only here", "ask the utility for this key; it was answered, so its books lack it"},
        {"only there", "a payment from before a restore: two people adopt it"},
        {"not ours", "ALARM: somebody speaks in this branch's name; a new certificate, then settle it with the utility"},
        {"amount", "compare paper and till, then settle it with the utility"},
        {"state", "ask for the state of this key, then settle it with the utility"},
    };
    for (size_t i = 0; i < sizeof acts / sizeof *acts; i++)
        if (strcmp(acts[i].kind, kind) == 0) return acts[i].act;
    return "";
}
