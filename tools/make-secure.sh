#!/bin/sh
# Makes what an installation with TLS and passwords needs: make-secure.sh FOLDER [NAME-OR-ADDRESS...]
#
# FOLDER/tls          certificates for these names and addresses (make-certificates.sh)
# FOLDER/router.env   variables of the router: its users publisher and viewer, and the secret of the hooks. The number in
#                     MTX_AUTHINTERNALUSERS_<number> is the position of the user in deploy/mediamtx/mediamtx.yml
# FOLDER/service.env  variables of media-service
# FOLDER/clients.env  for people and their programs: the two passwords, and an operator's token for media-service
# FOLDER/prometheus.env   a viewer's token for media-service, for Prometheus
# FOLDER/tokens       the tokens of media-service, as hashes. `media-service --make-token` adds others
#
# What is there already is kept.
set -eu
folder=$1
shift
umask 077
mkdir -p "$folder"
"$(dirname "$0")/make-certificates.sh" "$folder/tls" "$@"

secret() { od -An -N"$1" -tx1 /dev/urandom | tr -d ' \n'; }
hash_of() { printf %s "$1" | sha256sum | cut -d ' ' -f 1; }

# A viewer's token for Prometheus. A folder that an older version has made has none yet.
add_scraper() {
    scraper=$(secret 32)
    printf 'prometheus viewer sha256:%s\n' "$(hash_of "$scraper")" >>"$folder/tokens"
    printf 'SERVICE_TOKEN=%s\n' "$scraper" >"$folder/prometheus.env"
}

if [ -e "$folder/clients.env" ]; then
    [ -e "$folder/prometheus.env" ] || add_scraper
    exit 0
fi

publisher=$(secret 24)
viewer=$(secret 24)
hooks=$(secret 24)
token=$(secret 32)
# Where private networks needed no password, `publisher` is from anywhere. This machine may still read without one, which the player
# of the dashboard does, and nothing else. `viewer` is a further user.
cat >"$folder/router.env" <<END
HOOK_SECRET=$hooks
MTX_AUTHINTERNALUSERS_2_USER=publisher
MTX_AUTHINTERNALUSERS_2_PASS=$publisher
MTX_AUTHINTERNALUSERS_2_IPS=0.0.0.0/0,::/0
MTX_AUTHINTERNALUSERS_3_PERMISSIONS_0_ACTION=read
MTX_AUTHINTERNALUSERS_3_PERMISSIONS_1_ACTION=playback
MTX_AUTHINTERNALUSERS_4_USER=viewer
MTX_AUTHINTERNALUSERS_4_PASS=$viewer
MTX_AUTHINTERNALUSERS_4_IPS=0.0.0.0/0,::/0
MTX_AUTHINTERNALUSERS_4_PERMISSIONS_0_ACTION=read
MTX_AUTHINTERNALUSERS_4_PERMISSIONS_1_ACTION=playback
END
printf 'HOOK_SECRET=%s\n' "$hooks" >"$folder/service.env"
cat >"$folder/tokens" <<END
# name, role, and the SHA-256 of the token (SERVICE_TOKEN in clients.env and in prometheus.env)
first operator sha256:$(hash_of "$token")
END
add_scraper
# Last, because it says that all are there.
partial=$(mktemp "$folder/clients.env.XXXXXX")
cat >"$partial" <<END
PUBLISHER_USER=publisher
PUBLISHER_PASSWORD=$publisher
VIEWER_USER=viewer
VIEWER_PASSWORD=$viewer
SERVICE_TOKEN=$token
END
mv "$partial" "$folder/clients.env"
