#!/bin/sh
# Calls go one way: base <- ledger, wire, print, drivers <- the four programs.
# An #include that goes back, or sideways into another program, is named.
set -u
cd "$(dirname "$0")/../.." || exit 1
bad=0

# may FOLDER ALLOWED...: every quoted include of FOLDER's files starts with one of ALLOWED
may() {
    folder=$1 allowed=$2
    found=$(grep -nHE '^#include "' "$folder"/*.c "$folder"/*.h 2>/dev/null |
        grep -vE "#include \"($allowed)/")
    if [ -n "$found" ]; then
        echo "# $folder may include only from: $(echo "$allowed" | tr '|' ' ')"
        echo "$found" | sed 's/^/#   /'
        echo "not ok - $folder calls only what lies below it"
        bad=1
    else
        echo "ok - $folder calls only what lies below it"
    fi
}

may app/base     'base'
may app/ledger   'base|ledger'
may app/wire     'base|wire'
may app/print    'base|print|drivers'
may drivers      'base|print|drivers'
may app/counter  'base|print|drivers|counter'
may app/branchd  'base|wire|ledger|branchd'
may app/bankd    'base|wire|bankd'
may app/utilityd 'base|wire|print|drivers|utilityd' # transfer customers' invoices are printed by the utility

# the ledger takes time, chance and disk from outside, and screens know no SQL
pure() {
    folder=$1 words=$2 story=$3
    found=$(grep -nHE "$words" "$folder"/*.c 2>/dev/null)
    if [ -n "$found" ]; then
        echo "$found" | sed 's/^/#   /'
        echo "not ok - $story"
        bad=1
    else
        echo "ok - $story"
    fi
}
pure app/ledger  '\<(time|gettimeofday|clock_gettime|socket|connect|rand|random|getrandom|uv_[a-z_]+)\(' \
    'the ledger asks no clock, network or chance of its own'
pure app/counter '\<sqlite3_' 'screens know no SQL'
pure app/wire    '\<sqlite3_' 'the wire knows no SQL'
# the types, that is: a till has a float, and books a double entry, in comments and texts
float=$(for f in app/ledger/*.[ch] app/base/money.[ch] app/wire/*.[ch]; do
    sed -e 's/"[^"]*"//g; s,/\*.*\*/,,g; s,/\*.*,,; s,^ \*.*,,' "$f" | grep -nE '\<(double|float)\>' | sed "s,^,$f:,"
done)
if [ -n "$float" ]; then
    echo "$float" | sed 's/^/#   /'; echo "not ok - no floating point near money"; bad=1
else
    echo "ok - no floating point near money"
fi
odd=$(git ls-files 2>/dev/null | cut -d/ -f1 | sort -u |
    grep -vE '^(\..*|Makefile|README\.md|app|drivers|forms|printer-templates|tests)$')
if [ -n "$odd" ]; then
    echo "#   $odd"; echo "not ok - the top folder holds what the owner drew and nothing else"; bad=1
else
    echo "ok - the top folder holds what the owner drew and nothing else"
fi
exit $bad
