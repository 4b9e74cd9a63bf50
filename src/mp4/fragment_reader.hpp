// Reads the samples of one movie fragment (ISO/IEC 14496-12 §8.8) one at a time, straight from the
// bytes of the moof box. The movie and the bytes must outlive it. Used by one thread at a time.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.hpp"
#include "mp4/box.hpp"
#include "mp4/movie.hpp"
#include "mp4/sample.hpp"

namespace tidegate::mp4 {

// How many samples of one fragment are read: an hour at 290 a second. A run whose samples are all
// alike could claim any number of them in 20 bytes.
inline constexpr std::uint32_t kMaxFragmentSamples = 1U << 20;

struct TrackSample {
    std::size_t track = 0;  // the place in Movie::tracks
    Sample sample;
};

// One per track of a movie: the decode time at which the next fragment begins if it does not tell
// that itself.
using DecodeTimes = std::vector<std::int64_t>;

class FragmentReader {
public:
    // moof: the payload of the box. offset: where the box begins in the file. times: moves on with
    // each sample that is read.
    FragmentReader(Movie const& movie, DecodeTimes& times, base::ByteView moof,
                   std::uint64_t offset);

    // The samples of the other tracks are left out from now on, unread and unchecked.
    void read_only(std::size_t track) { only_ = track; }

    // The next sample in the order of the boxes, which is track by track. nullopt at the end, and
    // where the fragment cannot be read; failed() is true then.
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
    std::optional<std::size_t> only_;
    std::optional<std::size_t> track_;  // nullopt: the movie has left it out
    FragmentDefaults defaults_;
    std::int64_t time_ = 0;
    std::uint64_t base_ = 0;    // from which data offsets count
    std::uint64_t offset_ = 0;  // of the next sample
    Run run_;
    std::uint32_t given_ = 0;
    bool failed_ = false;
};

}  // namespace tidegate::mp4
