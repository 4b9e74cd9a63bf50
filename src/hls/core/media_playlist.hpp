// Renders the media playlist of one stream (RFC 8216bis §4.4), with MediaMTX's tags in its order.
// What is more than it writes: EXT-X-DISCONTINUITY, further EXT-X-MAP, EXT-X-RENDITION-REPORT, and
// parts and segments without media as gaps. Pure functions; any thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "hls/core/playlist.hpp"
#include "hls/core/settings.hpp"
#include "hls/core/window.hpp"

namespace tidegate::hls {

// For how many finished segments, the last ones, the time and the parts are listed.
inline constexpr std::size_t kDetailedSegments = 2;
// Segments further from the end than this many target durations may be left out of a delta update.
inline constexpr int kSkipTargets = 6;

struct MediaPlaylist {
    Variant variant = Variant::low_latency;
    std::string_view prefix;
    std::string_view id;
    Window const* window = nullptr;
    std::chrono::seconds target_duration{1};
    base::Timestamp part_target{};
    // The ids of the other streams. All have the same segments as this one, and the same parts, if
    // they are not of captions.
    std::span<std::string const> others;
    bool subtitles = false;  // it lists WebVTT segments, which have no parts
};

// How many segments a delta update leaves out; 0: there is none.
std::size_t skippable(MediaPlaylist const& list);

// skipped: 0 for a whole playlist. REQUIRES: skipped <= skippable(list).
Playlist render(MediaPlaylist const& list, std::size_t skipped);

}  // namespace tidegate::hls
