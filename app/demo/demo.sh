#!/bin/sh
# `make demo`: the same town without a person; real keystrokes into the real counter.
set -eu
cd "$(dirname "$0")/../.."
: "${B:=build}"
export B
W=$B/demo/town
trap 'sh app/demo/world.sh "$W" down' EXIT
trap 'exit 130' INT TERM HUP
sh app/demo/world.sh "$W" up "${BILLS:-}"
mkdir -p "$B/demo"
"$B/demo-player" play "$W" "$B/demo"
