// A recorded file in stretches of a few seconds, which HLS plays as its segments. A stretch begins
// with a key frame, so a player can begin with any of them. Where they begin depends on nothing but
// the file, so a stretch is the same whenever it is asked for, also while the file grows. Blocks;
// one thread at a time.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "recording/continuity.hpp"
#include "recording/part_index.hpp"
#include "recording/segment_reader.hpp"

namespace tidegate::recording {

// A stretch ends with the first key frame after this time: players reload a playlist as often, and
// ask for as much at once.
inline constexpr std::chrono::seconds kStretch{4};
// It ends without a key frame then. Encoders send one every 10 s; some send fewer of a still
// picture.
inline constexpr std::chrono::seconds kLongestStretch{20};

struct Stretches {
    Continuity about;
    std::vector<bool> playable;      // by track: whether a movie of ours can have it
    std::vector<Cut> cuts;           // of each stretch
    std::chrono::nanoseconds end{};  // of the last one, as far as it has been read
    std::uint64_t read_to = 0;       // the end of the last part
    bool finished = false;           // nothing more comes

    std::size_t count() const { return cuts.size(); }
    std::chrono::nanoseconds begin(std::size_t number) const { return cuts[number].time; }
    std::chrono::nanoseconds end_of(std::size_t number) const {
        return number + 1 < cuts.size() ? cuts[number + 1].time : end;
    }
    // The parts of a stretch end here, or before.
    std::uint64_t bytes_end(std::size_t number) const {
        return number + 1 < cuts.size() ? cuts[number + 1].part_end : read_to;
    }
};

// Reads the parts that have come since. reader: of the same file, just opened.
void read_on(Stretches& stretches, SegmentReader& reader);

}  // namespace tidegate::recording
