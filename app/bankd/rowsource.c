/* https://www.sqlite.org/vtab.html: a table that is only there to be selected from. */
#include "bankd/rowsource.h"

#include <stdlib.h>

#define A_LOT 1000000.0 /* the planner's cost: it is walked once, from end to end */

struct table { sqlite3_vtab base; const struct rowsource *source; };
struct cursor { sqlite3_vtab_cursor base; size_t at; };

static const struct rowsource *of(sqlite3_vtab_cursor *c) { return ((struct table *)c->pVtab)->source; }

static int on_connect(sqlite3 *db, void *ctx, int argc, const char *const *argv, sqlite3_vtab **made, char **why)
{
    int status = sqlite3_declare_vtab(db, "CREATE TABLE rows (a INTEGER, b INTEGER, c INTEGER, d INTEGER, e INTEGER, f INTEGER, g INTEGER, h INTEGER)");
    struct table *t = status == SQLITE_OK ? calloc(1, sizeof *t) : NULL;
    if (t == NULL) return status == SQLITE_OK ? SQLITE_NOMEM : status;
    t->source = ctx;
    *made = &t->base;
    return SQLITE_OK;
}

static int on_disconnect(sqlite3_vtab *t)
{
    free(t);
    return SQLITE_OK;
}

static int on_plan(sqlite3_vtab *t, sqlite3_index_info *plan)
{
    plan->estimatedCost = A_LOT;
    return SQLITE_OK;
}

static int on_open(sqlite3_vtab *t, sqlite3_vtab_cursor **made)
{
    struct cursor *c = calloc(1, sizeof *c);
    if (c == NULL) return SQLITE_NOMEM;
    *made = &c->base;
    return SQLITE_OK;
}

static int on_close(sqlite3_vtab_cursor *c)
{
    free(c);
    return SQLITE_OK;
}

static int on_filter(sqlite3_vtab_cursor *c, int number, const char *text, int argc, sqlite3_value **argv)
{
    ((struct cursor *)c)->at = 0;
    return SQLITE_OK;
}

static int on_next(sqlite3_vtab_cursor *c)
{
    ((struct cursor *)c)->at++;
    return SQLITE_OK;
}

static int at_end(sqlite3_vtab_cursor *c) { return ((struct cursor *)c)->at >= of(c)->count; }

static int on_column(sqlite3_vtab_cursor *c, sqlite3_context *result, int column)
{
    sqlite3_result_int64(result, of(c)->rows[((struct cursor *)c)->at][column]);
    return SQLITE_OK;
}

static int on_rowid(sqlite3_vtab_cursor *c, sqlite3_int64 *id)
{
    *id = (sqlite3_int64)((struct cursor *)c)->at + 1;
    return SQLITE_OK;
}

static const sqlite3_module module = {.xConnect = on_connect, .xBestIndex = on_plan, .xDisconnect = on_disconnect, .xOpen = on_open, .xClose = on_close,
                                      .xFilter = on_filter, .xNext = on_next, .xEof = at_end, .xColumn = on_column, .xRowid = on_rowid};

bool rowsource_open(sqlite3 *db, const char *name, struct rowsource *source)
{
    return sqlite3_create_module(db, name, &module, source) == SQLITE_OK;
}
