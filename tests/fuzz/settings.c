/* A settings file of any bytes: taken or refused with a reason, and nothing
 * outside its bounds is ever stored. */
#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/settings.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct demo {
    char name[16], file[32];
    int64_t limit, most_fen, wait_ms;
    bool audible;
    int32_t offset_s;
};

static const struct setting table[] = {
    { "branch", "name", SETTING_TEXT, SETTING_AT(struct demo, name), 0, 0, "branch", "Name." },
    { "branch", "file", SETTING_PATH, SETTING_AT(struct demo, file), 0, 0, "a.db", "File." },
    { "limits", "limit", SETTING_INT, SETTING_AT(struct demo, limit), 1, 10, "3", "Limit." },
    { "limits", "most", SETTING_MONEY, SETTING_AT(struct demo, most_fen), 100, 5000, "50.00", "Sum." },
    { "limits", "wait", SETTING_SECONDS, SETTING_AT(struct demo, wait_ms), 0, 60000, "3s", "Time." },
    { "limits", "audible", SETTING_BOOL, SETTING_AT(struct demo, audible), 0, 0, "no", "Bell." },
    { "limits", "offset", SETTING_OFFSET, SETTING_AT(struct demo, offset_s), 0, 0, "+08:00", "Zone." },
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct demo d;
    struct error err = { 0 };
    memset(&d, 0, sizeof d);
    int status = settings_read((const char *)data, size, "fuzz.conf", "/etc", table,
                               sizeof table / sizeof *table, &d, &err);
    assert(status == 0 || (err.what[0] && err.where[0] && err.why[0] && err.remedy[0]));
    assert(d.limit >= 1 && d.limit <= 10 && d.most_fen >= 100 && d.most_fen <= 5000);
    assert(d.wait_ms >= 0 && d.wait_ms <= 60000);
    assert(memchr(d.name, '\0', sizeof d.name) && memchr(d.file, '\0', sizeof d.file));
    return 0;
}
