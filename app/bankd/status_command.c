/* Asks a running relay how it is, and shows it. */
#include <errno.h>
#include <getopt.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sysexits.h>
#include <unistd.h>

#include "bankd/bank.h"
#include "base/table.h"
#include "base/text.h"

#define DOCUMENT_MAX (32 << 20) /* bytes */

static char *read_all(int fd)
{
    size_t used = 0, size = 65536;
    char *text = malloc(size);
    ssize_t n = -1;
    while (text && (n = read(fd, text + used, size - used - 1)) > 0) {
        used += (size_t)n;
        if (used + 1 < size) continue;
        char *more = size < DOCUMENT_MAX ? realloc(text, size *= 2) : NULL;
        if (more == NULL) free(text);
        text = more;
    }
    if (text && n == 0) text[used] = '\0';
    if (n == 0) return text;
    free(text);
    return NULL;
}

static char *ask(const char *path, struct error *err)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char *text = NULL;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool fits = text_copy(address.sun_path, sizeof address.sun_path, path);
    if (fd >= 0 && fits && connect(fd, (struct sockaddr *)&address, sizeof address) == 0) text = read_all(fd);
    if (text == NULL)
        error_all(err, "the relay does not say how it is", path, fits ? strerror(errno) : "the path is longer than 107 bytes",
                  "see that bankd serve runs with this settings file, and ask as its user");
    if (fd >= 0) close(fd);
    return text;
}

/* Columns bear the names of the document's members. */
static void show(const json_t *rows, const struct column *columns, size_t count)
{
    struct table *table = table_open(stdout, TABLE_TEXT, columns, count);
    const json_t *row;
    size_t i;
    json_array_foreach(rows, i, row) {
        struct cell cells[16];
        for (size_t c = 0; c < count; c++) {
            const json_t *value = json_object_get(row, columns[c].name);
            const char *text = json_string_value(value);
            cells[c] = (struct cell){text ? text : "", json_integer_value(value)};
        }
        table_row(table, cells);
    }
    table_close(table);
}

static const struct column link_columns[] = {
    {"link", "Link", COLUMN_INT}, {"address", "Utility", COLUMN_TEXT}, {"state", "State", COLUMN_TEXT}, {"since", "Since", COLUMN_TEXT},
    {"unanswered", "Open", COLUMN_INT}, {"branches", "Branches", COLUMN_INT}, {"sent", "Sent", COLUMN_INT},
    {"answered", "Answered", COLUMN_INT}, {"losses", "Losses", COLUMN_INT}, {"said", "Last word", COLUMN_TEXT}};
static const struct column branch_columns[] = {
    {"bank", "Bank", COLUMN_TEXT}, {"branch", "Branch", COLUMN_TEXT}, {"state", "State", COLUMN_TEXT}, {"address", "From", COLUMN_TEXT},
    {"last", "Last message", COLUMN_TEXT}, {"queued", "Queued", COLUMN_INT}, {"in_flight", "Open", COLUMN_INT}, {"sent", "Sent", COLUMN_INT},
    {"answered", "Answered", COLUMN_INT}, {"late", "Late", COLUMN_INT}, {"c30", "30", COLUMN_INT}, {"c58", "58", COLUMN_INT},
    {"c68", "68", COLUMN_INT}, {"c91", "91", COLUMN_INT}, {"unsaid", "Held", COLUMN_INT}};
#define COUNT(a) (sizeof(a) / sizeof *(a))

static long long number(const json_t *all, const char *name) { return json_integer_value(json_object_get(all, name)); }

static void show_all(const json_t *all)
{
    const json_t *journal = json_object_get(all, "journal");
    printf("%s of bank %s since %s\n", json_string_value(json_object_get(all, "program")),
           json_string_value(json_object_get(all, "bank")), json_string_value(json_object_get(all, "since")));
    printf("sessions %lld, in flight %lld, queued %lld, alarms %lld, turned away %lld, journal rows %lld (%lld not written yet)\n\n",
           number(all, "sessions"), number(all, "in_flight"), number(all, "queued"), number(all, "alarms"), number(all, "turned_away"),
           number(journal, "rows"), number(journal, "waiting"));
    show(json_object_get(all, "links"), link_columns, COUNT(link_columns));
    putchar('\n');
    show(json_object_get(all, "branches"), branch_columns, COUNT(branch_columns));
}

int cmd_status(struct bank *b, int argc, char **argv)
{
    static const struct option options[] = {{"json", 0, NULL, 'j'}, {0}};
    struct error err;
    bool as_json = false;
    int c;
    while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (c != 'j') break;
        as_json = true;
    }
    if (c != -1 || optind != argc) {
        bank_command_help(stderr, bank_command("status"));
        return EX_USAGE;
    }
    char *text = ask(b->settings.socket, &err);
    if (text == NULL) {
        error_print("bankd", &err);
        return EX_UNAVAILABLE;
    }
    json_t *all = as_json ? NULL : json_loads(text, 0, NULL);
    if (as_json) puts(text);
    else if (all) show_all(all);
    int code = as_json || all ? EX_OK : EX_PROTOCOL;
    json_decref(all);
    free(text);
    return code;
}
