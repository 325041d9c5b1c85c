#include "storm/nodes.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/disk.h"

#define NODES_MAX 8

char storm_folder[80];
static struct node *all[NODES_MAX];
static int node_count;

static const struct kind {
    bool (*up)(struct node *node);
    void (*down)(struct node *node);
    const uv_loop_t *(*loop)(const struct node *node);
} kinds[] = {
    [NODE_BRANCH] = {branch_up, branch_down, branch_loop},
    [NODE_BANK] = {bank_up, bank_down, bank_loop},
    [NODE_UTILITY] = {utility_up, utility_down, utility_loop},
};

void nodes_prepare(void)
{
    if (storm_folder[0]) return;
    const char *in = getenv("TEST_FOLDER");
    snprintf(storm_folder, sizeof storm_folder, "%s/gridteller-storm-XXXXXX", in ? in : "/dev/shm");
    if (!mkdtemp(storm_folder)) {
        snprintf(storm_folder, sizeof storm_folder, "/tmp/gridteller-storm-XXXXXX");
        char *made = mkdtemp(storm_folder);
        assert(made);
    }
    utility_prepare();
    bank_prepare();
    branch_prepare();
}

void nodes_free(void)
{
    char command[128];
    if (!storm_folder[0]) return;
    snprintf(command, sizeof command, "rm -rf '%s'", storm_folder);
    if (system(command) != 0) fprintf(stderr, "storm: %s stays\n", storm_folder);
    storm_folder[0] = '\0';
}

struct node *node_at(int index) { return index < node_count ? all[index] : NULL; }

struct node *node_named(const char *name)
{
    for (int i = 0; i < node_count; i++)
        if (strcmp(all[i]->name, name) == 0) return all[i];
    return NULL;
}

struct node *node_of_loop(const uv_loop_t *loop)
{
    for (int i = 0; i < node_count; i++)
        if (kinds[all[i]->kind].loop(all[i]) == loop) return all[i];
    return NULL;
}

bool node_off(const struct node *node) { return node->disk && disk_off(node->disk); }

bool node_struck(const struct node *node) { return node->short_of_memory || (node->disk && (disk_struck(node->disk) || disk_off(node->disk))); }

void node_start(struct node *node)
{
    if (node->up) return;
    node->up = true;
    node->fails = node->silent = node->short_of_memory = false;
    node->life++;
    struct node *old = enter(node);
    say("starts");
    bool good = kinds[node->kind].up(node);
    if (!good) node->fails = true;
    leave(old);
}

static void start_again(void *ctx, long arg) { node_start(ctx); }

void node_die(struct node *node, bool power, int64_t again_ms)
{
    if (!node->up) return;
    struct node *old = enter(node);
    say(power ? "loses its power" : "is killed");
    node->silent = power;
    net_gone(node);
    if (node->disk) disk_switch_off(node->disk);
    kinds[node->kind].down(node);
    node->up = false;
    node->life++;
    if (node->disk) disk_switch_on(node->disk, power);
    enter(old);
    if (again_ms >= 0) at_ms(again_ms, NULL, start_again, node, 0);
}

void node_after(struct node *node)
{
    if (node->up && (node->fails || node_off(node)))
        node_die(node, node_off(node), 300 + (int64_t)dice(DICE_FAULT, 8000));
}

static void add(struct node *node)
{
    assert(node_count < NODES_MAX);
    all[node_count++] = node;
}

void nodes_reset(int branch_count)
{
    node_count = 0;
    utility_reset();
    bank_reset(branch_count);
    branch_reset(branch_count);
    extern struct node utility_node, bank_nodes[BANKS];
    add(&utility_node);
    for (int i = 0; i < branch_count; i++)
        add(&bank_nodes[i]);
    for (int i = 0; i < branch_count; i++)
        add(&branches[i].node);
}
