#!/bin/sh
# Makes the Secrets of an overlay, in files that Kustomize reads: make-secrets.sh dev|production [NAME-OR-ADDRESS...]
#
# secrets/router.env, media-service.env, stream-worker.env    the variables of each program
# With production, also (docs/security.md):
# secrets/secure/tls/         certificates, for the given names and for those inside of the cluster
# secrets/secure/tokens       the tokens of media-service, as hashes
# secrets/secure/clients.env  for people: the passwords of publisher and viewer, and an operator's token. Kustomize does not read it
#
# What is there already is kept.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
tools=$here/../../tools
case ${1:-} in dev | production) ;; *) echo "usage: make-secrets.sh dev|production [NAME-OR-ADDRESS...]" >&2 && exit 2 ;; esac
overlay=$1
shift
folder=$here/overlays/$overlay/secrets
umask 077
mkdir -p "$folder"
"$tools/make-credentials.sh" "$folder/credentials.env"
grep '^MTX_' "$folder/credentials.env" >"$folder/router.env"
grep '^ROUTER_API_' "$folder/credentials.env" >"$folder/media-service.env"
sed -n 's/^WORKER_\(.*\)$/INPUT_\1\nOUTPUT_\1/p' "$folder/credentials.env" >"$folder/stream-worker.env"
[ "$overlay" = production ] || exit 0

# The names of Services, as Pods of the same namespace and of others write them. A wildcard needs two names behind it.
inside='media-service media-service.tidegate media-service.tidegate.svc
    *.router.tidegate *.router.tidegate.svc *.router.tidegate.svc.cluster.local'
set -f # the stars are no patterns of files
# shellcheck disable=SC2086
"$tools/make-secure.sh" "$folder/secure" $inside "$@"
cat "$folder/secure/router.env" >>"$folder/router.env"
cat "$folder/secure/service.env" >>"$folder/media-service.env"
