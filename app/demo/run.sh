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
case ${LANGUAGE_OF_SCREENS:-${LC_ALL:-${LC_MESSAGES:-${LANG:-}}}} in
zh*) hint="试试 0499110001 Enter Enter 200 Enter Enter；再试 0499110002（六张账单）、 0499110003（有违约金）、 0499110004（已过代收期）、 \
0499110005（生僻字）、 0499110006（名称很长）、 0499110007（零电量）、 0499110008（英文名）、 0499110009（未到代收期）。 F1 帮助，F10 菜单（退出也在那里）。" ;;
*) hint="Try 0499110001 Enter Enter 200 Enter Enter; then 0499110002 (six bills), 0499110003 (late fee), 0499110004 (too late here), 0499110005 (rare \
characters), 0499110006 (long name), 0499110007 (nothing used), 0499110008 (Latin name), 0499110009 (not payable yet). F1 helps, F10 is the menu: leaving is there too." ;;
esac
echo "run: making certificates and bills, starting utilityd, bankd and branchd (their logs: $W/*.log)"
sh app/demo/world.sh "$W" up "${BILLS:-}"
"$B/counter" --socket="$W/branchd.sock" --terminal=07 ${LANGUAGE_OF_SCREENS:+--lang=$LANGUAGE_OF_SCREENS} \
    --operator=0712 --password-file="$W/password" --float=500.00 \
    --hint="$hint" || true
echo "run: what was taken stands at the utility:"
"$B/utilityd" --config="$W/utilityd.conf" query payments || true
echo "run: the paper of the demo printer is in $W/paper.bin, the other passwords are: $(cat "$W/password") (0701, 0702 supervisors, 0790 technician)"
