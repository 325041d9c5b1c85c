#include "branchd/printers.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define KEY_SIZE 64

const char *const printers_documents[] = {"invoice", "receipt", "passbook", "report", NULL};

struct printers {
    json_t *bound; /* object: "03" or "03/receipt" -> binding */
    char path[256];
};

static int refused(const char *path, const char *why, struct error *err)
{
    return error_all(err, "the printers' bindings cannot be kept", path, why,
                     "look at the file; when it is deleted a technician binds the printers anew");
}

struct printers *printers_open(const char *path, struct error *err)
{
    json_error_t fault;
    struct printers *p = calloc(1, sizeof *p);
    if (p == NULL || strlen(path) >= sizeof p->path) {
        refused(path, p ? "the path is too long" : "no memory", err);
        free(p);
        return NULL;
    }
    snprintf(p->path, sizeof p->path, "%s", path);
    if (access(path, F_OK) != 0) {
        p->bound = json_object();
        return p;
    }
    p->bound = json_load_file(path, JSON_REJECT_DUPLICATES, &fault);
    if (json_is_object(p->bound)) return p;
    refused(path, fault.text, err);
    printers_close(p);
    return NULL;
}

void printers_close(struct printers *p)
{
    if (p == NULL) return;
    json_decref(p->bound);
    free(p);
}

bool printers_document(const char *document)
{
    for (int i = 0; printers_documents[i]; i++)
        if (strcmp(printers_documents[i], document) == 0) return true;
    return false;
}

const json_t *printers_at(const struct printers *p, const char *terminal) { return json_object_get(p->bound, terminal); }

static const json_t *own(const struct printers *p, const char *terminal, const char *document)
{
    char key[KEY_SIZE];
    snprintf(key, sizeof key, "%s/%s", terminal, document);
    return json_object_get(p->bound, key);
}

const json_t *printers_for(const struct printers *p, const char *terminal, const char *document)
{
    const json_t *bound = own(p, terminal, document);
    if (bound || strcmp(document, "passbook") == 0) return bound;
    if (strcmp(document, "report") != 0) return printers_at(p, terminal);
    bound = own(p, "all", document);
    return bound ? bound : printers_at(p, "all");
}

/* Whole or not at all: written beside it, synced, put in its place. */
static int save(const struct printers *p, const json_t *bound, struct error *err)
{
    char beside[sizeof p->path + 8];
    snprintf(beside, sizeof beside, "%s.new", p->path);
    int fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) return refused(p->path, strerror(errno), err);
    bool good = json_dumpfd(bound, fd, JSON_INDENT(2) | JSON_SORT_KEYS) == 0 && fsync(fd) == 0;
    if (close(fd) != 0 || !good || rename(beside, p->path) != 0) {
        refused(p->path, strerror(errno), err);
        unlink(beside);
        return -1;
    }
    return 0;
}

int printers_bind(struct printers *p, const char *terminal, const char *document, json_t *binding, struct error *err)
{
    char key[KEY_SIZE];
    snprintf(key, sizeof key, "%s%s%s", terminal, *document ? "/" : "", document);
    json_t *next = json_copy(p->bound);
    bool made = next && (binding == NULL ? (json_object_del(next, key), true) : json_object_set(next, key, binding) == 0);
    if (!made || save(p, next, err) != 0) {
        json_decref(next);
        return -1;
    }
    json_decref(p->bound);
    p->bound = next;
    return 0;
}

json_t *printers_list(const struct printers *p)
{
    json_t *list = json_array(), *binding;
    const char *key;
    json_object_foreach(p->bound, key, binding) {
        json_t *row = json_deep_copy(binding);
        size_t len = strcspn(key, "/");
        json_object_set_new(row, "terminal", json_stringn(key, len));
        json_object_set_new(row, "document", json_string(key[len] ? key + len + 1 : ""));
        json_array_append_new(list, row);
    }
    return list;
}
