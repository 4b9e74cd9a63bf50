// The samples of one movie fragment (ISO/IEC 14496-12 §8.8), read one at a time where the moof
// lies. Single owner; the movie and the box must outlive it.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.hpp"
#include "mp4/box.hpp"
#include "mp4/movie.hpp"
#include "mp4/sample.hpp"

namespace tidegate::mp4 {

// Samples of one fragment that are given out: an hour at 290 a second. A run whose samples are all
// alike claims any number of them in 20 bytes.
inline constexpr std::uint32_t kMaxFragmentSamples = 1U << 20;

struct TrackSample {
    std::size_t track = 0;  // the place in Movie::tracks
    Sample sample;
};

// For each track of a movie when the next fragment begins that does not say so itself.
using DecodeTimes = std::vector<std::int64_t>;

class FragmentReader {
public:
    // moof: the payload of the box, which begins at `offset` in the file. times: one for each
    // track, brought forward by what is read.
    FragmentReader(Movie const& movie, DecodeTimes& times, base::ByteView moof,
                   std::uint64_t offset);

    // In the order of the boxes: track by track. Nothing at the end, and where the fragment is
    // broken.
    std::optional<TrackSample> next();
    bool failed() const { return failed_; }

private:
    struct Run {
        base::ByteReader rows{{}};
        std::uint32_t left = 0;
        std::uint32_t fields = 0;
        std::optional<std::uint32_t> first_flags;
    };

    bool next_run();
    bool enter_track(base::ByteView traf);
    void read_header(base::ByteReader& reader);
    void enter_run(base::ByteView payload);
    void skip_run();
    std::optional<TrackSample> fail();
    Sample read_row();

    Movie const& movie_;
    DecodeTimes& times_;
    std::uint64_t moof_offset_;
    BoxReader tracks_;
    BoxReader runs_{{}};
    std::optional<std::size_t> track_;  // nullopt: one that the movie has left out
    FragmentDefaults defaults_;
    std::int64_t time_ = 0;
    std::uint64_t base_ = 0;    // what a run's data offset counts from
    std::uint64_t offset_ = 0;  // of the next sample
    Run run_;
    std::uint32_t given_ = 0;
    bool failed_ = false;
};

}  // namespace tidegate::mp4
