#!/bin/sh
# Unpacks the Debian packages of a group (debian-packages.txt) into build/tools, unless their programs are on PATH. They are not
# installed, because Debian would start them as services of this machine, and tests need only their programs.
# If a package cannot be had, it says so in one line and ends with 0: the tests that need it are skipped.
#   tools/unpack.sh [group]      (by default the group "unpack")
# The program of a package has the package's name, unless the list says package:program.
set -eu
cd "$(dirname "$0")/.."
group=${1:-unpack}
target=build/tools
command -v dpkg-deb >/dev/null || exit 0

as_root=''
[ "$(id -u)" -eq 0 ] || as_root=sudo

# Downloads a package into this folder. The lists may be missing or old; then they are fetched once.
download() {
    (cd "$1" && apt-get -qq download "$2" 2>/dev/null) && return
    $as_root apt-get -qq update >/dev/null 2>&1 && (cd "$1" && apt-get -qq download "$2" 2>/dev/null)
}

entries=$(awk -v group="$group" '$1 == group { $1 = ""; print }' tools/debian-packages.txt)
for entry in $entries; do
    package=${entry%:*}
    program=${entry#*:}
    if command -v "$program" >/dev/null || [ -x "$target/usr/bin/$program" ]; then continue; fi
    mkdir -p "$target"
    work=$(mktemp -d "$target/unpack.XXXXXX")
    if download "$work" "$package" && dpkg-deb --extract "$work/$package"_*.deb "$work/tree"; then
        mkdir -p "$target/usr/bin"
        mv "$work/tree/usr/bin/"* "$target/usr/bin/"
        echo "unpack: $package is in $target"
    else
        echo "unpack: $package cannot be downloaded; the tests that need it are skipped" >&2
    fi
    rm -rf "$work"
done
