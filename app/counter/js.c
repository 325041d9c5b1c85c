#include "counter/js.h"

#include <string.h>

#define JS_NAME_SIZE 64

json_t *js_at(const json_t *object, const char *path)
{
    json_t *at = (json_t *)object;
    while (at && *path) {
        size_t len = strcspn(path, ".");
        char name[JS_NAME_SIZE];
        if (len >= sizeof name) return NULL;
        memcpy(name, path, len);
        name[len] = 0;
        at = json_object_get(at, name);
        path += len + (path[len] == '.');
    }
    return at;
}

const char *js_text(const json_t *object, const char *path)
{
    const char *text = json_string_value(js_at(object, path));
    return text ? text : "";
}

int64_t js_int(const json_t *object, const char *path)
{
    return json_integer_value(js_at(object, path));
}

bool js_true(const json_t *object, const char *path)
{
    return json_is_true(js_at(object, path));
}

bool js_has(const json_t *object, const char *path)
{
    json_t *at = js_at(object, path);
    return at && !json_is_null(at);
}

void js_keep(json_t **slot, json_t *value)
{
    json_t *old = *slot;
    *slot = value ? json_incref(value) : NULL;
    if (old) json_decref(old);
}
