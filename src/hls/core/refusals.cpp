#include "hls/core/refusals.hpp"

#include "hls/core/codec_support.hpp"

namespace tidegate::hls {

std::expected<void, media::Error> check_settings(Settings const& settings) {
    if (settings.variant == Variant::low_latency) {
        if (settings.segment_count >= kMinLowLatencySegments) return {};
        return media::fail("Low-Latency HLS requires at least 7 segments");
    }
    if (settings.segment_count >= kMinSegments) return {};
    return media::fail("the minimum number of HLS segments is 3");
}

std::expected<void, media::Error> check_tracks(Settings const& settings,
                                               std::vector<media::Track const*> const& tracks) {
    if (tracks.empty()) return media::fail(kNoSupportedCodec);
    return settings.variant == Variant::mpegts ? check_mpegts(tracks)
                                               : std::expected<void, media::Error>{};
}

}  // namespace tidegate::hls
