/* A branch's daemon without its counters: ledger, queue, link, sign-on, agreement. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "branchd/restore.h"
#include "branchd/service.h"
#include "branchd/signon.h"
#include "ledger/inside.h"
#include "lib/disk.h"
#include "lib/moves.h"
#include "storm/nodes.h"

#define TICK_MS 1000

struct branch_node branches[BRANCHES];
const char *const branch_banks[BRANCHES] = {"102", "103"}, *const branch_names[BRANCHES] = {"0311-0007", "0311-0021"};

static struct daemon {
    struct branch branch;
    struct service service;
    struct entropy_seeded seed;
    struct disk_image *fresh;
} daemons[BRANCHES];

static struct daemon *daemon_of(const struct service *s)
{
    for (int i = 0; i < BRANCHES; i++)
        if (&daemons[i].service == s) return &daemons[i];
    abort();
}

static struct branch_node *node_of(const struct service *s) { return &branches[daemon_of(s) - daemons]; }

/* --- what the parts ask of the daemon -------------------------------------------------- */

int64_t service_now(const struct service *s) { return clock_now_ms(&s->branch->clock); }
day_t branch_service_today(const struct service *s);
day_t branch_service_today(const struct service *s) { return clock_today(&s->branch->clock); }
void service_changed(struct service *s) {}
void payment_changed(struct service *s, const struct ledger_payment *p) {}
void feed_start(struct service *s) {}

void service_broken(struct service *s)
{
    if (!node_struck(&node_of(s)->node)) broken("broken", "on a disk that works: %s", ledger_broken(s->ledger));
    say("the ledger can't be gone on with: %s", ledger_broken(s->ledger));
    node_of(s)->node.fails = true;
}

/* --- settings ---------------------------------------------------------------------------- */

static void settle(int i)
{
    struct daemon *d = &daemons[i];
    struct error err;
    char cn[24];
    int status = branch_open(&d->branch, NULL, &err);
    assert(status == 0);
    (void)status;
    struct branch_settings *set = &d->branch.settings;
    text_copy(set->bank, sizeof set->bank, branch_banks[i]);
    text_copy(set->branch, sizeof set->branch, branch_names[i]);
    snprintf(cn, sizeof cn, "bank-%s", branch_banks[i]);
    text_copy(set->peer, sizeof set->peer, cn);
    set->agree_ms = 20000;
    d->branch.rules.offline_single_fen = 500000;
    d->branch.rules.offline_day_fen = 50000000;
    d->branch.rules.offline_day_count = 200;
    d->branch.clock = clock_manual(&branches[i].node.wall_ms, CLOCK_CHINA_OFFSET_S);
    d->branch.world = (struct ledger_world){.clock = d->branch.clock, .entropy = entropy_seeded(&d->seed), .cost = secret_cost_least(),
                                            .audit_key = "the key is not in the file", .pack = branch_pack, .pack_ctx = &d->branch};
}

static void people_of(struct ledger *ledger, const struct entropy *chance)
{
    static const struct { const char *number, *name, *role; } people[] = {
        {"0712", "王敏", "teller"}, {"0713", "李娜", "teller"}, {"0101", "赵强", "supervisor"}, {"0102", "孙丽", "supervisor"}};
    char stored[SECRET_PASSWORD_SIZE];
    struct error err;
    int status = secret_password_hash("three blue herons", secret_cost_least(), chance, stored, &err);
    for (size_t i = 0; status == 0 && i < sizeof people / sizeof *people; i++)
        status = operator_install(ledger, people[i].number, people[i].name, people[i].role, stored, false, &err) != LEDGER_OK;
    assert(status == 0);
    enum ledger_result r = operator_installed(ledger, &err);
    assert(r == LEDGER_OK);
    (void)r;
}

void branch_prepare(void)
{
    struct run none = {.seed = 1};
    sim_begin(&none);
    for (int i = 0; i < BRANCHES; i++) {
        struct branch_node *b = &branches[i];
        struct daemon *d = &daemons[i];
        struct error err;
        char folder[96];
        snprintf(folder, sizeof folder, "%s/b%d-", storm_folder, i);
        snprintf(b->path, sizeof b->path, "%sbranch.db", folder);
        b->node.disk = disk_new(folder);
        b->node.wall_ms = sim_now();
        settle(i);
        d->seed = (struct entropy_seeded){.seed = (uint64_t)i + 1};
        int status = ledger_create(b->path, branch_banks[i], branch_names[i], &d->branch.world, &err);
        assert(status == 0);
        (void)status;
        struct ledger *ledger = ledger_open(b->path, &d->branch.world, &d->branch.rules, &err);
        assert(ledger);
        people_of(ledger, &d->branch.world.entropy);
        ledger_close(ledger);
        d->fresh = disk_save(b->node.disk);
    }
    sim_end();
}

void branch_reset(int count)
{
    for (int i = 0; i < count; i++) {
        struct branch_node *b = &branches[i];
        struct disk *disk = b->node.disk;
        char path[112];
        memcpy(path, b->path, sizeof path);
        memset(b, 0, sizeof *b);
        memcpy(b->path, path, sizeof path);
        b->index = i;
        b->node.kind = NODE_BRANCH;
        b->node.disk = disk;
        b->service = &daemons[i].service;
        snprintf(b->node.name, sizeof b->node.name, "branch-%d", i + 1);
        disk_load(disk, daemons[i].fresh);
        settle(i);
        daemons[i].seed = (struct entropy_seeded){.seed = run_now->seed * BRANCHES + (uint64_t)i};
    }
}

/* --- running --------------------------------------------------------------------------------- */

/* As the daemon's own tick: what is due by the clock. */
static void tick(void *ctx, long arg)
{
    struct service *s = ctx;
    int64_t now = sim_now();
    if (ledger_broken(s->ledger)[0]) service_broken(s);
    signon_tick(s);
    restore_kick(s);
    queue_pump(s);
    if (now - s->agreed_ms >= s->branch->settings.agree_ms) agree_start(s, false);
    at_ms(TICK_MS, &node_of(s)->node, tick, s, 0);
}

bool branch_up(struct node *node)
{
    struct branch_node *b = (struct branch_node *)node;
    struct daemon *d = &daemons[b->index];
    struct service *s = &d->service;
    struct error err = {0};
    memset(s, 0, sizeof *s);
    s->branch = &d->branch;
    uv_timer_init(&s->loop, &s->kick);
    s->kick.data = s;
    s->ledger = ledger_open(b->path, &d->branch.world, &d->branch.rules, &err);
    if (!s->ledger && !node_struck(node)) broken("lost", "%s can't open its ledger: %s %s", node->name, err.where, err.why);
    if (!s->ledger) return false;
    moves_watch(s->ledger->db);
    if (ledger_start(s->ledger, &b->found, &err) != LEDGER_OK) return false;
    if (queue_open(s, &err) != 0) return false;
    s->link = link_open(s, &err);
    if (!s->link) return false;
    b->ledger = s->ledger;
    say("found doubt %lld, unanswered %lld, not acknowledged %lld, queued %lld, parked %lld", (long long)b->found.doubt,
        (long long)b->found.unanswered, (long long)b->found.unacknowledged, (long long)b->found.queued, (long long)b->found.parked);
    at_ms(TICK_MS, node, tick, s, 0);
    return true;
}

void branch_down(struct node *node)
{
    struct branch_node *b = (struct branch_node *)node;
    struct service *s = &daemons[b->index].service;
    b->ledger = NULL;
    if (s->link) link_close(s->link);
    uv_close((uv_handle_t *)&s->kick, NULL);
    link_free(s->link);
    queue_free(s);
    if (s->ledger) moves_tell(s->ledger->db);
    ledger_close(s->ledger);
    s->ledger = NULL;
    s->link = NULL;
    s->queue = NULL;
}

const uv_loop_t *branch_loop(const struct node *node) { return &daemons[((const struct branch_node *)node)->index].service.loop; }
const struct ledger_world *branch_outside(int index) { return &daemons[index].branch.world; }
bool branch_link_up(const struct branch_node *b) { return b->ledger && link_up(b->service->link); }
