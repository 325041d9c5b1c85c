/* Fontconfig keeps its tables of characters behind offsets instead of pointers, so the
 * leak checker takes what is in use for lost. Read by it alone, from outside: the linker
 * must not drop it. */
__attribute__((used, retain)) const char *__lsan_default_suppressions(void);

const char *__lsan_default_suppressions(void) { return "leak:libfontconfig\n"; }
