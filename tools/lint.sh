#!/bin/sh
# Checks everything that can be checked without running the programs. It runs all checks, and exits with 1 if one of them failed.
# shellcheck disable=SC2317 # the functions are called through check()
set -u
cd "$(dirname "$0")/.." || exit 1
failed=0
check() {
    name=$1
    shift
    if "$@"; then echo "lint: $name ok"; else echo "lint: $name FAILED" >&2; failed=1; fi
}

tidy() {
    BUILD_DIR=build/dev tools/build.sh dev &&
        git ls-files -z -- 'src/*.cpp' 'apps/*.cpp' 'fuzz/*.cpp' |
        xargs -0 -r -n 4 -P "$(nproc)" clang-tidy-19 -p build/dev --quiet 2>/dev/null
}
shell() {
    git ls-files -z -- '*.sh' .ci/run 'deploy/debian/*inst' 'deploy/debian/*rm' | xargs -0 -r shellcheck &&
        shellcheck --shell=bash deploy/debian/completion/tidegate
}

check formatting tools/format.sh --check
check layers tools/check_layers.py
check sizes tools/check_sizes.py
check links tools/check_links.py
check shell shell
check clang-tidy tidy
exit $failed
