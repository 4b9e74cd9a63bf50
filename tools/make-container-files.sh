#!/bin/sh
# Writes what each container of Compose may see of an installation's secrets: make-container-files.sh FOLDER [SECURE]
#
# FOLDER/credentials.env              the passwords. What is missing is made (make-credentials.sh)
# SECURE                              with TLS and passwords: the folder that make-secure.sh has made
# FOLDER/containers/<container>.env   is written for mediamtx, media-service and prometheus. The other containers need no secret, and
#                                     segment-archiver has a file of its own (docs/archiving.md)
#
# media-service gets what else is in credentials.env: STS_TOKEN, and variables that a file of destinations names. The STS_TOKEN of the
# environment comes before that of the file. A SERVICE_TOKEN, of a viewer, is for Prometheus.
set -eu
folder=$1
secure=${2:-}
umask 077
"$(dirname "$0")/make-credentials.sh" "$folder/credentials.env"
mkdir -p "$folder/containers"

variables() { sed -n "/^[A-Za-z_].*=/$1" "$folder/credentials.env"; }

# Standard input, and what is in the file of SECURE, becomes the file of the container: write CONTAINER FILE
write() {
    partial=$(mktemp "$folder/containers/$1.env.XXXXXX")
    cat >"$partial"
    [ -z "$secure" ] || cat "$secure/$2" >>"$partial"
    mv "$partial" "$folder/containers/$1.env"
}

variables '{/^MTX_/p;}' | write mediamtx router.env
# Of two lines with the same name, the last one counts.
{ variables '{/^MTX_/d;/^SERVICE_TOKEN=/d;p;}'; [ -z "${STS_TOKEN:-}" ] || printf 'STS_TOKEN=%s\n' "$STS_TOKEN"; } | write media-service service.env
variables '{/^ROUTER_API_PASSWORD=/p;/^SERVICE_TOKEN=/p;}' | write prometheus prometheus.env
