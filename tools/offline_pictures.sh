#!/bin/sh
# Makes the pictures of src/filler/pictures anew: what a path that is always available shows while nobody publishes. One key frame
# of 1280x720 in each codec, as small as the encoders of FFmpeg make it.
set -eu
cd "$(dirname "$0")/../src/filler/pictures"
make_picture() {
    file=$1
    shift
    ffmpeg -loglevel error -y -f lavfi -i "color=c=0x1c2026:s=1280x720:r=2,drawbox=x=520:y=350:w=240:h=20:color=0x5a6472:t=fill" \
        -frames:v 1 -pix_fmt yuv420p "$@" -bitexact -movflags +faststart "$file"
}
make_picture h264.mp4 -c:v libx264 -profile:v main -preset veryslow -qp 30 -x264-params "keyint=1:scenecut=0:threads=1" \
    -bsf:v filter_units=remove_types=6
make_picture h265.mp4 -c:v libx265 -profile:v main -preset slow -qp 30 -tag:v hvc1 -bsf:v "filter_units=remove_types=39-40" \
    -x265-params "log-level=none:keyint=25:pools=none:frame-threads=1:info=0"
make_picture vp9.mp4 -c:v libvpx-vp9 -crf 40 -b:v 0
make_picture av1.mp4 -c:v libsvtav1 -crf 45
