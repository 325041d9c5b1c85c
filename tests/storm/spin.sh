#!/bin/sh
# The payment's model: whole it must hold in every state, and fail under each rule taken away.
set -u
: "${B:=build}"
command -v spin >/dev/null 2>&1 || { echo "ok 1 - skipped: spin is not installed"; echo 1..1; exit 0; }
model=$(pwd)/tests/storm/payment.pml
dir=$B/spin
mkdir -p "$dir" && cd "$dir" || exit 1
n=0 bad=0
check() { # wanted errors (0: none), name, flag
    n=$((n + 1))
    spin $3 -a "$model" >spin.log 2>&1 && gcc -O1 -w -DSAFETY -DMEMLIM=2048 -o pan pan.c && ./pan -m100000 >pan.log 2>&1
    errors=$(sed -n 's/.*errors: \([0-9]*\).*/\1/p' pan.log | tail -n 1)
    states=$(sed -n 's/ *\([0-9]*\) states, stored.*/\1/p' pan.log | tail -n 1)
    found=none
    [ -n "$errors" ] && found=$([ "$errors" = 0 ] && echo 0 || echo 1)
    if [ "$found" = "$1" ]; then
        echo "ok $n - $2: ${states:-?} states, $errors errors"
    else
        bad=1
        echo "not ok $n - $2: ${states:-?} states, ${errors:-no} errors"
    fi
}
check 0 "the payment" ""
for rule in NOKEY NOTOMB ADVICEWINS SOFT LATE EARLYCASH NOT3 AGAIN; do
    check 1 "without its rule: $rule" "-D$rule"
done
echo "1..$n"
exit $bad
