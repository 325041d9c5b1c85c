#!/bin/sh
# A small town on one machine: a utility, a bank and one branch of it, with
# certificates, sample bills, operators and an open business day, all in one
# folder that is made anew.
#
#   world.sh FOLDER up [BILLS]     make it and start it (BILLS: a bills file to take instead of samples)
#   world.sh FOLDER start|stop NAME    one of utilityd, bankd, branchd, printer
#   world.sh FOLDER down           stop all of it
set -eu
umask 022

: "${B:=build}"
bin=$(cd "$B" && pwd)
mkdir -p "$1"
W=$(cd "$1" && pwd)
act=$2
password="demo pass phrase"
bank=102 branch=0311-0007

fail() {
    echo "world: $*" >&2
    exit 1
}

# start NAME COMMAND…: in the background, until it says "ready"
start() {
    name=$1
    shift
    "$@" >"$W/$name.out" 2>>"$W/$name.log" </dev/null &
    echo $! >"$W/$name.pid"
    tries=0
    until grep -q '^ready' "$W/$name.out" 2>/dev/null; do
        kill -0 "$(cat "$W/$name.pid")" 2>/dev/null || fail "$name ended at once: $(tail -n 3 "$W/$name.log")"
        tries=$((tries + 1))
        [ $tries -lt 300 ] || fail "$name is not ready after 15 seconds: see $W/$name.log"
        sleep 0.05
    done
}

start_named() {
    case $1 in
    utilityd | bankd | branchd) start "$1" "$bin/$1" --config="$W/$1.conf" serve ;;
    printer) start printer "$bin/demo-player" printer "$W/paper.bin" "$(port_of printer)" ;;
    *) fail "there is no program $1" ;;
    esac
}

stop_named() {
    [ -f "$W/$1.pid" ] || return 0
    pid=$(cat "$W/$1.pid")
    kill "$pid" 2>/dev/null || true
    tries=0
    while kill -0 "$pid" 2>/dev/null && [ $tries -lt 100 ]; do
        tries=$((tries + 1))
        sleep 0.05
    done
    kill -9 "$pid" 2>/dev/null || true
    rm -f "$W/$1.pid"
}

port_of() { if [ -f "$W/$1.out" ]; then sed -n 's/^ready: .*:\([0-9][0-9]*\)$/\1/p' "$W/$1.out"; fi; }

# when it is started again it is found where it was
keep_port() { sed -i "s/^listen = .*/listen = 127.0.0.1:$(port_of "$1")/" "$W/$1.conf"; }

operator() { echo "$password" | "$bin/branchd" --config="$W/branchd.conf" operator install "$1" "$2" "$3" --keep >>"$W/make.log"; }

# The demo lives on the day that its bills were made for: seconds to add to the clock.
shift_of() {
    today=$(TZ=UTC-8 date +%F)
    echo $((($(date -u -d "$1" +%s) - $(date -u -d "$today" +%s))))
}

up() {
    bills=${1:-}
    case $W in */build*/* | /tmp/*) ;; *) [ -z "$(ls -A "$W")" ] || [ -f "$W/make.log" ] || fail "$W holds something else" ;; esac
    down
    rm -rf "${W:?}"/*
    if [ -n "$bills" ]; then
        [ -r "$bills" ] || fail "cannot read $bills"
        date=$(head -n 1 "$bills" | cut -d'|' -f5 | tr -d '\r')
        date -u -d "$date" >/dev/null 2>&1 || fail "$bills: its first line names no business date; it must begin with BILLS|1|"
    else
        bills=$W/bills.txt date=$(TZ=UTC-8 date +%F)
        "$bin/utilityd" sample --bills "${SAMPLE:-20000}" --date "$date" >"$bills"
    fi
    shift_s=$(shift_of "$date")

    mkdir "$W/certs"
    "$bin/utilityd" certs ca "$W/certs" >>"$W/make.log"
    for station in utility bank-$bank branch-$branch; do
        "$bin/utilityd" certs station "$W/certs" $station >>"$W/make.log"
    done
    echo "station bank-$bank bank=$bank branch=* from=127.0.0.0/8 messages=all" >"$W/utilityd.policy"
    echo "station branch-$branch bank=$bank branch=$branch from=127.0.0.0/8 messages=all" >"$W/bankd.policy"
    tls() { printf 'ca = certs/ca.crt\ncertificate = certs/%s.crt\nkey = certs/%s.key\n' "$1" "$1"; }
    clock() { printf '[clock]\nshift_s = %s\n' "$shift_s"; }

    { printf '[store]\npath = utility.db\n[serve]\nlisten = 127.0.0.1:0\npolicy = utilityd.policy\n'; tls utility; clock; } >"$W/utilityd.conf"
    "$bin/utilityd" --config="$W/utilityd.conf" init >>"$W/make.log"
    "$bin/utilityd" --config="$W/utilityd.conf" import "$bills" >>"$W/make.log" || fail "the bills were refused; see above"
    start_named utilityd
    keep_port utilityd

    { printf '[store]\npath = bank.db\n[serve]\nlisten = 127.0.0.1:0\npolicy = bankd.policy\n'; tls bank-$bank
      printf '[utility]\naddress = 127.0.0.1:%s\n[status]\nsocket = bankd.sock\n[accounts]\nkey = bank.box\n' "$(port_of utilityd)"; clock; } >"$W/bankd.conf"
    "$bin/bankd" --config="$W/bankd.conf" init >>"$W/make.log"
    bank_key=$("$bin/bankd" --config="$W/bankd.conf" account key)
    start_named bankd
    keep_port bankd

    { printf '[ledger]\npath = branch.db\naudit_key = audit.key\ncopy = copy.db\n[serve]\nsocket = branchd.sock\nprinters = printers.json\n'
      printf '[link]\naddress = 127.0.0.1:%s\n' "$(port_of bankd)"; tls branch-$branch; printf 'feed = 5s\n[accounts]\nbank_key = %s\n' "$bank_key"; clock; } >"$W/branchd.conf"
    "$bin/branchd" --config="$W/branchd.conf" init >>"$W/make.log"
    operator 0712 "王敏 Wang Min" teller
    operator 0713 "刘洋 Liu Yang" teller
    operator 0701 "李娜 Li Na" supervisor
    operator 0702 "陈静 Chen Jing" supervisor
    operator 0790 "赵工 Zhao Gong" technician
    "$bin/branchd" --config="$W/branchd.conf" operator done >>"$W/make.log"
    echo "$password" | "$bin/branchd" --config="$W/branchd.conf" day open 0701 "$date" >>"$W/make.log"
    (umask 077 && echo "$password" >"$W/password")
    start_named branchd
    start_named printer
    mkdir "$W/office" "$W/passbook"
    # the first copy of the bills: from then on the link may go
    tries=0
    until "$bin/branchd" --config="$W/branchd.conf" status --json 2>/dev/null | grep -Eq '"bills": *[1-9]'; do
        tries=$((tries + 1))
        [ $tries -lt 600 ] || fail "the branch has no copy of the bills after a minute: see $W/branchd.log"
        sleep 0.1
    done
    "$bin/demo-player" prepare "$W/branchd.sock" "$W/password" "$(sed -n 's/^ready: //p' "$W/printer.out")" "$W" >>"$W/make.log"
}

down() {
    for name in branchd bankd utilityd printer; do
        stop_named $name
    done
}

case $act in
up) shift 2; up "$@" ;;
down) down ;;
start) start_named "$3" ;;
stop) stop_named "$3" ;;
*) fail "up, down, start or stop" ;;
esac
