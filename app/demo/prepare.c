/* What two supervisors and a technician do before the first customer comes. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/secret.h"
#include "demo/demo.h"

#define PASSWORD_SIZE 128
#define TERMINAL "07"

struct talk {
    FILE *line;
    int id;
    char password[PASSWORD_SIZE];
};

/* The result (owned), or NULL when it was refused; params is stolen. */
static json_t *ask(struct talk *t, const char *method, json_t *params)
{
    char *text = NULL;
    size_t size = 0;
    json_t *result = NULL, *question = json_pack("{s:s, s:i, s:s, s:o}", "jsonrpc", "2.0", "id", ++t->id, "method", method, "params", params);
    char *out = json_dumps(question, JSON_COMPACT);
    fprintf(t->line, "%s\n", out);
    fflush(t->line);
    while (!result && getline(&text, &size, t->line) > 0) {
        json_t *answer = json_loads(text, 0, NULL);
        if (json_integer_value(json_object_get(answer, "id")) == t->id) {
            result = json_incref(json_object_get(answer, "result"));
            if (!result) fprintf(stderr, "demo: %s was refused: %s", method, text);
            json_decref(answer);
            break;
        }
        json_decref(answer); /* a notification */
    }
    free(text);
    free(out);
    json_decref(question);
    return result;
}

static bool done(struct talk *t, const char *method, json_t *params)
{
    json_t *result = ask(t, method, params);
    json_decref(result);
    return result != NULL;
}

/* A second person's word for it, then the act. */
static bool done_by_two(struct talk *t, const char *second, const char *method, json_t *params)
{
    json_t *word = ask(t, "approve", json_pack("{s:s, s:s, s:s, s:O}", "operator", second, "password", t->password, "act", method, "params", params));
    if (word) json_object_set(params, "approval", json_object_get(word, "approval"));
    json_decref(word);
    return word && done(t, method, params);
}

static bool open_line(struct talk *t, const char *path)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof to.sun_path) return false;
    memcpy(to.sun_path, path, strlen(path) + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return false;
    if (connect(fd, (struct sockaddr *)&to, sizeof to) != 0 || !(t->line = fdopen(fd, "r+"))) {
        close(fd);
        return false;
    }
    setvbuf(t->line, NULL, _IONBF, 0);
    return done(t, "hello", json_pack("{s:s, s:s, s:i}", "terminal", TERMINAL, "language", "en", "protocol", 1));
}

/* float_fen: a till is opened with it. */
static bool sign_on(struct talk *t, const char *number)
{
    return done(t, "sign_on", json_pack("{s:s, s:s}", "operator", number, "password", t->password));
}

static bool sign_off(struct talk *t) { return done(t, "sign_off", json_object()); }

static bool supervisor(struct talk *t)
{
    return sign_on(t, "0701") &&
           done_by_two(t, "0702", "vault", json_pack("{s:s, s:I}", "act", "in", "sum_fen", (json_int_t)10000000)) &&
           done_by_two(t, "0702", "book_load", json_pack("{s:s, s:s, s:s, s:s, s:s}", "series", "013002600111", "first", "00012345", "last",
                                                         "00012844", "next", "00012345", "till", "07")) &&
           sign_off(t);
}

/* Agreements and statements become PDF files, passbook pages the bytes of a flat-bed printer. */
static bool bind_folder(struct talk *t, const char *world, const char *document, const char *folder, const char *profile)
{
    char uri[300];
    snprintf(uri, sizeof uri, "file:%s/%s/", world, folder);
    return done(t, "printer_bind", json_pack("{s:s, s:s, s:s, s:s, s:s, s:i, s:i, s:s, s:s}", "name", document, "uri", uri, "profile", profile, "template", "",
                                             "media", "", "offset_x_mm10", 0, "offset_y_mm10", 0, "document", document, "terminal", TERMINAL));
}

static bool technician(struct talk *t, const char *uri, const char *world)
{
    return sign_on(t, "0790") && bind_folder(t, world, "report", "office", "document") && bind_folder(t, world, "passbook", "passbook", "epson-plq20") &&
           done(t, "printer_bind", json_pack("{s:s, s:s, s:s, s:s, s:s, s:i, s:i}", "name", "Demo 80 mm", "uri", uri, "profile", "xprinter-80",
                                             "template", "receipt-80", "media", "roll-80", "offset_x_mm10", 0, "offset_y_mm10", 0)) &&
           sign_off(t);
}

static bool read_password(struct talk *t, const char *path)
{
    FILE *in = fopen(path, "r");
    bool good = in && fgets(t->password, sizeof t->password, in) != NULL;
    if (in) fclose(in);
    t->password[strcspn(t->password, "\n")] = '\0';
    return good;
}

int demo_prepare(const char *socket_path, const char *password_file, const char *printer_uri, const char *world)
{
    struct talk t = {0};
    bool good = read_password(&t, password_file) && open_line(&t, socket_path) && supervisor(&t) && technician(&t, printer_uri, world);
    if (t.line) fclose(t.line);
    secret_wipe(t.password, sizeof t.password);
    if (good) puts("vault, book of numbers and printer are ready");
    return good ? EX_OK : EX_SOFTWARE;
}
