#!/bin/sh
# Makes the passwords of one installation, once: as whom media-service logs in to the router's Control API, and as whom
# the workers read and publish. Usage: make-credentials.sh FILE. An existing file stays as it is.
#
# Each line is a variable of a program: `make dev` sets them, systemd reads the file as an EnvironmentFile, Compose as
# an env_file. The numbers of MTX_AUTHINTERNALUSERS_ are the users' places in deploy/mediamtx/mediamtx.yml.
set -eu
file=$1
if [ -e "$file" ]; then exit 0; fi
mkdir -p "$(dirname "$file")"
umask 077
partial=$(mktemp "$file.XXXXXX")
trap 'rm -f "$partial"' EXIT
secret() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }  # 192 bits, of characters that no place has to escape
api=$(secret)
worker=$(secret)
cat >"$partial" <<END
MTX_AUTHINTERNALUSERS_0_PASS=$api
MTX_AUTHINTERNALUSERS_1_PASS=$worker
ROUTER_API_USER=media-service
ROUTER_API_PASSWORD=$api
WORKER_USER=worker
WORKER_PASSWORD=$worker
END
# Whole or not at all, and whoever was first keeps his: another `make dev` may do the same just now.
ln "$partial" "$file" 2>/dev/null || [ -e "$file" ]
