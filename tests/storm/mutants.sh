#!/bin/sh
# Each named mutant of the core and its settings (tests/storm/mutants) must be caught by
# the storm: else it would not see the product doing the same. B: where they are built. A mutant that takes a rare
# thing says from which seed on it is looked for ("# from: 201").
set -u
: "${B:=build}"
n=0 missed=0
for file in tests/storm/mutants/*.sed; do
    name=$(basename "$file" .sed)
    n=$((n + 1))
    if ! [ -x "$B/mutants/$name" ]; then
        missed=$((missed + 1))
        echo "not ok $n - $name: it was not built"
        continue
    fi
    # caught: a seed ends badly, or the checks of a start refuse it
    from=$(sed -n 's/^# from: //p' "$file")
    if "$B/mutants/$name" -s "${from:-1}" -n "${SEEDS:-600}" -x 1 >"$B/mutants/$name.log" 2>&1; then
        missed=$((missed + 1))
        echo "not ok $n - $name: $(sed -n '2s/^# //p' "$file")"
    else
        echo "ok $n - $name: $(grep -v '^storm: [0-9]' "$B/mutants/$name.log" | head -n 1)"
    fi
done
echo "1..$n"
[ $missed -eq 0 ]
