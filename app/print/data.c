#include "print/data.h"

#include <stdio.h>
#include <string.h>

#define NAME_SIZE 64

/* Cuts the next name off *path into name; false at its end. */
static bool next_name(const char **path, char *name)
{
    size_t len = strcspn(*path, ".:");
    if (!len || len >= NAME_SIZE) return false;
    memcpy(name, *path, len);
    name[len] = '\0';
    *path += len;
    if (**path == '.') ++*path;
    else *path = "";
    return true;
}

/* $first, $last and $count of a list. False when the name is none of them. */
static bool of_list(const json_t *list, const char *name, json_t **out)
{
    size_t count = json_array_size(list);
    if (!strcmp(name, "$count"))
        *out = json_integer((json_int_t)count);
    else if (!strcmp(name, "$first"))
        *out = json_incref(json_array_get(list, 0));
    else if (!strcmp(name, "$last"))
        *out = count ? json_incref(json_array_get(list, count - 1)) : NULL;
    else
        return false;
    return true;
}

static int enter_element(const json_t *list, int element, json_t **out, const char **why)
{
    size_t count = json_array_size(list);
    if (element == DATA_NO_ELEMENT && count > 1) {
        *why = "it stands in a list of several, and the field has no INDEX";
        return -1;
    }
    size_t i = element == DATA_NO_ELEMENT ? 0 : (size_t)element;
    *out = i < count ? json_incref(json_array_get(list, i)) : NULL;
    return 0;
}

int data_get(const json_t *root, const char *path, int element, json_t **out, const char **why)
{
    char name[NAME_SIZE];
    bool crossed = false;
    json_t *at = json_incref((json_t *)root), *next = NULL;
    *out = NULL;
    while (at && next_name(&path, name)) {
        next = NULL;
        bool named = json_is_array(at) && of_list(at, name, &next);
        if (json_is_array(at) && !named) {
            json_t *one = NULL;
            if (crossed) *why = "it crosses two lists";
            if (crossed || enter_element(at, element, &one, why)) {
                json_decref(at);
                return -1;
            }
            crossed = true;
            json_decref(at);
            at = one;
            if (at && !strcmp(name, "$n")) next = json_integer(element < 0 ? 1 : element + 1);
        }
        if (!named && !next && at) next = json_incref(json_object_get(at, name));
        json_decref(at);
        at = next;
    }
    if (json_is_null(at)) {
        json_decref(at);
        at = NULL;
    }
    *out = at;
    return 0;
}

const json_t *data_list(const json_t *root, const char *path)
{
    char name[NAME_SIZE];
    const json_t *at = root;
    while (at && next_name(&path, name)) {
        bool own = !strcmp(name, "$first") || !strcmp(name, "$last") || !strcmp(name, "$count");
        if (json_is_array(at)) return own ? NULL : at;
        at = json_object_get(at, name);
    }
    return NULL;
}

int data_empty(const json_t *value)
{
    return !value || json_is_null(value) || json_is_false(value) ||
           (json_is_integer(value) && json_integer_value(value) == 0) ||
           (json_is_string(value) && !*json_string_value(value)) ||
           (json_is_array(value) && !json_array_size(value));
}
