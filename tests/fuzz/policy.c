/* An access policy of any bytes: refused with its line, or nobody gets more out of it than its lines
 * say: a station that is not named, a key that is not pinned, an address that can't be read. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "wire/policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const mtis[] = {"0100", "0200", "0201", "0220", "0300", "0400", "0420", "0500", "0800", "9999", ""};
    char why[200];
    struct error err = {0};
    struct policy *p = policy_read((const char *)data, size, "policy", &err);
    if (p == NULL) {
        assert(err.why[0] && strncmp(err.where, "policy:", 7) == 0);
        return 0;
    }
    assert(policy_station(p, "") == NULL && policy_station(p, "nobody in any corpus") == NULL);
    const struct policy_station *s = policy_station(p, "branch-0311-0007");
    if (s) {
        policy_admits(s, "", "127.0.0.1", why, sizeof why);
        policy_admits(s, "00", "::1", why, sizeof why);
        for (size_t i = 0; i < sizeof mtis / sizeof *mtis; i++) {
            policy_allows(s, mtis[i], "102", "0311-0007", why, sizeof why);
            assert(!policy_allows(s, mtis[i], "999", "0311-0007", why, sizeof why) || strcmp(policy_bank(s), "999") == 0);
        }
    }
    policy_free(p);
    return 0;
}
