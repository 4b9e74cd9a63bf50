// Samples of recorded files on their way to a client: what is told of them, and where their bytes
// are. Plain values; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/shared_bytes.hpp"
#include "mp4/movie.hpp"
#include "mp4/sample.hpp"
#include "recording/recorded_file.hpp"

namespace tidegate::recording {

// Bytes of a recorded file.
struct ClipSource {
    std::shared_ptr<RecordedFile const> file;
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
};

// Consecutive samples of one track, in the timescale that mp4::timescale() gives it.
struct ClipRun {
    std::size_t track = 0;
    std::vector<std::int64_t> times;  // when each is decoded; may be negative
    std::vector<mp4::FileSample> samples;
    std::vector<ClipSource> sources;  // their bytes, in this order

    // due: when it is decoded, in `to` ticks a second like all of this; the sample counts in `from`
    // ticks.
    void add(std::shared_ptr<RecordedFile const> const& file, mp4::Sample const& sample,
             std::uint32_t from, std::uint32_t to, std::int64_t due);
};

// Bytes that were made here, and behind them bytes of files.
struct ClipPiece {
    base::SharedBytes head;
    std::vector<ClipSource> sources;

    std::uint64_t size() const;
};

// Where the first byte of a run is in its file: runs are sent in this order.
std::uint64_t place_of(ClipRun const& run);

// Whether a movie of ours can have this track of a file.
bool is_playable(mp4::MovieTrack const& track);

}  // namespace tidegate::recording
