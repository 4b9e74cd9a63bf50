#!/bin/sh
# Builds the Debian package from what a preset compiles: tools/package.sh [preset]
# It writes the package into BUILD_DIR/package. DEBFULLNAME and DEBEMAIL name the maintainer of the package.
set -eu
cd "$(dirname "$0")/.."
preset=${1:-release}
build_dir=${BUILD_DIR:-build/$preset}
out=$build_dir/package
stage=$out/stage

TARGETS='media-router media-service stream-worker stream-worker-dub stream-forwarder sts-echo mtx-hook-package segment-archiver-package segment-archiver-run' BUILD_DIR=$build_dir tools/build.sh "$preset"

rm -rf "$stage"
mkdir -p "$stage/programs" "$stage/started-by-programs" "$stage/units"
cp -R deploy/debian "$stage/debian"
cp "$build_dir/bin/media-router" "$build_dir/bin/media-service" "$build_dir/bin/stream-worker" \
    "$build_dir/bin/stream-forwarder" "$build_dir/bin/sts-echo" "$out/bin/segment-archiver" "$out/bin/mtx-hook" "$stage/programs"
cp "$build_dir/bin/stream-worker-dub" "$build_dir/bin/segment-archiver-run" "$out/bin/mtx-hook-secure" "$stage/started-by-programs"
cp deploy/mediamtx/mediamtx.yml tools/make-credentials.sh tools/make-secure.sh tools/make-certificates.sh "$stage"
cp deploy/systemd/*.service "$stage/units"
cp -R deploy/systemd/secure "$stage/secure"
cp deploy/systemd/tidegate.sysusers.conf "$stage/debian/tidegate.sysusers"

if [ -n "${DEBEMAIL:-}" ]; then
    sed -i "s/^Maintainer: .*/Maintainer: ${DEBFULLNAME:-Tidegate} <$DEBEMAIL>/" "$stage/debian/control"
fi

log=$out/build.log
(cd "$stage" && DEB_BUILD_OPTIONS='noautodbgsym nocheck' dpkg-buildpackage --build=binary --no-sign) >"$log" 2>&1 || {
    cat "$log" >&2
    exit 1
}
version=$(cd "$stage" && dpkg-parsechangelog --show-field Version)
ls "$out/tidegate_${version}_"*.deb
