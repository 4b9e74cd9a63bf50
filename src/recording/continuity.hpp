// Whether one recorded file goes on where another ends, so that both play as one. Plain values; any
// thread.
#pragma once

#include <chrono>
#include <optional>
#include <vector>

#include "mp4/movie.hpp"
#include "recording/path_template.hpp"

namespace tidegate::recording {

// Files of recorders that write no box mtxi go on when the next one begins this close to their end.
// MediaMTX's tolerance.
inline constexpr std::chrono::seconds kMaxPause{1};

// What a segment's header tells about how it goes on.
struct Continuity {
    struct Track {
        std::uint32_t id = 0;
        std::uint32_t timescale = 1;
        media::Track track;
        bool operator==(Track const&) const = default;
    };
    std::vector<Track> tracks;
    std::optional<mp4::RecordingInfo> recording;
};
Continuity continuity_of(mp4::Movie const& movie);

// end: when the segment before ends. start: when the next one begins.
bool goes_on(Continuity const& before, FileTime end, Continuity const& next, FileTime start);

}  // namespace tidegate::recording
