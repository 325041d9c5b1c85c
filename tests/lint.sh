#!/bin/sh
# Everything that reads the code without running it: clang's warnings, its
# static checks, cppcheck. Ends 1 when any of them has something to say.
set -u
cd "$(dirname "$0")/.." || exit 1
: "${B:=build}"
for tool in clang clang-tidy cppcheck; do
    command -v $tool >/dev/null 2>&1 ||
        { echo "lint: $tool is missing; apt-get install clang clang-tidy cppcheck" >&2; exit 1; }
done
status=0
echo "lint: clang, warnings as errors"
make --no-print-directory -j"$(nproc)" CC=clang B="$B/clang" all test-programs >"$B/lint-clang.log" 2>&1 ||
    { grep -E 'error:|warning:' "$B/lint-clang.log" | head -n 40; status=1; }
echo "lint: cppcheck"
cppcheck --quiet --std=c11 --language=c -Iapp -I. -I"$B/gen" --enable=warning,portability \
    --inline-suppr --error-exitcode=1 --suppress=missingInclude --suppress=unknownMacro \
    -j"$(nproc)" app drivers || status=1
echo "lint: clang-tidy"
cflags="-std=c11 -D_GNU_SOURCE -Iapp -I. -I$B/gen $(pkg-config --cflags ncursesw sqlite3 libpq libusb-1.0 openssl libuv pangocairo)"
find app drivers -name '*.c' -print0 |
    xargs -0 -n 8 -P "$(nproc)" sh -c 'clang-tidy --quiet "$@" -- '"$cflags" sh 2>/dev/null |
    grep -E 'warning:|error:' && status=1
[ $status -eq 0 ] && echo "lint: clean"
exit $status
