#!/bin/sh
# Runs every libFuzzer target for FUZZ_SECONDS, beginning with its committed corpus. It writes new inputs outside the repository.
# If a target crashes, the script stops and prints the path of the input: add this file to fuzz/corpus/<name>/.
set -eu
cd "$(dirname "$0")/.."
seconds=${FUZZ_SECONDS:-10}
build_dir=${BUILD_DIR:-build/fuzz}
tools/build.sh fuzz

ran=0
for target in "$build_dir"/fuzz/fuzz_*; do
    [ -x "$target" ] || continue
    name=${target##*/fuzz_}
    work="$build_dir/fuzz-work/$name"
    mkdir -p "$work/found"
    set -- -max_total_time="$seconds" -print_final_stats=0 -verbosity=0 -artifact_prefix="$work/"
    [ -f "fuzz/$name.dict" ] && set -- "$@" -dict="fuzz/$name.dict"
    set -- "$@" "$work/found"
    [ -d "fuzz/corpus/$name" ] && set -- "$@" "fuzz/corpus/$name"
    echo "fuzz: $name for $seconds s"
    "$target" "$@" || { echo "fuzz: $name failed; its input is in $work" >&2; exit 1; }
    ran=$((ran + 1))
done
[ "$ran" -gt 0 ] || { echo "fuzz: no targets in $build_dir/fuzz" >&2; exit 1; }
echo "fuzz: $ran targets, nothing found"
