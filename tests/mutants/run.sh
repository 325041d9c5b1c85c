#!/bin/sh
# Mutants of the core, drawn by chance (tests/mutants/mutate.c): each is built, run against the
# ledger's and the judge's unit programs and the storm, and must be noticed by one of them.
# N: how many; SEED: which; B: the build with the core as a library (`make mutants`). What is left
# alive and does nothing else than the original stands in tests/mutants/equivalent, with why.
# Ends with "mutants: drawn D, built B, killed K, alive A, equivalent E, score S %".
set -u
: "${B:=build}" "${N:=300}" "${SEED:=1}" "${SEEDS:=60}" "${PATIENCE:=60}"
out="$B/mutants-$SEED"
mkdir -p "$out/app" || exit 2
work=$(mktemp -d "${TMPDIR:-/dev/shm}/gridteller-mutants-XXXXXX") || exit 2
trap 'rm -rf "$work"' EXIT
units=
for t in payment back start paper till move day journal group approval operator verify restored day_kill walk edges files draft report difference; do units="$units $B/tests/ledger_$t"; done

# 0: it noticed something
notices() {
    rm -rf "$work/files" && mkdir "$work/files"
    case $1 in
    */storm) set -- "$1" -n "$SEEDS" -j 1 -x 1 ;;
    esac
    ! TEST_FOLDER="$work/files" LD_LIBRARY_PATH="$out" timeout "$PATIENCE" "$@" >"$out/log" 2>&1
}

# The programs that run this line, or the one that its statement begins on; all of them where nobody counted
# (LINES_RUN: what `make coverage` left of it, younger than the file).
runs() { # file line
    if [ -f "${LINES_RUN:-}" ] && [ "$LINES_RUN" -nt "$1" ]; then
        by=$(awk -v file="$1" -v line="$2" 'BEGIN { for (i = 0; i < 8; i++) rank[file ":" line - i] = i + 1; best = 9 }
            $1 in rank { if (rank[$1] < best) { best = rank[$1]; by = "" } if (rank[$1] == best) by = by " " $2 } END { print by }' "$LINES_RUN")
        for t in $units "$B/storm"; do
            case " $by " in *" $(basename "$t") "*) echo "$t" ;; esac
        done
        [ -z "$by" ] || return
    fi
    echo $units "$B/storm"
}

# The walk over the judge has the judge in it: it is built anew, with the mutant for what it includes.
judge_test() { # mutant
    mkdir -p "$out/include/utilityd" && cp "$1" "$out/include/utilityd/" &&
        ${COMPILE%% *} -I"$out/include" ${COMPILE#* } -w -Itests -pie -o "$out/utility_walk" tests/unit/utility_walk.c $JUDGE_LIBS 2>"$out/log"
}

# prints killed BY, alive, equivalent (to the compiler) or "not built"
judge() { # file number line
    made="$out/app/$(basename "$1")"
    "$B/mutate" -m "$2" "$1" >"$made" || { echo "not built"; return; }
    if cmp -s "$made" "$1"; then echo "equivalent"; return; fi
    $COMPILE -I"$(dirname "$1")" -w -c -o "$out/mutant.o" "$made" 2>"$out/log" || { echo "not built"; return; }
    object="$B/obj/${1%.c}.o"
    strip -d -o "$out/as-is.o" "$object" && strip -d -o "$out/as-mutant.o" "$out/mutant.o" && cmp -s "$out/as-mutant.o" "$out/as-is.o" && { echo "equivalent"; return; }
    objects="$out/mutant.o"
    for o in $CORE; do [ "$o" = "$object" ] || objects="$objects $o"; done
    $COMPILE -shared -o "$out/libcore.so" $objects 2>"$out/log" || { echo "not built"; return; }
    first=$(cat "$made.killer" 2>/dev/null)
    case $1 in
    */judge*) rm -rf "$out/include"; judge_test "$made" && first="$out/utility_walk $B/tests/utility_judge $B/tests/utility_moves" ;;
    esac
    for t in $first $(runs "$1" "$3"); do
        if notices "$t"; then
            echo "$t" >"$made.killer"
            echo "killed by $(basename "$t")"
            return
        fi
    done
    echo alive
}

if [ -n "${AGAIN:-}" ]; then # those that were alive the last time, with better tests
    sed -n 's/^\([^:]*\):\([0-9]*\) \([0-9]*\) \([^:]*\): alive$/\1 \3 \2 \4/p' "$out/table" >"$out/drawn"
else
    "$B/mutate" -n "$N" -s "$SEED" $FILES >"$out/drawn"
fi
: >"$out/table"
while read -r file number line kind; do
    verdict=$(judge "$file" "$number" "$line")
    if [ "$verdict" = alive ]; then
        changed=$(diff "$file" "$out/app/$(basename "$file")" | sed -n 's/^< *//p' | head -n 1) # a line was, and is
        changed="$changed => $(diff "$file" "$out/app/$(basename "$file")" | sed -n 's/^> *//p' | head -n 1)"
        grep -qxF "$(basename "$file"): $changed" tests/mutants/equivalent 2>/dev/null && verdict="equivalent, as listed"
        [ "$verdict" != alive ] || diff "$file" "$out/app/$(basename "$file")" >"$out/alive-$(basename "$file" .c)-$number.diff"
    fi
    echo "$file:$line $number $kind: $verdict" | tee -a "$out/table"
done <"$out/drawn"

awk -F': ' -v least="${LEAST:-0}" '
    { n++ } $2 ~ /^killed/ { killed++ } $2 ~ /^alive/ { alive++ } $2 ~ /^equivalent/ { same++ } $2 ~ /^not built/ { unbuilt++ }
    END { score = killed + alive ? int(1000 * killed / (killed + alive)) / 10 : 0
          printf "mutants: drawn %d, built %d, killed %d, alive %d, equivalent %d, score %.1f %%\n", n, n - unbuilt, killed, alive, same, score
          exit score < least }' "$out/table"
