// Renders the multivariant playlist (RFC 8216bis §4.4.6), with MediaMTX's tags in its order. Pure
// functions; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "hls/core/codec_support.hpp"
#include "hls/core/playlist.hpp"
#include "hls/core/settings.hpp"
#include "hls/core/window.hpp"

namespace tidegate::hls {

// A segment shorter than this says nothing about bit rates, unless all are.
inline constexpr base::Timestamp kMinRatedSegment = std::chrono::milliseconds(500);

struct IndexStream {
    std::string id;
    Window const* window = nullptr;
    // Its tracks: one, or all of an MPEG transport stream.
    std::vector<Source const*> sources;
    std::string_view group = kUsualAudioGroup;  // of a sound: see audio_group()
};

// A rendition of captions. Its few bytes do not count for the bandwidth.
struct IndexSubtitles {
    std::string id;
    std::string language;  // a tag, and what a player's menu shows
};

// Bits per second.
struct Bandwidth {
    std::uint64_t peak = 0;
    std::uint64_t average = 0;
};

// Of the segments that the window lists.
Bandwidth bandwidth(Window const& window);

// The first stream is the leading one.
Playlist render_index(Variant variant, std::vector<IndexStream> const& streams,
                      std::vector<IndexSubtitles> const& subtitles = {});

}  // namespace tidegate::hls
