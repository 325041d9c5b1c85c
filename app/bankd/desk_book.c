/* Passbooks. Lines are sent to the next free places of the customer's book, in order, before a byte goes to a
 * printer anywhere; each place is used once. What became of each is known line by line. */
#include "bankd/desk_acts.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

struct notice { int64_t book, first, last; const char *word; char text[WIRE_BOOK_SIZE]; };
struct kept { int64_t book, printed; };

static int refuse(struct desk_turn *t, const char *code, const char *why)
{
    memcpy(t->answer.code, code, 3);
    snprintf(t->answer.reason, sizeof t->answer.reason, "%s", why);
    return 1;
}

static int64_t run(struct desk_turn *t, const char *sql, const struct db_arg *args, size_t count, struct error *err)
{
    int64_t changed = db_run(t->db, sql, args, count);
    return changed < 0 ? db_failed(t->db, "the passbook cannot be written", err) : changed;
}

/* book|first|last|word */
static bool read_notice(const char *book, struct notice *n)
{
    char *rest = n->text;
    int64_t *const numbers[] = {&n->book, &n->first, &n->last};
    text_copy(n->text, sizeof n->text, book);
    for (int i = 0; i < 3; i++) {
        const char *part = strsep(&rest, "|");
        if (part == NULL || !text_digits(part) || strlen(part) > 12) return false;
        *numbers[i] = strtoll(part, NULL, 10);
    }
    n->word = rest ? rest : "";
    return rest != NULL;
}

static int read_kept(struct desk_turn *t, struct kept *k, struct error *err)
{
    *k = (struct kept){0, 0};
    db_ask(t->db, "SELECT book, printed FROM holder WHERE account=$1", DB_ARGS(DB_INT(t->account)));
    if (db_row(t->db)) *k = (struct kept){db_int(t->db, 0), db_int(t->db, 1)};
    return db_end(t->db) < 0 ? db_failed(t->db, "the passbook cannot be read", err) : 0;
}

static int64_t next_place(struct desk_turn *t, int64_t book)
{
    return db_number(t->db, "SELECT coalesce(max(place), 0) + 1 FROM printed_line WHERE account=$1 AND book=$2", DB_ARGS(DB_INT(t->account), DB_INT(book)), 1);
}

int desk_book_says(struct desk_turn *t, struct error *err)
{
    struct kept k;
    if (read_kept(t, &k, err) != 0) return -1;
    int64_t place = k.book ? next_place(t, k.book) : 0;
    snprintf(t->answer.book, sizeof t->answer.book, "%" PRId64 "|%" PRId64 "|%" PRId64, k.book, k.printed, place);
    return place < 0 ? db_failed(t->db, "the passbook cannot be read", err) : 0;
}

/* --- new and lost ---------------------------------------------------------------------------- */

static int give_book(struct desk_turn *t, struct desk_key *k, const struct notice *n, const struct kept *kept, struct error *err)
{
    bool lost = strcmp(n->word, "lost") == 0;
    if (!lost && (n->book < 1 || n->book == kept->book)) return refuse(t, "57", "a new book has another number");
    if (!lost && next_place(t, n->book) > 1) return refuse(t, "57", "that book was this account's before");
    k->was = kept->book;
    return run(t, "UPDATE holder SET book=$2 WHERE account=$1", DB_ARGS(DB_INT(t->account), DB_INT(lost ? 0 : n->book)), err) == 1 ? 0 : -1;
}

/* --- sent ------------------------------------------------------------------------------------- */

/* Each to the next free place; its turn is one more than it had. */
static int put_lines(struct desk_turn *t, const struct notice *n, struct error *err)
{
    int64_t place = next_place(t, n->book);
    for (int64_t line = n->first; place > 0 && line <= n->last; line++, place++)
        if (run(t, "INSERT INTO printed_line (account, book, place, line, turn, state, at_ms) VALUES ($1, $2, $3, $4,"
                   " (SELECT coalesce(max(turn), 0) + 1 FROM printed_line WHERE account=$1 AND line=$4), 'sent', $5)",
                DB_ARGS(DB_INT(t->account), DB_INT(n->book), DB_INT(place), DB_INT(line), DB_INT(clock_now_ms(&t->bank->clock))), err) < 0)
            return -1;
    return place > 0 ? 0 : db_failed(t->db, "the passbook cannot be read", err);
}

static int send_next(struct desk_turn *t, const struct notice *n, const struct kept *kept, struct error *err)
{
    int64_t lines = db_number(t->db, "SELECT lines FROM account WHERE number=$1", DB_ARGS(DB_INT(t->account)), 0);
    if (lines < 0) return db_failed(t->db, "the account cannot be read", err);
    if (n->first != kept->printed + 1 || n->last > lines) return refuse(t, "25", "these are not the next lines: another branch has sent them");
    if (run(t, "UPDATE holder SET printed=$2 WHERE account=$1", DB_ARGS(DB_INT(t->account), DB_INT(n->last)), err) != 1) return -1;
    return put_lines(t, n, err);
}

#define LATEST " AND turn = (SELECT max(turn) FROM printed_line m WHERE m.account=$1 AND m.line=printed_line.line)"

static int64_t latest_in(struct desk_turn *t, const struct notice *n, const char *sql)
{
    return db_number(t->db, sql, DB_ARGS(DB_INT(t->account), DB_INT(n->first), DB_INT(n->last)), 0);
}

/* Two people look at the book: what is spoiled or in doubt there is printed once more. */
static int send_again(struct desk_turn *t, const struct notice *n, struct error *err)
{
    if (!t->ask.checker[0] || strcmp(t->ask.checker, t->ask.maker) == 0) return refuse(t, "57", "lines are printed again by two people");
    int64_t amiss = latest_in(t, n, "SELECT count(*) FROM printed_line WHERE account=$1 AND line BETWEEN $2 AND $3 AND state IN ('doubtful', 'spoiled')" LATEST);
    if (amiss < 0) return db_failed(t->db, "the passbook cannot be read", err);
    return amiss == n->last - n->first + 1 ? put_lines(t, n, err) : refuse(t, "25", "these lines are not amiss");
}

/* --- what became of them ------------------------------------------------------------------------ */

/* No byte was taken: lines and places are free again, when they are the last ones. */
static int unsend(struct desk_turn *t, const struct notice *n, struct error *err)
{
    int64_t count = n->last - n->first + 1;
    int64_t gone = run(t, "DELETE FROM printed_line WHERE account=$1 AND book=$4 AND line BETWEEN $2 AND $3 AND state = 'sent'"
                          " AND place > (SELECT max(place) FROM printed_line m WHERE m.account=$1 AND m.book=$4) - $5" LATEST,
                       DB_ARGS(DB_INT(t->account), DB_INT(n->first), DB_INT(n->last), DB_INT(n->book), DB_INT(count)), err);
    if (gone < 0) return -1;
    if (gone != count) return refuse(t, "25", "they were not the last that were sent");
    return run(t, "UPDATE holder SET printed=$2-1 WHERE account=$1 AND printed=$3 AND NOT EXISTS"
                  " (SELECT 1 FROM printed_line m WHERE m.account=$1 AND m.line BETWEEN $2 AND $3)",
               DB_ARGS(DB_INT(t->account), DB_INT(n->first), DB_INT(n->last)), err) < 0 ? -1 : 0;
}

static int mark(struct desk_turn *t, const struct notice *n, const char *state, struct error *err)
{
    int64_t changed = run(t, "UPDATE printed_line SET state=$5 WHERE account=$1 AND book=$4 AND line BETWEEN $2 AND $3" LATEST,
                          DB_ARGS(DB_INT(t->account), DB_INT(n->first), DB_INT(n->last), DB_INT(n->book), DB_TEXT(state)), err);
    return changed < 0 ? -1 : changed == n->last - n->first + 1 ? 0 : refuse(t, "25", "these lines were not sent to this book");
}

int desk_book(struct desk_turn *t, struct desk_key *k, struct error *err)
{
    struct notice n;
    struct kept kept;
    if (!read_notice(t->ask.book, &n)) return refuse(t, "57", "it is book|first line|last line|what became of them");
    if (read_kept(t, &kept, err) != 0) return -1;
    text_copy(k->note, sizeof k->note, t->ask.book);
    int status;
    if (strcmp(n.word, "new") == 0 || strcmp(n.word, "lost") == 0) status = give_book(t, k, &n, &kept, err);
    else if (kept.book == 0 || n.book != kept.book) return refuse(t, "57", "it is not the account's book");
    else if (n.first < 1 || n.last < n.first || n.last - n.first >= WIRE_ACCOUNT_LINES_MAX) return refuse(t, "57", "no such lines");
    else if (strcmp(n.word, "sent") == 0) status = send_next(t, &n, &kept, err);
    else if (strcmp(n.word, "again") == 0) status = send_again(t, &n, err);
    else if (strcmp(n.word, "unsent") == 0) status = unsend(t, &n, err);
    else if (strcmp(n.word, "printed") == 0 || strcmp(n.word, "doubtful") == 0 || strcmp(n.word, "spoiled") == 0) status = mark(t, &n, n.word, err);
    else return refuse(t, "57", "it says nothing of a book");
    return status == 0 ? desk_book_says(t, err) : status;
}

/* The branch has heard nothing and abandoned it. Lines that were sent for it are free again when they are still the
 * last; what it said of lines is in doubt. Never refused. */
int desk_book_undo(struct desk_turn *t, const struct desk_key *k, struct error *err)
{
    struct notice n;
    struct kept kept;
    if (!read_notice(k->note, &n) || read_kept(t, &kept, err) != 0) return -1;
    bool lost = strcmp(n.word, "lost") == 0;
    int status = 0;
    if (lost || strcmp(n.word, "new") == 0) {
        if (kept.book == (lost ? 0 : n.book))
            status = run(t, "UPDATE holder SET book=$2 WHERE account=$1", DB_ARGS(DB_INT(t->account), DB_INT(k->was)), err) < 0 ? -1 : 0;
    } else if (strcmp(n.word, "sent") == 0 || strcmp(n.word, "again") == 0) {
        status = unsend(t, &n, err);
    } else if (strcmp(n.word, "unsent") != 0) {
        status = mark(t, &n, "doubtful", err);
    }
    return status < 0 ? -1 : 0;
}
