#!/bin/sh
# Configures (once) and builds a preset into BUILD_DIR: tools/build.sh <preset>
# The progress is shown while it compiles (tools/build_progress.py).
# TARGETS=programs builds only what `make dev` runs, other names those targets; empty builds everything.
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
    # The programs that exist: a folder below apps/ with a build file.
    targets=$(for file in apps/*/CMakeLists.txt; do basename "$(dirname "$file")"; done)
elif [ -n "${TARGETS:-}" ]; then
    targets=$TARGETS
fi
# shellcheck disable=SC2086 # several targets are several words
exec tools/build_progress.py "$build_dir" $targets
