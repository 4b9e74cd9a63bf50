#!/bin/sh
# Prints docs/states.md again from the machine's table. A test in orchestrator_core_test fails while it is old.
set -eu
cd "$(dirname "$0")/.."
build_dir=${BUILD_DIR:-build/dev}
[ -f "$build_dir/build.ninja" ] || cmake --preset dev -B "$build_dir"
cmake --build "$build_dir" --target orchestrator_core_test -- --quiet
TIDEGATE_WRITE_STATES=1 "$build_dir/tests/orchestrator_core_test" --gtest_filter='StateTable.*' --gtest_brief=1
