// What the moov box of a file says (ISO/IEC 14496-12 §8.2): its tracks, and the tables of the
// samples that are not in fragments. A value; any thread. The tables are views into the box, which
// the movie keeps.
#pragma once

#include <array>
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

// What a track's fragments need not say (§8.8.3).
struct FragmentDefaults {
    std::uint32_t description = 1;
    std::uint32_t duration = 0;
    std::uint32_t size = 0;
    std::uint32_t flags = 0;
};

struct MovieTrack {
    std::uint32_t id = 0;
    std::uint32_t timescale = 1;  // ticks a second of its samples' times
    media::Track track;
    std::uint8_t length_size = 4;  // H.264, H.265: of the lengths before the NAL units
    std::array<char, 3> language{'u', 'n', 'd'};
    std::uint64_t duration = 0;  // in ticks; 0: not said
    // Is added to decode and presentation times: what the edit list makes of the track's own time
    // (§8.6.6). Of several edits the first one that shows something counts.
    std::int64_t shift = 0;
    FragmentDefaults defaults;
    SampleTable samples;  // those that are not in fragments
};

struct Movie {
    std::uint32_t timescale = 1;
    std::uint64_t duration = 0;  // in its timescale; 0: not said
    bool fragmented = false;     // fragments may follow
    std::vector<MovieTrack> tracks;
    std::vector<std::string> skipped;  // why each other track is left out
    std::optional<RecordingInfo> recording;
    base::SharedBytes box;  // what the tables are views of

    // The place in `tracks`; nullopt for one that was left out.
    std::optional<std::size_t> track_with_id(std::uint32_t id) const;
};

// payload: of the moov box. Tracks of other kinds and codecs are skipped; a broken box is an error.
std::expected<Movie, media::Error> read_movie(base::SharedBytes payload);

}  // namespace tidegate::mp4
