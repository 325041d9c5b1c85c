#!/bin/sh
# `make run`: the town is started, the counter opened and signed on, and all of it
# ended when the counter is left. Without a terminal the demo is played instead.
set -eu
cd "$(dirname "$0")/../.."
: "${B:=build}"
export B
if ! [ -t 0 ] || ! [ -t 1 ]; then
    echo "run: the counter needs a terminal and there is none here; playing \"make demo\" instead"
    exec sh app/demo/demo.sh
fi
W=$B/run
trap 'sh app/demo/world.sh "$W" down' EXIT
trap 'exit 130' INT TERM HUP
echo "run: making certificates and bills, starting utilityd, bankd and branchd (their logs: $W/*.log)"
sh app/demo/world.sh "$W" up "${BILLS:-}"
"$B/counter" --socket="$W/branchd.sock" --terminal=07 ${LANGUAGE_OF_SCREENS:+--lang=$LANGUAGE_OF_SCREENS} \
    --operator=0712 --password-file="$W/password" --float=500.00 \
    --hint="Try 0499110001 Enter Enter 200 Enter Enter; then ...0002 (six bills), 0003 (late), 0004 (closed), 0005. F10 menu." || true
echo "run: what was taken stands at the utility:"
"$B/utilityd" --config="$W/utilityd.conf" query payments || true
echo "run: the paper of the demo printer is in $W/paper.bin, the other passwords are: $(cat "$W/password") (0701, 0702 supervisors, 0790 technician)"
