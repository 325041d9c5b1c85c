/* day: a business day of several banks on one machine; the last line says whether
 * the three kinds of database agree. */
#include <getopt.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "day/day.h"

static void help(FILE *out)
{
    fputs("usage: day [--banks N] [--branches N] [--counters N] [--payments N] [--seed N]\n"
          "           [--cut-ms N] [--control lost|twice|amount]\n\n"
          "  --banks N      102, 103 …: at most 4 (4)\n"
          "  --branches N   a bank (50)\n"
          "  --counters N   a branch (4)\n"
          "  --payments N   in all; one in five pays a bill, the others are prepayments (100000)\n"
          "  --seed N       when whose link is cut (1)\n"
          "  --cut-ms N     between two cuts of one of these links, on the average (15000)\n"
          "  --control WORD spoils what is compared at the end: it must be seen, and ends with 1\n\n"
          "Real utilityd, bankd and branchd processes with books of their own under /tmp;\n"
          "WORLD_KEEP=1 keeps them. A third of the branches have their link cut now and then.\n"
          "Ends with 0 when utility, banks and branches agree to the fen.\n", out);
}

static int by_size(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void say_counted(struct town *t, struct counted *c)
{
    int64_t cuts = 0, pauses = 0;
    for (int i = 0; i < t->count; i++)
        if (t->rows[i].cutter) {
            cutter_heal(t->rows[i].cutter);
            cuts += cutter_cuts(t->rows[i].cutter);
            pauses += cutter_pauses(t->rows[i].cutter);
        }
    qsort(c->online_us, c->samples, sizeof *c->online_us, by_size);
    day_say(t, "counters: %lld paid (%lld answered on line, %lld queued), %lld bills, %lld abandoned, %lld declined, %lld refusals tried again", (long long)c->paid,
            (long long)c->online, (long long)c->queued, (long long)c->bills, (long long)c->abandoned, (long long)c->declined, (long long)c->refused);
    day_say(t, "links: %lld cuts, %lld times standing still; Enter to posted p50 %lld us, p99 %lld us", (long long)cuts, (long long)pauses,
            (long long)(c->samples ? c->online_us[c->samples / 2] : 0), (long long)(c->samples ? c->online_us[c->samples * 99 / 100] : 0));
    free(c->online_us);
}

static enum control read_control(const char *word)
{
    static const char *const words[] = {"", "lost", "twice", "amount"};
    for (int i = 1; i < 4; i++)
        if (strcmp(word, words[i]) == 0) return (enum control)i;
    help(stderr);
    exit(EX_USAGE);
}

int main(int argc, char **argv)
{
    static struct town t = {.banks = 4, .branches = 50, .counters = 4, .payments = 100000, .seed = 1, .cut_ms = 15000};
    static const struct option options[] = {{"banks", 1, NULL, 'b'}, {"branches", 1, NULL, 'r'}, {"counters", 1, NULL, 'c'}, {"payments", 1, NULL, 'p'},
                                            {"seed", 1, NULL, 's'}, {"cut-ms", 1, NULL, 'u'}, {"control", 1, NULL, 'x'}, {"help", 0, NULL, 'h'}, {0}};
    struct counted counted = {0};
    struct rlimit files;
    enum control control = CONTROL_NONE;
    int c;
    while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
        long long n = optarg ? strtoll(optarg, NULL, 10) : 0;
        if (c == 'b') t.banks = (int)n;
        else if (c == 'r') t.branches = (int)n;
        else if (c == 'c') t.counters = (int)n;
        else if (c == 'p') t.payments = n;
        else if (c == 's') t.seed = (uint64_t)n;
        else if (c == 'u') t.cut_ms = (int)n;
        else if (c == 'x') control = read_control(optarg);
        else return help(c == 'h' ? stdout : stderr), c == 'h' ? EX_OK : EX_USAGE;
    }
    t.count = t.banks * t.branches;
    if (t.banks < 1 || t.banks > DAY_BANKS_MAX || t.branches < 1 || t.count > DAY_BRANCHES_MAX || t.counters < 1 || t.counters > 99 || t.payments < 1 || t.cut_ms < 1)
        return help(stderr), EX_USAGE;
    if (setlocale(LC_CTYPE, "") == NULL) setlocale(LC_CTYPE, "C.UTF-8");
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    t.started_ms = clock_monotonic_ms();
    uv_loop_init(&t.loop);
    town_open(&t);
    for (int i = 0; i < t.count; i++)
        if (t.rows[i].cutter) cutter_start(t.rows[i].cutter, t.cut_ms);
    counters_run(&t, &counted);
    say_counted(&t, &counted);
    int code = reckoning(&t, control);
    town_close(&t);
    return code;
}
