#include "lib/moves.h"

#include <stdio.h>
#include <stdlib.h>

static const char *const things[][2] = {
    {"payment", "state"}, {"outbox", "state"}, {"invoice", "state"}, {"number", "state"}, {"till", "state"}, {"day", "state"}, {"agreement", "agreement"},
};

void moves_watch(sqlite3 *db)
{
    char sql[500];
    if (!getenv("MOVES_SEEN")) return;
    sqlite3_exec(db, "CREATE TEMP TABLE moved (thing, was, becomes, PRIMARY KEY (thing, was, becomes))", NULL, NULL, NULL);
    for (size_t i = 0; i < sizeof things / sizeof *things; i++) {
        const char *thing = things[i][0], *column = things[i][1], *table = column[0] == 'a' ? "day" : thing;
        snprintf(sql, sizeof sql, "CREATE TEMP TRIGGER seen_%s AFTER UPDATE OF %s ON main.%s WHEN NEW.%s <> OLD.%s"
                 " BEGIN INSERT OR IGNORE INTO moved VALUES ('%s', OLD.%s, NEW.%s); END", thing, column, table, column, column, thing, column, column);
        if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK) fprintf(stderr, "moves of %s are not seen: %s\n", thing, sqlite3_errmsg(db));
    }
}

static int line(void *file, int count, char **values, char **names) { return fprintf(file, "%s|%s|%s\n", values[0], values[1], values[2]) < 0; }

void moves_tell(sqlite3 *db)
{
    const char *path = getenv("MOVES_SEEN");
    FILE *f = path ? fopen(path, "a") : NULL;
    if (!f) return;
    sqlite3_exec(db, "SELECT thing, was, becomes FROM moved", line, f, NULL);
    fclose(f);
}
