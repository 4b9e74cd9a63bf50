#!/bin/sh
# Writes docs/states.md from the state machine. A test in orchestrator_core_test fails while the page is out of date.
set -eu
cd "$(dirname "$0")/.."
build_dir=${BUILD_DIR:-build/dev}
[ -f "$build_dir/build.ninja" ] || cmake --preset dev -B "$build_dir"
cmake --build "$build_dir" --target orchestrator_core_test -- --quiet
TIDEGATE_WRITE_STATES=1 "$build_dir/tests/orchestrator_core_test" --gtest_filter='StateTable.*' --gtest_brief=1
