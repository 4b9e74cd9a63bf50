#!/bin/sh
# Configures (once) and builds a preset into BUILD_DIR: tools/build.sh <preset>
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
    targets="--target $(for file in apps/*/CMakeLists.txt; do basename "$(dirname "$file")"; done | tr '\n' ' ')"
elif [ -n "${TARGETS:-}" ]; then
    targets="--target $TARGETS"
fi
# shellcheck disable=SC2086 # several targets are several words
NINJA_STATUS='[%f/%t] ' cmake --build "$build_dir" $targets -- --quiet
