#include "wire/fileline.h"

#include <string.h>

#include "wire/records.h"
#include "wire/session.h"
#include "wire/text.h"

int fileline_pack(const char *line, char record[FILELINE_SIZE])
{
    char field[FILELINE_SIZE];
    size_t used = 0;
    for (;;) {
        size_t len = strcspn(line, "|");
        if (len >= sizeof field) return -1;
        memcpy(field, line, len);
        field[len] = '\0';
        int wrote = wire_text_escape(record + used, FILELINE_SIZE - used, field);
        if (wrote < 0 || used + (size_t)wrote + 1 >= FILELINE_SIZE) return -1;
        used += (size_t)wrote;
        if (line[len] == '\0') return (int)used;
        record[used++] = '|';
        line += len + 1;
    }
}

int fileline_unpack(const char *record, size_t len, char *line, size_t size)
{
    const char *end = record + len;
    size_t used = 0;
    for (;;) {
        const char *bar = memchr(record, '|', (size_t)(end - record));
        size_t field = (size_t)((bar ? bar : end) - record);
        int wrote = wire_text_unescape(line + used, size - used, record, field);
        if (wrote < 0 || used + (size_t)wrote + 2 > size) return -1;
        used += (size_t)wrote;
        if (bar == NULL) return (int)used;
        line[used++] = '|';
        record = bar + 1;
    }
}

bool fileline_fits(struct fileline_room *room, size_t len)
{
    size_t between = room->used ? 1 : 0;
    if (room->count == WIRE_RECORDS_MAX || room->total + len + 1 > ISO_MESSAGE_MAX - 2 * RECORDS_RESERVE) return false; /* and the head */
    if (room->used + between + len > ISO_FIELD_MAX) {
        if (++room->field > RECORDS_LAST - RECORDS_FIRST) return false;
        room->used = between = 0;
    }
    room->used += between + len;
    room->total += len + 1;
    room->count++;
    return true;
}
