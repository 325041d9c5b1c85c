#!/bin/sh
# Installs the Debian packages that building and testing need (`deps.sh build`:
# building alone): only what is missing, as root or through sudo. Says what to do
# where it can't.
set -u

build="build-essential pkg-config gettext
libncurses-dev libsqlite3-dev libpq-dev libusb-1.0-0-dev libcups2-dev libssl-dev libuv1-dev
libsodium-dev libjansson-dev libinih-dev libpango1.0-dev libcairo2-dev libqrencode-dev
libunistring-dev liboath-dev libseccomp-dev libsystemd-dev libvterm-dev fonts-wqy-microhei fonts-babelstone-han"
tests="libcmocka-dev sqlite3 tshark poppler-utils zbar-tools hledger procps ghostscript
postgresql cups cups-client cups-daemon cups-core-drivers cups-ipp-utils umockdev libumockdev-dev
oathtool socat strace faketime systemd nftables mandoc lintian iproute2 spin"

packages="$build"
[ "${1:-}" = build ] || packages="$packages $tests"
if ! command -v dpkg-query >/dev/null 2>&1; then
    echo "deps: this is not a Debian system; install the counterparts of: " $packages >&2
    echo "deps: going on with what is there" >&2
    exit 0
fi

missing=""
for p in $packages; do
    state=$(dpkg-query -W -f='${db:Status-Status}' "$p" 2>/dev/null) || state=""
    [ "$state" = installed ] || missing="$missing $p"
done
[ -z "$missing" ] && exit 0

echo "deps: missing:$missing"
if [ "$(id -u)" = 0 ]; then
    as=""
elif command -v sudo >/dev/null 2>&1 && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
    as="sudo env DEBIAN_FRONTEND=noninteractive" # sudo drops the environment, and tshark would ask
else
    echo "deps: not root and no sudo here. Have an administrator run:" >&2
    echo "    apt-get install --no-install-recommends$missing" >&2
    exit 1
fi

log=$(mktemp) || exit 1
trap 'rm -f "$log"' EXIT
export DEBIAN_FRONTEND=noninteractive
install() { $as apt-get install -y --no-install-recommends $missing >"$log" 2>&1; }
echo "deps: installing, some minutes the first time"
# the lists of a fresh machine are empty or old: update and try once more
if ! install; then
    $as apt-get update >"$log" 2>&1 && install || {
        tail -n 20 "$log" >&2
        echo "deps: apt-get could not install them (its last lines are above). Try: apt-get update; apt-get install$missing" >&2
        exit 1
    }
fi
echo "deps: done"
