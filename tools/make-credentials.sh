#!/bin/sh
# Makes the two passwords of an installation: media-service logs in to the router's Control API with one of them, the workers
# read and publish with the other. Usage: make-credentials.sh FILE. If the file exists, it is not changed.
#
# Each line of the file is an environment variable of a program. `make dev` sets them, systemd reads the file as an
# EnvironmentFile, Compose reads it as an env_file. The number in MTX_AUTHINTERNALUSERS_<number> is the position of the user in
# deploy/mediamtx/mediamtx.yml.
set -eu
file=$1
if [ -e "$file" ]; then exit 0; fi
mkdir -p "$(dirname "$file")"
umask 077
partial=$(mktemp "$file.XXXXXX")
trap 'rm -f "$partial"' EXIT
secret() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }  # 192 bits, in characters that never have to be escaped
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
# The file appears complete or not at all. If another `make dev` has just made it, that one stays.
ln "$partial" "$file" 2>/dev/null || [ -e "$file" ]
