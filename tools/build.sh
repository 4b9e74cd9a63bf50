#!/bin/sh
# Configures a preset, if that was not done yet, and builds it into BUILD_DIR: tools/build.sh <preset>
# tools/build_progress.py shows the progress.
# TARGETS=programs builds only the programs that `make dev` runs. Any other value is a list of targets. Without it, everything is
# built.
set -eu
cd "$(dirname "$0")/.."
preset=$1
build_dir=${BUILD_DIR:-build/$preset}
[ -f "$build_dir/build.ninja" ] || cmake --preset "$preset" -B "$build_dir" >"/tmp/tidegate-configure.$$" 2>&1 || {
    cat "/tmp/tidegate-configure.$$" >&2
    rm -f "/tmp/tidegate-configure.$$"
    exit 1
}
rm -f "/tmp/tidegate-configure.$$"

targets=''
if [ "${TARGETS:-}" = programs ]; then
    # What a first stream needs. The program that dubs takes long to build, so it is built only when there is a speech service.
    targets='media-router media-service stream-worker stream-forwarder mtx-hook'
    [ -z "${STS_URL:-}${DUB:-}" ] || targets="$targets stream-worker-dub"
elif [ -n "${TARGETS:-}" ]; then
    targets=$TARGETS
fi
# shellcheck disable=SC2086 # several targets are several words
exec tools/build_progress.py "$build_dir" $targets
