/* Memory that ends: one of the next allocations that SQLite makes for a program fails. */
#include <sqlite3.h>

#include "storm/nodes.h"

static sqlite3_mem_methods real;
static struct { const struct node *node; long left; } next;

static bool fails(void)
{
    struct node *node = node_inside();
    if (next.left == 0 || node != next.node || --next.left > 0) return false;
    node->short_of_memory = true;
    return true;
}

static void *give(int size) { return fails() ? NULL : real.xMalloc(size); }
static void *give_more(void *old, int size) { return fails() ? NULL : real.xRealloc(old, size); }

void memory_install(void)
{
    sqlite3_mem_methods mine;
    sqlite3_config(SQLITE_CONFIG_GETMALLOC, &real);
    mine = real;
    mine.xMalloc = give;
    mine.xRealloc = give_more;
    sqlite3_config(SQLITE_CONFIG_MALLOC, &mine);
    sqlite3_config(SQLITE_CONFIG_LOOKASIDE, 0, 0); /* else the small ones never come by here */
}

void memory_short_at(const struct node *node, long allocation)
{
    next.node = node;
    next.left = allocation;
}
