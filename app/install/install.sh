#!/bin/sh
# install.sh BUILD PREFIX DESTDIR: puts the programs and all that belongs to them where a
# system expects it. Settings that stand already are left as they are.
set -eu
build=$1 prefix=$2 dest=$3
bin=$dest$prefix/bin share=$dest$prefix/share lib=$dest$prefix/lib etc=$dest/etc/gridteller

mkdir -p "$bin" "$share/gridteller" "$share/man/man1" "$share/man/man8" "$share/bash-completion/completions" "$share/doc/gridteller" \
    "$lib/systemd/system" "$lib/sysusers.d" "$lib/tmpfiles.d" "$dest/usr/lib/cups/backend" "$etc"

for program in counter branchd bankd utilityd conformance; do
    install -m 755 "$build/$program" "$bin/gridteller-$program"
done
# CUPS runs a backend of this mode as root; it lets each job through once
install -m 700 "$build/once" "$dest/usr/lib/cups/backend/once"

for folder in forms printer-templates; do
    (cd "$folder" && find . -type f ! -path './sample/*') | while read -r file; do
        install -D -m 644 "$folder/$file" "$share/gridteller/$folder/$file"
    done
done
(cd "$build/locale" && find . -name '*.mo') | while read -r file; do
    install -D -m 644 "$build/locale/$file" "$share/locale/$file"
done

for page in "$build"/man/*; do
    install -m 644 "$page" "$share/man/man${page##*.}/$(basename "$page")"
done
install -m 644 app/install/completion.bash "$share/bash-completion/completions/gridteller-counter"
for program in branchd bankd utilityd conformance; do
    ln -sf gridteller-counter "$share/bash-completion/completions/gridteller-$program"
done
install -m 644 app/wire/PROTOCOL.md app/install/nftables.conf.example "$share/doc/gridteller"

for unit in app/install/systemd/*; do
    sed "s|/usr/bin/|$prefix/bin/|" "$unit" >"$lib/systemd/system/$(basename "$unit")"
    chmod 644 "$lib/systemd/system/$(basename "$unit")"
done
install -m 644 app/install/sysusers.conf "$lib/sysusers.d/gridteller.conf"
install -m 644 app/install/tmpfiles.conf "$lib/tmpfiles.d/gridteller.conf"

# as the program explains them; what it keeps lies under /var/lib, what people write here
settings() {
    [ -e "$etc/$1.conf" ] && return
    "$build/$1" "$2" | sed -e "s#^;\(path\|audit_key\|copy\|printers\) = \([a-z].*\)#\1 = /var/lib/gridteller-$1/\2#" \
        -e "s|^;results = .*|results = /var/lib/gridteller-$1/results|" -e "s|^;work = .*|work = /var/lib/gridteller-$1|" -e "s|^;policy = .*|policy = $1.policy|" \
        -e "s|^;socket = branchd.sock|socket = /run/gridteller/branchd.sock|" \
        -e "s|^;socket = bankd.sock|socket = /run/gridteller-bankd/bankd.sock|" >"$etc/$1.conf"
    chmod 644 "$etc/$1.conf"
}
settings counter --settings
for program in branchd bankd utilityd; do
    settings "$program" settings
done
