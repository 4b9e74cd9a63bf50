#!/bin/sh
# Makes a certificate authority and one certificate that it has signed, for an installation on one machine or in one network:
#     make-certificates.sh FOLDER [NAME-OR-ADDRESS...]
#
# FOLDER/ca.pem      clients trust this (curl --cacert, ffmpeg -ca_file, a browser's list of authorities)
# FOLDER/server.pem  the servers show this. It is good for localhost, this machine's name, and the names and addresses given
# FOLDER/server.key  its key, for the servers only
#
# The authority's key is thrown away, so nobody can sign another certificate with it. If the files are there, have these names and
# are good for another month, nothing is changed. Otherwise all three are made anew, and clients need the new ca.pem.
set -eu
folder=$1
shift
days=825      # the longest time that Apple's clients accept
renew=2592000 # seconds: a month before it expires, it is made anew

names="DNS:localhost,IP:127.0.0.1,IP:::1"
host=$(uname -n)
for name in "$host" "$@"; do
    case $name in
        localhost | 127.0.0.1 | ::1 | '') continue ;;
        *[!0-9.]*:* | *:*) names="$names,IP:$name" ;;
        *[!0-9.]*) names="$names,DNS:$name" ;;
        *) names="$names,IP:$name" ;;
    esac
done

if [ -r "$folder/server.key" ] && [ "$(cat "$folder/names" 2>/dev/null)" = "$names" ] &&
    openssl x509 -in "$folder/server.pem" -noout -checkend "$renew" >/dev/null 2>&1; then
    exit 0
fi
mkdir -p "$folder"
umask 077
work=$(mktemp -d "$folder/new.XXXXXX")
trap 'rm -rf "$work"' EXIT

quietly() { "$@" 2>"$work/errors" || { cat "$work/errors" >&2 && exit 1; }; }
key() { quietly openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1"; }
key "$work/ca.key"
quietly openssl req -x509 -new -key "$work/ca.key" -days "$days" -subj "/CN=Tidegate on $host" -out "$work/ca.pem" \
    -addext "basicConstraints=critical,CA:TRUE,pathlen:0" -addext "keyUsage=critical,keyCertSign,cRLSign"
key "$work/server.key"
quietly openssl req -new -key "$work/server.key" -subj "/CN=$host" -out "$work/request"
cat >"$work/extensions" <<END
basicConstraints=critical,CA:FALSE
keyUsage=critical,digitalSignature
extendedKeyUsage=serverAuth
subjectAltName=$names
END
quietly openssl x509 -req -in "$work/request" -CA "$work/ca.pem" -CAkey "$work/ca.key" -CAcreateserial -days "$days" \
    -extfile "$work/extensions" -out "$work/server.pem"
printf '%s\n' "$names" >"$work/names"
chmod 644 "$work/ca.pem" "$work/server.pem"
# The certificate comes last: a server that watches the files reads the pair when it is complete.
for file in ca.pem names server.key server.pem; do mv "$work/$file" "$folder/$file"; done
