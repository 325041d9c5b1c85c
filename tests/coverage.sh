#!/bin/sh
# Branches of the core taken by the programs named: gcov's own count, a file a line, then all of it.
# Each condition of an && or || is two branches. Left out, and counted apart, are branches that only
# a disk or a memory that fails takes, and those of an assertion that fails (tests/README.md): the
# rules are below, in `broken` and `passes_on`.
# B: a build with COVERAGE=1. FILES: the core's. SEEDS: days of the storm. LEAST: exit 1 below.
# Written besides: $B/gaps (file:line of each branch that nothing took), $B/lines (file:line program).
set -u
: "${B:=build/coverage}" "${SEEDS:=1500}" "${LEAST:=0}"
objects=
for f in $FILES; do objects="$objects $B/obj/${f%.c}.gcda"; done
work=$(mktemp -d "${TMPDIR:-/dev/shm}/gridteller-coverage-XXXXXX") || exit 2
trap 'rm -rf "$work"' EXIT
: >"$work/counts"
: >"$B/moves" # of the ledger's state machine, as they are made (tests/lib/moves.h)
for program in "$@"; do
    find "$B" -name '*.gcda' -delete
    case $program in
    */storm) set -- "$program" -n "$SEEDS" -j 1 ;;
    *) set -- "$program" ;;
    esac
    MOVES_SEEN="$B/moves" TEST_FOLDER="$work" "$@" >"$work/log" 2>&1 || echo "coverage: $program fails: $(tail -n 1 "$work/log")"
    gcov -b -c -t $objects 2>/dev/null | awk -v program="$(basename "$program")" '
        /^ *-: *0:Source:/ { sub(/^.*Source:/, ""); file = $0; next }
        /^ *[-#=0-9*]+: *[0-9]+:/ { split($0, part, ":"); line = part[2] + 0; at = 0; n = part[1]; gsub(/[ *]/, "", n)
            if (n != "-") print "L", file, line, 0, (n ~ /^[0-9]/ ? n : 0), program; next }
        /^branch / { print "B", file, line, at++, ($3 == "taken" ? $4 : 0), program }' >>"$work/counts"
done

legal=$(sed -n '/^INSERT INTO move/,/;/p' app/ledger/schema.sql | grep -o "'[a-z]*', *'[a-z -]*', *'[a-z -]*'" | sed "s/', *'/|/g; s/'//g")
made=$(echo "$legal" | while read -r move; do grep -qxF "$move" "$B/moves" && echo "$move"; done | wc -l)
echo "$legal" | while read -r move; do grep -qxF "$move" "$B/moves" || echo "never made: $move"; done
echo "moves: legal $(echo "$legal" | wc -l), made $made"

awk -v files="$FILES" -v b="$B" -v least="$LEAST" '
    # taken only when SQLite says that disk or memory failed: what the crash VFS, the storm and the short memory try
    function broken(line) {
        return line ~ /^ *assert\(|LEDGER_BROKEN|got < 0|got == -1|< 0\)$|!walk|!= SQLITE_|== NULL/ || line ~ /^ *(if|else if|for|while|return|r =|enum ledger_result r =)? *.*r == LEDGER_OK/
    }
    # a statement over more lines than one: what stands in it up to its end, and what it does then
    function whole(file, at,   text, i) {
        for (i = 0; i < 8; i++) { text = text source[file, at + i]; if (source[file, at + i] ~ /[;{]$/) break }
        return text
    }
    function passes_on(file, at) { return whole(file, at) ~ /^ *if \(.*\) +return LEDGER_BROKEN;$/ }
    BEGIN { n = split(files, list, " "); for (i = 1; i <= n; i++) { ours[list[i]] = 1
        for (at = 1; (getline text < list[i]) > 0; at++) source[list[i], at] = text } }
    !($2 in ours) { next }
    $1 == "L" { if ($5 > 0) print $2 ":" $3, $6 > (b "/lines"); next }
    { key = $2 SUBSEP $3 SUBSEP $4; if (!(key in count)) order[++branches] = key; count[key] += $5 }
    END {
        for (i = 1; i <= branches; i++) { split(order[i], k, SUBSEP); f = k[1]
            taken = count[order[i]] > 0; apart = !taken && (broken(source[f, k[2]]) || passes_on(f, k[2]))
            all[f]++; hit[f] += taken; left[f] += apart; total++; hits += taken; lefts += apart
            if (!taken) print f ":" k[2] (apart ? " apart" : "") ": " source[f, k[2]] > (b "/gaps") }
        for (i = 1; i <= n; i++) if (all[list[i]])
            printf "%-34s %5d branches %5d taken %5d apart  %5.1f %%\n", list[i], all[list[i]], hit[list[i]], left[list[i]], 100 * hit[list[i]] / (all[list[i]] - left[list[i]])
        score = total - lefts ? int(1000 * hits / (total - lefts)) / 10 : 0
        printf "coverage: branches %d, taken %d, apart %d, core %.1f %%, of all %.1f %%\n", total, hits, lefts, score, 100 * hits / total
        exit score < least
    }' "$work/counts"
