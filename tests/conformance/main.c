/* conformance: does a front end do what PROTOCOL.md says? A verdict a line. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/secret.h"
#include "base/text.h"
#include "conformance/conformance.h"
#include "wire/billfile.h"

#define KEYS_A_RUN 10000 /* put aside before the first is used */

static const struct case_table *const tables[] = {&line_cases, &inquiry_cases, &payment_cases, &undo_cases, &day_cases, &close_cases};
#define TABLES (sizeof tables / sizeof *tables)

static void help(void)
{
    fputs("NAME\n"
          "    conformance - try a front end of the collection protocol against PROTOCOL.md\n"
          "\n"
          "SYNOPSIS\n"
          "    conformance --address HOST:PORT --ca FILE --cert FILE --key FILE --peer NAME\n"
          "                [--bank N] [--branch N] [--terminal N] [--customer N ...]\n"
          "                [--bills FILE] [--state FILE] [--only PREFIX] [--wait MS] [--slow]\n"
          "                [--close-day] [--shift-s N] [--utc-offset +hh:mm] [--list]\n"
          "\n"
          "DESCRIPTION\n"
          "    Calls the front end of a utility, or of a bank before one, as a branch of its own,\n"
          "    and tries each clause of PROTOCOL.md on it. Use a test system: it posts payments,\n"
          "    of 1.00 and of whole bills, and takes them back again. What it can't take back it\n"
          "    leaves: its keys are kept for ever, as all are.\n"
          "\n"
          "    A line a case: ok, FAIL or skipped, the case's name, the heading of PROTOCOL.md\n"
          "    that it is about, what was expected; behind FAIL and skipped: why. The last line\n"
          "    counts them.\n"
          "\n"
          "OPTIONS\n"
          "    --address HOST:PORT  where the front end listens\n"
          "    --ca, --cert, --key  PEM files: the private CA, this caller's certificate and key.\n"
          "                         Its access policy must let the certificate speak for the bank\n"
          "                         and branch below, with all kinds of message\n"
          "    --peer NAME          common name that the front end's certificate must bear\n"
          "    --bank N             DE 32 (102)\n"
          "    --branch N           DE 42 (0311-0007): a branch that nothing else uses meanwhile\n"
          "    --terminal N         DE 41 (90)\n"
          "    --customer N         DE 103 of a customer with open bills; may be given again.\n"
          "                         Cases look for what they need: a bill that can be paid, one\n"
          "                         past due, two open ones, one before and one after its window\n"
          "    --bills FILE         a bills file that the front end has taken in: its customers,\n"
          "                         the first 200\n"
          "    --state FILE         keeps the branch's random number and counter between runs, so\n"
          "                         that no key is used twice (conformance-BANK-BRANCH.state)\n"
          "    --only PREFIX        only cases whose name begins so\n"
          "    --wait MS            for each answer (5000)\n"
          "    --slow               also what takes seconds: half a frame\n"
          "    --close-day          at last, close the branch's day with totals after cut-off; no\n"
          "                         payment of that branch and day is taken after it\n"
          "    --shift-s N          the front end's clock is N seconds ahead of this one\n"
          "    --utc-offset +hh:mm  local civil time less UTC (+08:00)\n"
          "    --list               name the cases and end\n"
          "\n"
          "EXIT STATUS\n"
          "    0  every case ok or skipped      1  at least one FAIL\n"
          "    64 wrong call   66 a file can't be read   69 no connection, or no sign-on\n"
          "    73 the state file can't be written\n"
          "\n"
          "EXAMPLES\n"
          "    A utility's own front end, called as bank 102:\n"
          "        conformance --address 10.0.0.5:9101 --ca ca.crt --cert bank-102.crt \\\n"
          "            --key bank-102.key --peer utility --bills bills-2026-10.txt\n"
          "    A bank's, called as one of its branches:\n"
          "        conformance --address 10.9.0.2:9102 --ca ca.crt --cert branch-0311-0007.crt \\\n"
          "            --key branch-0311-0007.key --peer bank-102 --customer 0499110001\n", stdout);
}

/* --- options ------------------------------------------------------------------------------ */

static int take_customer(void *ctx, const struct bill *bill, char *why, size_t size)
{
    struct options *o = ctx;
    for (size_t i = 0; i < o->customer_count; i++)
        if (strcmp(o->customers[i], bill->customer) == 0) return 0;
    char *copy = o->customer_count < CUSTOMERS_MAX ? strdup(bill->customer) : NULL;
    if (copy) o->customers[o->customer_count++] = copy;
    return 0;
}

static int read_bills(struct options *o, const char *path)
{
    static struct recfile_report report;
    static const struct billfile_events events = {.bill = take_customer};
    struct error err;
    if (billfile_read(path, RECFILE_FIND_OUT, &events, o, NULL, &report, &err) == 0) return EX_OK;
    error_print("conformance", &err);
    return EX_NOINPUT;
}

static bool parse_offset(const char *text, int32_t *out)
{
    int h, m;
    char sign;
    if (sscanf(text, "%c%2d:%2d", &sign, &h, &m) != 3 || (sign != '+' && sign != '-') || h > 14 || m > 59) return false;
    *out = (h * 3600 + m * 60) * (sign == '-' ? -1 : 1);
    return true;
}

static int wrong(const char *what)
{
    fprintf(stderr, "conformance: %s; conformance --help says how it is called\n", what);
    return EX_USAGE;
}

enum { O_ADDRESS = 1, O_CA, O_CERT, O_KEY, O_PEER, O_BANK, O_BRANCH, O_TERMINAL, O_CUSTOMER, O_BILLS, O_STATE, O_ONLY, O_WAIT, O_SLOW, O_CLOSE, O_SHIFT,
       O_OFFSET, O_LIST, O_HELP };

static int read_options(struct options *o, int argc, char **argv)
{
    static const struct option all[] = {
        {"address", 1, NULL, O_ADDRESS}, {"ca", 1, NULL, O_CA}, {"cert", 1, NULL, O_CERT}, {"key", 1, NULL, O_KEY}, {"peer", 1, NULL, O_PEER},
        {"bank", 1, NULL, O_BANK}, {"branch", 1, NULL, O_BRANCH}, {"terminal", 1, NULL, O_TERMINAL}, {"customer", 1, NULL, O_CUSTOMER},
        {"bills", 1, NULL, O_BILLS}, {"state", 1, NULL, O_STATE}, {"only", 1, NULL, O_ONLY}, {"wait", 1, NULL, O_WAIT}, {"slow", 0, NULL, O_SLOW},
        {"close-day", 0, NULL, O_CLOSE}, {"shift-s", 1, NULL, O_SHIFT}, {"utc-offset", 1, NULL, O_OFFSET}, {"list", 0, NULL, O_LIST},
        {"help", 0, NULL, O_HELP}, {0}};
    const char *bills = NULL;
    int c;
    while ((c = getopt_long(argc, argv, "", all, NULL)) != -1) {
        switch (c) {
        case O_ADDRESS: o->line.address = optarg; break;
        case O_CA: o->line.ca = optarg; break;
        case O_CERT: o->line.cert = optarg; break;
        case O_KEY: o->line.key = optarg; break;
        case O_PEER: o->line.peer = optarg; break;
        case O_BANK: text_copy(o->bank, sizeof o->bank, optarg); break;
        case O_BRANCH: text_copy(o->branch, sizeof o->branch, optarg); break;
        case O_TERMINAL: text_copy(o->terminal, sizeof o->terminal, optarg); break;
        case O_CUSTOMER: if (o->customer_count < CUSTOMERS_MAX) o->customers[o->customer_count++] = optarg; break;
        case O_BILLS: bills = optarg; break;
        case O_STATE: text_copy(o->state, sizeof o->state, optarg); break;
        case O_ONLY: o->only = optarg; break;
        case O_WAIT: o->wait_ms = strtoll(optarg, NULL, 10); break;
        case O_SLOW: o->slow = true; break;
        case O_CLOSE: o->close_day = true; break;
        case O_SHIFT: o->shift_s = strtoll(optarg, NULL, 10); break;
        case O_OFFSET: if (!parse_offset(optarg, &o->offset_s)) return wrong("--utc-offset is +hh:mm"); break;
        case O_LIST: o->list = true; break;
        case O_HELP: help(); exit(EX_OK);
        default: return wrong("there is no such option");
        }
    }
    if (optind != argc) return wrong("it takes options alone");
    if (o->list) return EX_OK;
    if (!o->line.address || !o->line.ca || !o->line.cert || !o->line.key || !o->line.peer) return wrong("--address, --ca, --cert, --key and --peer are needed");
    if (!o->bank[0] || !o->branch[0] || o->wait_ms < 1) return wrong("--bank, --branch or --wait is of no use");
    if (!o->state[0]) snprintf(o->state, sizeof o->state, "conformance-%s-%s.state", o->bank, o->branch);
    return bills ? read_bills(o, bills) : EX_OK;
}

/* --- what outlasts a run --------------------------------------------------------------------- */

/* Written, and on the disk, before a key of it is used. */
static int put_keys_aside(struct run *r)
{
    struct entropy chance = entropy_system();
    char temporary[320];
    FILE *in = fopen(r->opt.state, "r");
    if (in == NULL || fscanf(in, "%32s %" SCNd64, r->nonce, &r->counter) != 2 || strlen(r->nonce) != 32) {
        entropy_hex(&chance, 16, r->nonce, sizeof r->nonce);
        r->counter = 0;
    }
    if (in) fclose(in);
    snprintf(temporary, sizeof temporary, "%s.new", r->opt.state);
    FILE *out = fopen(temporary, "w");
    bool good = out && fprintf(out, "%s %" PRId64 "\n", r->nonce, r->counter + KEYS_A_RUN) > 0 && fflush(out) == 0 && fsync(fileno(out)) == 0;
    if (out && fclose(out) != 0) good = false;
    if (good && rename(temporary, r->opt.state) == 0) return EX_OK;
    fprintf(stderr, "conformance: %s: %s\n", r->opt.state, strerror(errno));
    return EX_CANTCREAT;
}

/* --- cases --------------------------------------------------------------------------------- */

static void verdict(const struct test_case *c, enum outcome outcome, const char *why)
{
    static const char *const words[] = {"ok", "FAIL", "skipped"};
    printf("%-8s %-18s %-18s %s%s%s\n", words[outcome], c->name, c->clause, c->what, outcome == CASE_OK ? "" : ": ", outcome == CASE_OK ? "" : why);
    fflush(stdout);
}

static bool is_wanted(const struct run *r, const struct test_case *c)
{
    return r->opt.only == NULL || strncmp(c->name, r->opt.only, strlen(r->opt.only)) == 0;
}

static int run_all(struct run *r)
{
    int counts[3] = {0};
    for (size_t t = 0; t < TABLES; t++)
        for (size_t i = 0; i < tables[t]->count; i++) {
            const struct test_case *c = &tables[t]->rows[i];
            if (!is_wanted(r, c)) continue;
            r->outcome = CASE_OK;
            r->why[0] = '\0';
            c->run(r);
            verdict(c, r->outcome, r->why);
            counts[r->outcome]++;
        }
    printf("conformance: %d ok, %d failed, %d skipped\n", counts[CASE_OK], counts[CASE_FAILED], counts[CASE_SKIPPED]);
    return counts[CASE_FAILED] ? EXIT_FAILURE : EX_OK;
}

static void list_all(void)
{
    for (size_t t = 0; t < TABLES; t++)
        for (size_t i = 0; i < tables[t]->count; i++)
            printf("%-18s %-18s %s\n", tables[t]->rows[i].name, tables[t]->rows[i].clause, tables[t]->rows[i].what);
}

int main(int argc, char **argv)
{
    static struct run r = {.opt = {.bank = "102", .branch = "0311-0007", .terminal = "90", .wait_ms = 5000, .offset_s = CLOCK_CHINA_OFFSET_S}};
    if (setlocale(LC_CTYPE, "") == NULL) setlocale(LC_CTYPE, "C.UTF-8");
    signal(SIGPIPE, SIG_IGN);
    int code = read_options(&r.opt, argc, argv);
    if (code != EX_OK) return code;
    if (r.opt.list) {
        list_all();
        return EX_OK;
    }
    r.clock = clock_system(r.opt.offset_s, r.opt.shift_s);
    r.stan = (int)(clock_now_ms(&r.clock) / 1000 % 900000);
    code = put_keys_aside(&r);
    if (code != EX_OK) return code;
    if (!connected(&r)) {
        fprintf(stderr, "conformance: %s\n", r.why);
        return EX_UNAVAILABLE;
    }
    code = run_all(&r);
    line_close(r.line);
    return code;
}
