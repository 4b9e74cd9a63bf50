// What a muxer refuses, in MediaMTX's words. Pure functions; any thread.
#pragma once

#include <expected>
#include <vector>

#include "hls/core/settings.hpp"
#include "media/error.hpp"
#include "media/track.hpp"

namespace tidegate::hls {

inline constexpr char kNoSupportedCodec[] =
    "the stream doesn't contain any supported codec, which are currently "
    "AV1, VP9, H265, H264, Opus, MPEG-4 Audio, KLV";

std::expected<void, media::Error> check_settings(Settings const& settings);
// tracks: those that would be carried.
std::expected<void, media::Error> check_tracks(Settings const& settings,
                                               std::vector<media::Track const*> const& tracks);

}  // namespace tidegate::hls
