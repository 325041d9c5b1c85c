/* Feeds every file of a fuzz target's corpus to it once, so that what fuzzing
 * ever found stays found, with any compiler. FUZZ_NAME comes from the Makefile. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define INPUT_MAX ((size_t)16 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int feed(const char *path)
{
    FILE *in = fopen(path, "rb");
    uint8_t *bytes = malloc(INPUT_MAX), *exact = NULL;
    int status = -1;
    if (!in || !bytes) goto done;
    size_t size = fread(bytes, 1, INPUT_MAX, in);
    exact = realloc(bytes, size ? size : 1); /* a read beyond the end is seen by the sanitizer */
    bytes = NULL;
    if (!exact || ferror(in)) goto done;
    LLVMFuzzerTestOneInput(exact, size);
    status = 0;
done:
    free(bytes);
    free(exact);
    if (in) fclose(in);
    return status;
}

int main(void)
{
    const char *folder = "tests/fuzz/corpus/" FUZZ_NAME;
    struct dirent **entries = NULL;
    int count = scandir(folder, &entries, NULL, alphasort), fed = 0, failed = 0;
    for (int i = 0; i < count; i++) {
        char path[1024];
        snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
        if (entries[i]->d_name[0] != '.') {
            fprintf(stderr, "# %s\n", path); /* the last one named is the one that crashed */
            failed += feed(path) != 0;
            fed++;
        }
        free(entries[i]);
    }
    free(entries);
    printf("%s - %d inputs once found are survived by %s\n", fed && !failed ? "ok" : "not ok", fed,
           FUZZ_NAME);
    return fed && !failed ? 0 : 1;
}
