#include "base/pg_array.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_ROOM 4096

static bool room_for(struct pg_array *a, size_t more)
{
    if (a->used + more + 2 <= a->room) return true;
    size_t room = a->room ? a->room : FIRST_ROOM;
    while (room < a->used + more + 2)
        room *= 2;
    char *text = realloc(a->text, room);
    if (text == NULL) {
        a->failed = true;
        return false;
    }
    a->text = text;
    a->room = room;
    return true;
}

static void put(struct pg_array *a, const char *text, size_t len)
{
    if (!room_for(a, len)) return;
    memcpy(a->text + a->used, text, len);
    a->used += len;
}

void pg_array_start(struct pg_array *a)
{
    a->used = 0;
    a->count = 0;
    a->failed = false;
    put(a, "{", 1);
}

static void next(struct pg_array *a)
{
    if (a->count++) put(a, ",", 1);
}

void pg_array_int(struct pg_array *a, int64_t value)
{
    char text[24];
    int len = snprintf(text, sizeof text, "%lld", (long long)value);
    next(a);
    put(a, text, (size_t)len);
}

void pg_array_text(struct pg_array *a, const char *value)
{
    next(a);
    put(a, "\"", 1);
    for (; *value; value++) {
        if (*value == '"' || *value == '\\') put(a, "\\", 1);
        put(a, value, 1);
    }
    put(a, "\"", 1);
}

void pg_array_bytes(struct pg_array *a, const uint8_t *bytes, size_t size)
{
    static const char digits[] = "0123456789abcdef";
    next(a);
    if (bytes == NULL) {
        put(a, "NULL", 4);
        return;
    }
    put(a, "\"\\\\x", 4);
    for (size_t i = 0; i < size; i++) {
        char two[2] = {digits[bytes[i] >> 4], digits[bytes[i] & 15]};
        put(a, two, 2);
    }
    put(a, "\"", 1);
}

const char *pg_array_end(struct pg_array *a)
{
    if (a->failed || a->text == NULL) return "{}";
    memcpy(a->text + a->used, "}", 2); /* room_for keeps a place for it; more may still be put */
    return a->text;
}

void pg_array_free(struct pg_array *a)
{
    free(a->text);
    *a = (struct pg_array){0};
}
