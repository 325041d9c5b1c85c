/* The programs of the storm: two branches, their two banks, one utility. Each is
 * its own code over a disk, connections and timers that are simulated. */
#ifndef STORM_NODES_H
#define STORM_NODES_H

#include <uv.h>

#include "base/secret.h"
#include "ledger/day.h"
#include "ledger/invoice.h"
#include "ledger/operator.h"
#include "ledger/payment.h"
#include "ledger/till.h"
#include "storm/sim.h"

#define BRANCHES 2
#define BANKS 2

struct branch_node {
    struct node node;
    int index;
    struct ledger *ledger;             /* NULL: not running */
    struct ledger_startup found;       /* at its last start */
    struct service *service;
    char path[112];
};
extern struct branch_node branches[BRANCHES];
extern const char *const branch_banks[BRANCHES], *const branch_names[BRANCHES];
extern char storm_folder[80];

/* Files that all seeds start from are made once. */
void nodes_prepare(void);
void nodes_reset(int branch_count);
void nodes_free(void);

/* It stops at once: killed, or (power) the machine with it; and starts again after so many ms (-1: not by itself). */
void node_die(struct node *node, bool power, int64_t again_ms);
void node_start(struct node *node);
void node_after(struct node *node);    /* when its code has run: has it failed? */
bool node_off(const struct node *node);
bool node_struck(const struct node *node); /* its disk or its memory has failed it: it may say that it can't go on */

/* memory.c. Before SQLite is used; the allocation-th (1: the next) that it makes for this program fails. */
void memory_install(void);
void memory_short_at(const struct node *node, long allocation);
struct node *node_named(const char *name);
struct node *node_of_loop(const uv_loop_t *loop);
struct node *node_at(int index);       /* all of them, NULL after the last */

/* Of one kind each: node_branch.c, node_bank.c, node_utility.c */
void branch_prepare(void);
void branch_reset(int count);
bool branch_up(struct node *node);
void branch_down(struct node *node);
const uv_loop_t *branch_loop(const struct node *node);
bool branch_link_up(const struct branch_node *b);
const struct ledger_world *branch_outside(int index);

void bank_prepare(void);
void bank_reset(int count);
bool bank_up(struct node *node);
void bank_down(struct node *node);
const uv_loop_t *bank_loop(const struct node *node);

#define CUSTOMERS 24
#define CUSTOMER_BILLS 3
struct world_bill { char number[21], period[7]; int64_t amount_fen; day_t due, first, last; int rate_permille; bool resident; };
struct world_customer { char number[29]; struct world_bill bills[CUSTOMER_BILLS]; int count; };
extern struct world_customer customers[CUSTOMERS];
void utility_prepare(void);
void utility_reset(void);
bool utility_up(struct node *node);
void utility_down(struct node *node);
const uv_loop_t *utility_loop(const struct node *node);
const char *utility_path(void);

#endif
