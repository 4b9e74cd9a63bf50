// Renders the media playlist of a recording (RFC 8216bis §4.4): an EVENT, which grows while the
// recording goes on and loses nothing at its front. Pure functions; any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/time.hpp"
#include "hls/core/dvr_names.hpp"
#include "hls/core/playlist.hpp"
#include "hls/core/settings.hpp"

namespace tidegate::hls {

// The target duration of a list whose segments are shorter. It may not change while a list grows,
// so it is that of the usual key frame intervals: segments of 4 s and up to 2 s to the next key
// frame.
inline constexpr std::chrono::seconds kDvrTarget{6};

struct DvrSegment {
    std::int64_t file = 0;  // as in DvrName
    std::uint32_t number = 0;
    std::int64_t origin = 0;
    base::Timestamp duration{};
    WallTime begin{};
    bool goes_on = false;                // where the segment before ends
    std::optional<std::int64_t> init{};  // the file whose init it needs; nullopt: it has no media
};

struct DvrPlaylist {
    std::vector<DvrSegment> segments;
    DvrTracks tracks;
    std::optional<base::Timestamp> start{};  // where playing begins, from the first segment on
    bool ended = false;
};

Playlist render(DvrPlaylist const& list);

}  // namespace tidegate::hls
