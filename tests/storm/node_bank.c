/* A bank's front end: the relay. Its journal is no part of the promise about money, and its
 * desk (special accounts, on a thread of its own) is asked nothing here. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "bankd/desk.h"
#include "bankd/relay.h"
#include "base/text.h"
#include "storm/nodes.h"

extern struct node bank_nodes[BANKS];
struct node bank_nodes[BANKS];
static struct { struct bank bank; struct relay *relay; uv_loop_t loop; } banks[BANKS];

bool journal_message(struct journal *j, enum journal_fate fate, int link, const char *station, const void *bytes, size_t len) { return true; }
void journal_alarm(struct journal *j, const char *station, const char *address, const char *what) {}

static int no_desk;
struct desk *desk_open(const struct bank *b, uv_loop_t *loop, desk_done *done, void *ctx, struct error *err)
{ return (struct desk *)&no_desk; }
bool desk_ask(struct desk *d, uint64_t tag, const void *bytes, size_t len) { return false; }
bool desk_hear(struct desk *d, uint64_t tag, const void *bytes, size_t len) { return false; }
void desk_repeat(struct desk *d, int64_t after_ms) {}
void desk_stop(struct desk *d) {}
void desk_free(struct desk *d) {}
bool desk_is_ours(const struct iso *m) { return false; }

static int index_of(const struct node *node) { return (int)(node - bank_nodes); }

void bank_prepare(void)
{
    for (int i = 0; i < BANKS; i++) {
        struct bank_settings *set = &banks[i].bank.settings;
        struct error err;
        int status = bank_open(&banks[i].bank, NULL, &err);
        assert(status == 0);
        (void)status;
        text_copy(set->id, sizeof set->id, branch_banks[i]);
        snprintf(set->policy, sizeof set->policy, "%s/policy-%d", storm_folder, i);
        FILE *f = fopen(set->policy, "w");
        assert(f);
        fprintf(f, "station branch-%d bank=%s branch=%s from=any messages=all\n", i + 1, branch_banks[i], branch_names[i]);
        fclose(f);
        banks[i].bank.clock = clock_manual(&bank_nodes[i].wall_ms, CLOCK_CHINA_OFFSET_S);
    }
}

void bank_reset(int count)
{
    for (int i = 0; i < count; i++) {
        memset(&bank_nodes[i], 0, sizeof bank_nodes[i]);
        bank_nodes[i].kind = NODE_BANK;
        snprintf(bank_nodes[i].name, sizeof bank_nodes[i].name, "bank-%s", branch_banks[i]);
        banks[i].bank.settings.links = 1 + (int64_t)dice(DICE_SETUP, 2);
    }
}

bool bank_up(struct node *node)
{
    int i = index_of(node);
    struct error err;
    banks[i].relay = relay_new(&banks[i].bank, &banks[i].loop, NULL, NULL);
    if (banks[i].relay && relay_start(banks[i].relay, &err) == 0) return true;
    broken("broken", "the relay can't start: %s %s", err.where, err.why); /* it has no disk that could fail */
}

void bank_down(struct node *node)
{
    int i = index_of(node);
    relay_stop(banks[i].relay);
    relay_free(banks[i].relay);
    banks[i].relay = NULL;
}

const uv_loop_t *bank_loop(const struct node *node) { return &banks[index_of(node)].loop; }
