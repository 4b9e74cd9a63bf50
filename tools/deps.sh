#!/bin/sh
# Installs those Debian packages of the named groups that are missing (default: all groups).
#   tools/deps.sh [--check] [group...]
# With --check it installs nothing: it prints the missing packages, and exits with 1 if there are any.
# On a system without dpkg-query it installs nothing, but checks that the programs of the groups (programs.txt) are on PATH.
# If nothing is missing, this costs one call of dpkg-query. So every make target that needs packages calls it first.
set -eu
case $0 in */*) here=${0%/*} ;; *) here=. ;; esac
list=$here/debian-packages.txt

check_only=no
if [ "${1:-}" = --check ]; then
    check_only=yes
    shift
fi
[ $# -gt 0 ] || set -- build run media gst test sanitize lint

# Prints the programs of these groups that are not on PATH. It uses the shell only, so that it runs on macOS, too.
not_on_path() {
    for group in "$@"; do
        known=no
        while read -r name programs; do
            [ "$name" = "$group" ] || continue
            known=yes
            for program in $programs; do
                command -v "$program" >/dev/null || echo "$program"
            done
        done <"$here/programs.txt"
        [ "$known" = yes ] || { echo "deps: no package group '$group' in $list" >&2; return 2; }
    done
}

if ! command -v dpkg-query >/dev/null; then
    missing=$(not_on_path "$@") || exit 2
    [ -n "$missing" ] || exit 0
    # shellcheck disable=SC2086 # the words become one line
    echo "deps: missing on PATH:" $missing "(on Debian they are installed here; elsewhere please do)" >&2
    exit 1
fi

wanted=''
for group in "$@"; do
    packages=$(awk -v group="$group" '$1 == group { $1 = ""; print }' "$list")
    [ -n "$packages" ] || { echo "deps: no package group '$group' in $list" >&2; exit 2; }
    wanted="$wanted $packages"
done
# dpkg-query prints a line for each package that it knows. A package whose state is not "installed" is missing.
# shellcheck disable=SC2086 # the list is meant to be split
installed=$(dpkg-query -W -f='${db:Status-Status} ${Package}\n' $wanted 2>/dev/null |
    awk '$1 == "installed" { print $2 }') || true
# shellcheck disable=SC2086
missing=$(printf '%s\n' $wanted | sort -u | grep -vxF "$installed" | tr '\n' ' ') || true
[ -n "$missing" ] || exit 0

if [ "$check_only" = yes ]; then
    echo "missing: $missing"
    exit 1
fi

as_root=''
if [ "$(id -u)" -ne 0 ]; then
    as_root=sudo
    command -v sudo >/dev/null || {
        echo "deps: missing packages, and neither root nor sudo to install them: $missing" >&2
        exit 1
    }
fi
echo "deps: installing with apt-get${as_root:+ (through sudo)}: $missing"
apt="$as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0"
$apt update || { echo "deps: apt-get update failed (network, proxy or sources)" >&2; exit 1; }
# shellcheck disable=SC2086
$apt install --yes --no-install-recommends $missing >/dev/null || {
    echo "deps: apt-get could not install: $missing" >&2
    exit 1
}
