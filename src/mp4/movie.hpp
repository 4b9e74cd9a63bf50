// What the moov box of a file tells (ISO/IEC 14496-12 §8.2): the tracks, and the tables of the
// samples that are not in fragments. The tables are views into the box, which the movie keeps.
// Plain values; any thread.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "base/shared_bytes.hpp"
#include "media/error.hpp"
#include "media/track.hpp"
#include "mp4/recording_info.hpp"
#include "mp4/sample_table.hpp"

namespace tidegate::mp4 {

// What counts for a sample when its fragment does not tell it (§8.8.3).
struct FragmentDefaults {
    std::uint32_t description = 1;
    std::uint32_t duration = 0;
    std::uint32_t size = 0;
    std::uint32_t flags = 0;
};

struct MovieTrack {
    std::uint32_t id = 0;
    std::uint32_t timescale = 1;  // ticks per second of its samples' times
    media::Track track;
    std::uint8_t length_size = 4;  // H.264, H.265: bytes of the length in front of a NAL unit
    std::uint64_t duration = 0;    // in ticks; 0: unknown
    // Added to decode and presentation times: it is the effect of the edit list (§8.6.6). Of
    // several edits the first one that shows something counts.
    std::int64_t shift = 0;
    FragmentDefaults defaults;
    SampleTable samples;  // those that are not in fragments
};

struct Movie {
    std::uint32_t timescale = 1;
    std::uint64_t duration = 0;  // in its timescale; 0: unknown
    bool fragmented = false;     // fragments may follow
    std::vector<MovieTrack> tracks;
    std::vector<std::string> skipped;  // a reason for each track that is left out
    std::optional<RecordingInfo> recording;
    base::SharedBytes box;  // the tables are views of it

    // The index in `tracks`; nullopt when there is no such track, or when it is left out.
    std::optional<std::size_t> track_with_id(std::uint32_t id) const;
};

// payload: of the moov box. Tracks that cannot be read or whose codec we do not carry are left out.
// An error when the box itself or its mvhd cannot be read.
std::expected<Movie, media::Error> read_movie(base::SharedBytes payload);

}  // namespace tidegate::mp4
