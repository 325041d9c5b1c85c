#!/bin/sh
# The shipped units leave an intruder little: systemd's own judge gives each an
# exposure of at most 1.5, and the example for the packet filter is one that nft reads.
set -u
cd "$(dirname "$0")/../.." || exit 1
bad=0
for unit in app/install/systemd/*.service; do
    name=$(basename "$unit")
    level=$(systemd-analyze security --offline=true --no-pager --threshold=15 "$unit" 2>&1)
    if [ $? -eq 0 ]; then
        echo "ok - $name is exposed at most 1.5"
    else
        echo "$level" | tail -n 3 | sed 's/^/#   /'
        echo "not ok - $name is exposed at most 1.5"
        bad=1
    fi
done
if message=$(unshare -rn nft -c -f app/install/nftables.conf.example 2>&1); then
    echo "ok - nft reads the example for the packet filter"
else
    case $message in
    *"peration not permitted"* | *"unshare failed"*) echo "ok - nft reads the example for the packet filter # SKIP no namespaces here" ;;
    *) echo "$message" | sed 's/^/#   /'; echo "not ok - nft reads the example for the packet filter"; bad=1 ;;
    esac
fi
exit $bad
