/* What branchd's fixed words are called on the screen. */
#include <stdio.h>
#include <string.h>

#include "base/money.h"
#include "base/text.h"
#include "counter/account.h"
#include "counter/printers.h"
#include "counter/printing.h"

#define CUSTOMER_CELLS 10
#define NAME_CELLS 10
#define SUM_CELLS 10

struct word { const char *word, *text; };

/* Every reason of RPC.md: what, and what to do next. */
static const struct reason { const char *reason, *what, *remedy; } reasons[] = {
    {"parse", N_("The branch host could not read what was sent"), N_("Report it to the technician.")},
    {"request", N_("The branch host could not read what was sent"), N_("Report it to the technician.")},
    {"method", N_("The branch host does not know this act"), N_("Its version is another: report it to the technician.")},
    {"params", N_("The branch host refused what was entered"), N_("Correct the entry.")},
    {"sign-on", N_("Nobody is signed on here"), N_("Sign on.")},
    {"role", N_("This is not for your role"), N_("Ask whoever may do it.")},
    {"locked", N_("The terminal is locked"), N_("Unlock it.")},
    {"password", N_("Wrong number or password"), N_("Type both again.")},
    {"locked-out", N_("Too many wrong passwords: this number is locked"), N_("A supervisor unlocks it, or wait.")},
    {"must-change", N_("The password must be changed first"), N_("Choose a new one (F10).")},
    {"weak", N_("This password is too weak"), N_("Choose a longer one that is not your number or a common word.")},
    {"session-elsewhere", N_("This person is signed on at another terminal"), N_("Sign off there first.")},
    {"till", N_("The till is not open"), N_("Count the float and enter it.")},
    {"approval", N_("A second person must approve"), N_("That person signs here.")},
    {"approval-role", N_("This person may not approve it"), N_("Ask a supervisor.")},
    {"approval-same", N_("You can't approve your own act"), N_("Somebody else signs here.")},
    {"approval-expired", N_("The approval has lapsed"), N_("Have it signed again.")},
    {"approval-used", N_("This approval was used already"), N_("Have it signed again.")},
    {"approval-altered", N_("What was approved was something else"), N_("Have it signed again.")},
    {"approval-password", N_("Wrong number, password or code of the second person"), N_("Type them again; a code is good once.")},
    {"approval-code", N_("A one-time code is wanted"), N_("Type the password and the code; who has none gets codes from two supervisors.")},
    {"unknown-customer", N_("No such customer"), N_("Check the number, or search with F4.")},
    {"nothing-to-pay", N_("Nothing is to be paid"), N_("Cash can be kept as credit.")},
    {"window", N_("Not payable at the bank any more"), N_("Send the customer to the power bureau.")},
    {"withheld", N_("Being debited from the customer's account"), N_("Money is put on it at Special account (F10); else look again after the debit.")},
    {"not-open", N_("Not payable yet"), N_("Come again on the date shown.")},
    {"paid", N_("Already paid"), N_("Look the customer up again.")},
    {"older-unpaid", N_("Older bills come first"), N_("Take the older ones too.")},
    {"amount-changed", N_("The sum has changed"), N_("Look at the new sum; the cash typed is kept.")},
    {"in-hand", N_("A payment of this bill is under way here"), N_("Wait for its outcome.")},
    {"offline-limit", N_("Over what may be taken off line"), N_("Wait for the line, or take less.")},
    {"copy-old", N_("The copy of the bills is too old"), N_("Wait for the line.")},
    {"no-copy", N_("There is no copy of the bills here"), N_("Wait for the line.")},
    {"limit", N_("Over the limit"), N_("Take less.")},
    {"cash-short", N_("The cash is short"), N_("The missing sum comes first.")},
    {"prepaid", N_("Credit can't be kept for this customer"), N_("Give the whole change.")},
    {"link", N_("The line to the utility is down"), N_("Try again when it is back.")},
    {"no-answer", N_("The utility did not answer in time"), N_("Try again.")},
    {"refused", N_("The utility refused"), N_("See the reason.")},
    {"token", N_("What is on the screen has lapsed"), N_("Look at it again; nothing was recorded.")},
    {"state", N_("It is in another state by now"), N_("Look at it again with F5.")},
    {"number", N_("The invoice number does not fit"), N_("Look at the paper again.")},
    {"book", N_("No invoice numbers are loaded"), N_("A supervisor loads a book.")},
    {"day", N_("The business day is not open"), N_("A supervisor opens it.")},
    {"startup", N_("There are things to settle first"), N_("F6 shows them.")},
    {"stopped", N_("No money is taken now"), N_("Tell the supervisor.")},
    {"internal", N_("The branch host failed at this"), N_("Report it to the technician.")},
    {"away", N_("The branch host does not answer"), N_("Nothing new can be recorded until it is back.")},
    {"left", N_("Left without approval"), N_("Nothing was changed. F9: sign after all.")},
};

static const struct word forwards[] = {
    {"waiting", N_("WAIT: keep customer and change")}, {"posted", N_("forwarded")},
    {"queued", N_("queued")}, {"declined", N_("DECLINED (F6)")},
    {"unknown", N_("NO ANSWER: keep the cash (F6)")}, {"undoing", N_("being turned back")},
    {"undone", N_("turned back")}, {"reversing", N_("being reversed")}, {"reversed", N_("reversed")},
    {"excepted", N_("excepted: for the supervisor")}, {"short", N_("turned back in part")},
    {"settled", N_("settled by people")},
};

static const struct word kinds[] = {
    {"restored", N_("AFTER A RESTORE: two supervisors")}, {"declined", N_("PAYMENT DECLINED")}, {"no-answer", N_("NO ANSWER to a payment")},
    {"unacknowledged", N_("PAYMENT NOT SEEN by the teller")}, {"doubt", N_("INVOICE IN DOUBT")},
    {"handed-over", N_("invoice handed over, to be confirmed")}, {"give-back", N_("money to be given back")},
    {"exception", N_("exception")}, {"short", N_("turned back in part")}, {"parked", N_("message set aside")},
    {"agreement", N_("day not agreed with the utility")},
};

static const struct word invoices[] = {
    {"planned", N_("to be printed")}, {"sent", N_("confirm F6")},
    {"confirmed", N_("printed")}, {"spoiled", N_("spoiled")}, {"cancelled", N_("cancelled")},
    {"dropped", N_("not printed")},
};

static const struct word acts[] = {
    {"pay", N_("payment above the limit")}, {"hand_back", N_("cash handed back")}, {"counterfeit", N_("counterfeit note")},
    {"refund", N_("refund of credit")}, {"transfer", N_("wrong number corrected")}, {"till_count", N_("till counted again")},
    {"till_cash", N_("cash in or out of a till")}, {"till_close", N_("till closed")}, {"till_handover", N_("till handed over")},
    {"abandon", N_("payment abandoned")}, {"undo", N_("queued payment undone")}, {"reverse", N_("payment reversed")},
    {"unacknowledged_answer", N_("cash never taken")}, {"reprint_data", N_("copy of an invoice")}, {"spoil", N_("invoice spoiled")},
    {"invoice_answer", N_("invoice spoiled")}, {"book_load", N_("book of numbers")}, {"settle", N_("exception settled")},
    {"number_lost", N_("numbers written off")}, {"number_receive", N_("numbers received")},
    {"number_return", N_("numbers returned")}, {"vault", N_("vault")}, {"till_force_close", N_("absent teller's till")},
    {"day_close", N_("day closed")}, {"clock_confirm", N_("date confirmed")}, {"operator_unlock", N_("operator unlocked")},
    {"operator_add", N_("operator added")}, {"operator_set", N_("operator changed")}, {"operator_password", N_("new first password")},
    {"operator_code", N_("new one-time codes")},
    {"repair", N_("difference mended")}, {"restore_answer", N_("spoken for after a restore")}, {"restore_adopt", N_("payment taken up again")},
    {"restore_done", N_("restore finished")}, {"account_open", N_("account opened")}, {"account_link", N_("account's customers")},
    {"account_deposit", N_("deposit above the limit")}, {"account_withdraw", N_("cash out of an account")}, {"account_close", N_("account closed")},
    {"account_freeze", N_("account unfrozen")}, {"account_pay", N_("bills paid from an account")}, {"passbook_book", N_("another passbook")},
    {"passbook_send", N_("passbook lines again")}, {"passbook_result", N_("passbook lines")},
};

static const struct word processes[] = {
    {"refund", N_("refund of credit")}, {"transfer", N_("wrong number corrected")}, {"account-payment", N_("bills paid from an account")},
    {"deposit", N_("deposit")}, {"withdrawal", N_("withdrawal")}, {"open", N_("account opened")}, {"close", N_("account closed")},
    {"link", N_("account's customers")}, {"freeze", N_("account frozen or unfrozen")}, {"passbook", N_("passbook lines")},
};

static const struct word states[] = {
    {"teller", N_("Teller")}, {"supervisor", N_("Supervisor")}, {"technician", N_("Technician")}, {"outside", N_("Other branch")}, {"loaded", N_("loaded")},
    {"ended", N_("taken out")}, {"received", N_("received")}, {"returned", N_("returned")}, {"told again", N_("told again")}, {"undone again", N_("undone again")}, {"explained", N_("explained")},
    {"recorded", N_("recorded")}, {"posted", N_("posted")}, {"declined", N_("declined")},
    {"tombstone", N_("undone unseen")}, {"advised", N_("queued")}, {"undoing", N_("being turned back")}, {"undone", N_("turned back")},
    {"reversing", N_("being reversed")}, {"reversed", N_("reversed")}, {"excepted", N_("excepted")},
    {"short", N_("turned back in part")}, {"settled", N_("settled")},
    {"open", N_("open")}, {"counted", N_("counted")}, {"closed", N_("closed")}, {"none", N_("not open")},
    {"locked", N_("locked")}, {"ready", N_("ready")}, {"in flight", N_("in flight")}, {"parked", N_("set aside")},
    {"done", N_("done")}, {"closing", N_("closing")}, {"cut off", N_("cut off")},
    {"not asked", N_("not agreed yet")}, {"asked", N_("being agreed")}, {"agreed", N_("agreed")},
    {"differences", N_("DIFFERENCES")}, {"no answer", N_("no answer yet")}, {"re-opened", N_("re-opened")},
};

static const char *const printers[PRINTER_STATES] = {
    [PRINTER_READY] = N_("ready"), [PRINTER_UNKNOWN] = N_("not asked"), [PRINTER_PAPER_LOW] = N_("paper low"),
    [PRINTER_UNREACHABLE] = N_("NOT REACHED"), [PRINTER_SILENT] = N_("NO ANSWER"),
    [PRINTER_PAPER_OUT] = N_("OUT OF PAPER"), [PRINTER_COVER_OPEN] = N_("COVER OPEN"), [PRINTER_ERROR] = N_("ERROR"),
    [PRINTER_OFFLINE] = N_("OFF LINE"),
};

static const struct word documents[] = {
    {"invoice", N_("invoice")}, {"receipt", N_("receipt")}, {"passbook", N_("passbook")}, {"report", N_("reports")},
};

static const struct word results[] = {
    {"nothing-sent", N_("NOTHING SENT")}, {"handed-over", N_("handed over")}, {"confirmed", N_("confirmed")}, {"unknown", N_("NOT KNOWN")},
    {"sending", N_("sending")},
};

static const char *find(const struct word *words, size_t count, const char *word)
{
    for (size_t i = 0; i < count; i++)
        if (!strcmp(words[i].word, word)) return _(words[i].text);
    return word; /* a newer branchd's: shown as it is */
}
#define FIND(words, word) find((words), sizeof(words) / sizeof((words)[0]), (word))

const char *word_forwarded(const char *word) { return FIND(forwards, word); }
const char *word_kind(const char *kind) { return FIND(kinds, kind); }
const char *word_invoice(const char *state) { return FIND(invoices, state); }
const char *word_state(const char *state) { return FIND(states, state); }
const char *word_outcome(const char *outcome) { return FIND(results, outcome); }
const char *word_result(enum print_result result) { return FIND(results, print_result_name(result)); }

const char *words_documents(const char *list, char *buf, size_t size)
{
    char one[WORD_SIZE];
    size_t at = 0;
    buf[0] = 0;
    for (const char *p = list; *p && at < size;) {
        size_t len = strcspn(p, ",");
        snprintf(one, sizeof one, "%.*s", (int)len, p);
        at += (size_t)snprintf(buf + at, size - at, "%s%s", at ? "," : "", FIND(documents, one));
        p += len;
        p += strspn(p, ", ");
    }
    return buf;
}
const char *word_process(const char *process) { return FIND(processes, process); }
const char *word_act(const char *method) { return FIND(acts, method); }

const char *word_printer(enum printer_state state)
{
    return state < PRINTER_STATES ? _(printers[state]) : "";
}

static const struct reason *reason_of(const char *word)
{
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++)
        if (!strcmp(reasons[i].reason, word)) return &reasons[i];
    return NULL;
}

bool word_known(const char *reason) { return reason_of(reason) != NULL; }

const char *word_reason(const char *reason)
{
    const struct reason *r = reason_of(reason);
    return r ? _(r->what) : reason;
}

const char *word_remedy(const char *reason)
{
    const struct reason *r = reason_of(reason);
    return r ? _(r->remedy) : "";
}

const char *word_role(unsigned role)
{
    return role == ROLE_SUPERVISOR ? _("Superv") : role == ROLE_TECHNICIAN ? _("Technician") : _("Teller");
}

/* branchd's reasons are English; to a Chinese reader only their figures are of use. */
static const char *why_of(const struct rpc_error *error)
{
    bool chinese = *_("recorded") & 0x80;
    bool about_people = error->code == 1 || error->code == 2;
    return chinese && (about_people || !strpbrk(error->why, "0123456789")) ? "" : error->why;
}

void words_error(const struct rpc_error *error, char *buf, size_t size)
{
    const struct reason *r = reason_of(error->reason);
    const char *what = r ? _(r->what) : error->message, *why = why_of(error);
    const char *remedy = r ? _(r->remedy) : error->remedy;
    char code[32] = "";
    if (*error->response) snprintf(code, sizeof code, " (%s)", error->response);
    snprintf(buf, size, "%s%s%s%s%s%s", what, code, *why ? ": " : "", why, _(". "), remedy);
}

void words_paper(const struct counter *c, const json_t *card, char *buf, size_t size)
{
    const char *state = js_text(card, "invoice.state"), *number = js_text(card, "invoice.number");
    char now[WORD_SIZE] = "";
    buf[0] = 0;
    if (!*state) return;
    if (printing_now(c, now, sizeof now) && !strcmp(state, "sent") && !strcmp(now, number))
        snprintf(buf, size, _("printing %s"), number);
    else if (*number) snprintf(buf, size, "%s %s", FIND(invoices, state), number);
    else snprintf(buf, size, "%s", FIND(invoices, state));
}

static size_t cell(char *buf, size_t size, const char *text, int cells, bool right)
{
    char clip[SAY_SIZE];
    int used = text_clip(clip, sizeof clip, text, cells, '>');
    int pad = cells - used;
    return (size_t)snprintf(buf, size, "%*s%s%*s ", right ? pad : 0, "", clip, right ? 0 : pad, "");
}

void words_last(const struct counter *c, const json_t *card, char *buf, size_t size)
{
    char sum[MONEY_TEXT_SIZE], paper[SAY_SIZE / 4];
    size_t at = 0;
    buf[0] = 0;
    if (!card) return;
    char account[WORD_SIZE];
    bool of_account = !*js_text(card, "customer"); /* a deposit and its like is for no customer */
    at += cell(buf + at, size - at, of_account ? account_short(js_text(card, "account"), account, sizeof account) : js_text(card, "customer"), CUSTOMER_CELLS, false);
    at += cell(buf + at, size - at, c->options.hanzi ? js_text(card, "name") : "", NAME_CELLS, false);
    at += cell(buf + at, size - at, money_format_grouped(js_int(card, "total_fen"), sum, sizeof sum), SUM_CELLS, true);
    words_paper(c, card, paper, sizeof paper);
    const char *forward = js_text(card, "forwarded");
    bool wait = !strcmp(forward, "waiting") || !strcmp(forward, "unknown");
    bool onward = wait || !strcmp(forward, "posted") || !strcmp(forward, "queued"); /* the words of a way back are long */
    snprintf(buf + at, size - at, "%s%s%s%s%s", onward ? _("recorded") : "", onward ? " - " : "", FIND(forwards, forward),
             *paper && !wait ? " - " : "", wait ? "" : paper);
}
