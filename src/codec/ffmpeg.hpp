// What the files of this folder share of FFmpeg's libraries: owners of its objects, and its error
// texts. Nobody else includes it. One thread for each object.
#pragma once

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavutil/channel_layout.h>
#include <libswresample/swresample.h>
}

#include <memory>
#include <string>

namespace tidegate::codec::ffmpeg {

template <auto kFree>
struct Free {
    void operator()(auto* object) const { kFree(&object); }
};
using Context = std::unique_ptr<AVCodecContext, Free<avcodec_free_context>>;
using Frame = std::unique_ptr<AVFrame, Free<av_frame_free>>;
using Packet = std::unique_ptr<AVPacket, Free<av_packet_free>>;
using Resampling = std::unique_ptr<SwrContext, Free<swr_free>>;

// "Invalid data found when processing input"
std::string describe(int error);

// FFmpeg would write to our standard error whatever it thinks of a publisher's bytes.
void silence();

}  // namespace tidegate::codec::ffmpeg
