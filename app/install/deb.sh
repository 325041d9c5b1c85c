#!/bin/sh
# deb.sh BUILD: a Debian package of what `make install` installs, BUILD/gridteller_VERSION_ARCH.deb.
set -eu
build=$1
version=1.0-1
arch=$(dpkg --print-architecture)
root=$build/deb/root doc=$build/deb/root/usr/share/doc/gridteller
rm -rf "$build/deb"
mkdir -p "$build/deb/debian"
umask 022
app/install/install.sh "$build" /usr "$root"

# stripped, pages compressed, as a package has them
strip --strip-unneeded "$root"/usr/bin/gridteller-* "$root/usr/lib/cups/backend/once"
gzip -9n "$root"/usr/share/man/man*/*
cp app/install/debian/copyright "$doc/copyright"
gzip -9nc app/install/debian/changelog >"$doc/changelog.Debian.gz"

# which libraries the programs ask for, as the packages that hold them
programs=$(find "$root/usr/bin" "$root/usr/lib/cups/backend" -type f | sed "s|^$build/deb/|-e|")
cp app/install/debian/control "$build/deb/debian/control"
depends=$(cd "$build/deb" && dpkg-shlibdeps -O --ignore-missing-info $programs 2>/dev/null | sed 's/^shlibs:Depends=//')

mkdir -p "$root/DEBIAN"
{
    echo "Package: gridteller"
    echo "Version: $version"
    echo "Architecture: $arch"
    echo "Depends: $depends"
    sed -n '/^Package:/,$p' app/install/debian/control | sed -e '/^Package:/d' -e '/^Architecture:/d' -e '/^Depends:/d'
    echo "Installed-Size: $(du -sk "$root" | cut -f1)"
} | awk '/^Description:/ { hold = 1 } hold && /^Installed-Size:/ { print; next } hold { rest = rest $0 "\n"; next } { print } END { printf "%s", rest }' >"$root/DEBIAN/control"
(cd "$root" && find etc -type f | sed 's|^|/|') >"$root/DEBIAN/conffiles"
for script in postinst prerm postrm; do
    [ -e "app/install/debian/$script" ] && install -m 755 "app/install/debian/$script" "$root/DEBIAN/$script"
done
(cd "$root" && find usr -type f -exec md5sum {} +) >"$root/DEBIAN/md5sums"
dpkg-deb --root-owner-group -b "$root" "$build/gridteller_${version}_$arch.deb" >/dev/null
echo "$build/gridteller_${version}_$arch.deb"
