/* The codec alone, one thread: messages packed and unpacked a second, a payment
 * and a bills answer of the page's examples. Peer: what DL-ISO8583 did on a machine
 * of this kind (it is in no package; its figures are from a run by hand). */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "lib/station.h"
#include "wire/message.h"

#define ROUND_MS 1000
#define DL_PACK 2600000
#define DL_UNPACK 3000000

static int64_t now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t); /* what others on the machine take is not ours */
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void line(const char *name, int64_t ours, int64_t peer)
{
    printf("bench: %s ours %lld/s peer %lld/s ratio %lld.%03lld target 1.000 %s\n", name, (long long)ours, (long long)peer, (long long)(ours / peer),
           (long long)(ours % peer * 1000 / peer), ours >= peer ? "ok" : "short");
    fflush(stdout);
}

static int64_t packs(const struct iso *m)
{
    char bytes[ISO_MESSAGE_MAX];
    int64_t n = 0, from = now_us(), sum = 0;
    while (now_us() - from < ROUND_MS * 1000)
        for (int i = 0; i < 1000; i++, n++)
            sum += iso_pack(m, bytes, sizeof bytes, NULL);
    if (sum <= 0) fail_msg("it does not pack");
    return n * 1000000 / (now_us() - from);
}

static int64_t unpacks(const char *bytes, size_t len, bool checked)
{
    static struct iso m;
    int64_t n = 0, from = now_us();
    while (now_us() - from < ROUND_MS * 1000)
        for (int i = 0; i < 1000; i++, n++)
            if (iso_unpack(&m, bytes, len, NULL) != 0 || (checked && message_check(&m, NULL) != 0)) fail_msg("it does not unpack");
    return n * 1000000 / (now_us() - from);
}

static void the_bench(void **state)
{
    struct iso m;
    char bytes[ISO_MESSAGE_MAX];
    station_pay(&m, "0200", "0311-0007", 417, 10000);
    int len = iso_pack(&m, bytes, sizeof bytes, NULL);
    line("wire-pack", packs(&m), DL_PACK);
    line("wire-unpack", unpacks(bytes, (size_t)len, false), DL_UNPACK);
    printf("bench: wire-unpack-and-check ours %lld/s peer - ratio - target - ok\n", (long long)unpacks(bytes, (size_t)len, true));
    printf("bench: wire-payment-message ours %dB peer - ratio - target 200B %s\n", len, len <= 200 ? "ok" : "short");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_bench)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
