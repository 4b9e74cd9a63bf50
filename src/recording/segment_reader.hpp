// Reads one recorded fMP4 file (a segment): what its header tells, where its parts are, and the
// samples of a part, but never the media. The file may be one that is being recorded, that a crash
// has cut off, or a stranger's. Blocks; one thread at a time.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "mp4/fragment_reader.hpp"
#include "mp4/movie.hpp"
#include "recording/recorded_file.hpp"

namespace tidegate::recording {

// The largest header of a segment: a track takes less than 1 KB, and its tables are empty.
inline constexpr std::uint64_t kMaxHeader = 1024 * 1024;
// The largest description of a part: a minute of 1,000 samples a second.
inline constexpr std::uint64_t kMaxPartHeader = 1024 * 1024;
// How many samples a part may have: several minutes of pictures and sound.
inline constexpr std::size_t kMaxPartSamples = 100'000;
// How many parts of a segment are read: a day of parts of 100 ms.
inline constexpr std::size_t kMaxParts = 1'000'000;

// A part of a file: a moof box and the mdat box behind it.
struct PartPlace {
    std::uint64_t offset = 0;
    std::uint64_t end = 0;
    std::uint32_t header_size = 0;  // of the moof box
};

class SegmentReader {
public:
    // The error is a sentence.
    static std::expected<SegmentReader, std::string> open(std::filesystem::path const& path);
    // path: for the sentence.
    static std::expected<SegmentReader, std::string> open(std::shared_ptr<RecordedFile const> file,
                                                          std::filesystem::path const& path);

    mp4::Movie const& movie() const { return *movie_; }
    std::shared_ptr<RecordedFile const> const& file() const { return file_; }

    // The parts that are there as a whole, and end at this byte or before. A later call also finds
    // what was written meanwhile.
    std::span<PartPlace const> parts(
        std::uint64_t until = std::numeric_limits<std::uint64_t>::max());
    // Leaves out the parts before this byte. REQUIRES: a part begins or ends there, and parts() has
    // not been called yet.
    void skip_to(std::uint64_t offset) { next_ = offset; }
    // The samples of a part in the order of its boxes. All their bytes are in the part. only: those
    // of this track. The error is a sentence.
    std::expected<std::vector<mp4::TrackSample>, std::string> read_part(
        PartPlace const& place, std::optional<std::size_t> only = {}) const;

    // When a part begins and ends, from the start of the file: the first decode time of all its
    // tracks, and the last.
    struct Span {
        std::chrono::nanoseconds begin{};
        std::chrono::nanoseconds end{};
    };
    std::expected<Span, std::string> span_of(PartPlace const& place) const;
    // Of the file: what its header tells, or where its last part ends.
    std::expected<std::chrono::nanoseconds, std::string> duration();

private:
    explicit SegmentReader(std::shared_ptr<RecordedFile const> file) : file_(std::move(file)) {}

    std::expected<void, std::string> read_header();

    std::shared_ptr<RecordedFile const> file_;
    std::unique_ptr<mp4::Movie> movie_;  // its place stays when this object moves
    std::vector<PartPlace> parts_;
    std::uint64_t next_ = 0;  // where parts have not been looked for yet
};

}  // namespace tidegate::recording
