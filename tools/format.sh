#!/bin/sh
# Formats the project's C++ files. With --check it only names the files that are not formatted, and exits with 1 if there are any.
set -eu
cd "$(dirname "$0")/.."
mode='-i'
[ "${1:-}" = --check ] && mode='--dry-run --Werror'
# shellcheck disable=SC2086
git ls-files -z -- '*.cpp' '*.hpp' | xargs -0 -r clang-format-19 $mode
