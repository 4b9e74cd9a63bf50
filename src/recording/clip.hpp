// Cuts a time out of the recording of a path, part by part: the samples that it consists of, and
// where their bytes are. The first samples of a track may be from before the start: from the key
// frame on without which the others cannot be decoded. It ends with the first gap. A file that is
// being written is read up to its newest part. Blocks; one thread at a time.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "mp4/track_setup.hpp"
#include "recording/catalogue.hpp"
#include "recording/clip_run.hpp"
#include "recording/continuity.hpp"
#include "recording/segment_reader.hpp"

namespace tidegate::recording {

// How many parts before the start are looked through for a key frame. Encoders send one every 10 s.
inline constexpr std::size_t kMaxLeadParts = 120;
// How many samples of a track may be shown late, because their key frame is so far before the
// start.
inline constexpr std::size_t kMaxLeadSamples = 100'000;

struct ClipAsk {
    PathTemplate files;
    std::string path_name;  // a valid one
    FileTime start;
    std::chrono::nanoseconds duration{};
};

// Of each track in Clip::tracks() one at most, in the order of their bytes. Times count from the
// start.
using ClipPart = std::vector<ClipRun>;

class Clip {
public:
    static std::expected<Clip, CatalogueError> open(ClipAsk ask);

    std::vector<mp4::TrackSetup> const& tracks() const { return tracks_; }
    // The next samples. nullopt: the clip ends here. The error is a sentence about a file that
    // cannot be read.
    std::expected<std::optional<ClipPart>, std::string> next();

private:
    // A track of the files.
    struct Line {
        std::optional<std::size_t> track{};  // in tracks_; nullopt: it is left out
        std::uint32_t timescale = 1;         // of the clip
        std::int64_t end = 0;                // of the clip
        bool shows = false;                  // a sample from the start on has come
        ClipRun run{};                       // samples that have not been returned
    };

    Clip(ClipAsk ask, std::vector<StoredSegment> segments, SegmentReader reader);

    std::expected<void, std::string> set_tracks();
    std::expected<void, std::string> seek();
    std::expected<std::size_t, std::string> part_at(std::chrono::nanoseconds time);
    bool next_segment();
    bool find_more_segments();
    bool take(std::vector<mp4::TrackSample> const& samples);
    bool take(Line& line, mp4::Sample const& sample, std::uint32_t timescale);
    ClipPart shown();

    ClipAsk ask_;
    std::vector<StoredSegment> segments_;
    std::size_t segment_ = 0;
    SegmentReader reader_;
    Continuity continuity_;
    std::optional<mp4::RecordingInfo> first_recording_;
    std::chrono::nanoseconds first_offset_{};  // of the first segment from the start of the clip
    std::chrono::nanoseconds offset_{};        // of the present one
    std::chrono::nanoseconds reached_{};       // in the present one
    std::size_t part_ = 0;                     // the next one
    std::vector<mp4::TrackSetup> tracks_;
    std::vector<Line> lines_;
    bool ended_ = false;
};

}  // namespace tidegate::recording
