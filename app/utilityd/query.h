/* utilityd query: questions to the books, one SQL text each, and how their answers
 * look to a person and to a machine. */
#ifndef UTILITYD_QUERY_H
#define UTILITYD_QUERY_H

#include "base/key.h"
#include "base/table.h"
#include "utilityd/utilityd.h"

#define QUERY_COLUMNS_MAX 20

enum query_kind {
    QUERY_TEXT, QUERY_INT, QUERY_MONEY,
    QUERY_DAY,  /* YYYY-MM-DD */
    QUERY_TIME, /* local YYYY-MM-DDThh:mm:ss, for a person MM-DD hh:mm */
    QUERY_KEY,  /* of three columns: bank, branch, reference */
    QUERY_NAME, /* text that is clipped for a person */
};
struct query_column {
    const char *name, *title;
    enum query_kind kind;
    int wide; /* 1: left out of a person's table, unless --wide */
    int cells; /* NAME: clipped to so many, for a person */
};
enum query_filter { BY_BANK = 1, BY_BRANCH = 2, BY_DAY = 4, BY_STATION = 8, BY_CUSTOMER = 16, BY_KEY = 32 };

struct query_filters {
    const char *bank, *branch, *station, *customer;
    struct key key;
    day_t day; /* DAY_NONE: all */
    unsigned given;
    int64_t above, upto; /* --follow: behind this row, and no further than that one; above -1: all */
};
struct question {
    const char *name;
    const char *select, *where, *tail; /* the filters stand between where and tail */
    unsigned filters;
    const char *on[6];                 /* column of each filter, in the order of enum query_filter */
    struct query_column columns[QUERY_COLUMNS_MAX];
};
extern const struct question query_questions[];
extern const size_t query_question_count;

/* Asks and prints the rows, into the table, or (NULL) a line each. Returns the rows, or -1 with err. */
int64_t query_print(const struct utility *u, struct db *db, const struct question *q, const struct query_filters *f,
                    struct table *table, bool person, bool wide, struct error *err);
/* A table for the question; columns are filled in and must outlive it. */
struct table *query_table(const struct question *q, enum table_style style, bool wide, struct column columns[QUERY_COLUMNS_MAX]);
/* Head and foot of `query customer` for a person. */
int query_customer_head(struct db *db, const char *customer, struct error *err);
int query_customer_fees(const struct utility *u, struct db *db, const char *customer, struct error *err);

#endif
