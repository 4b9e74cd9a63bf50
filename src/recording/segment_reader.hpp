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

#include "mp4/movie.hpp"
#include "recording/part_index.hpp"
#include "recording/part_samples.hpp"
#include "recording/recorded_file.hpp"

namespace tidegate::recording {

// The largest header of a segment: a track takes less than 1 KB, and its tables are empty.
inline constexpr std::uint64_t kMaxHeader = 1024 * 1024;
// How many parts of a segment are read: a day of parts of 100 ms.
inline constexpr std::size_t kMaxParts = 1'000'000;

class SegmentReader {
public:
    // The error is a sentence.
    static std::expected<SegmentReader, std::string> open(std::filesystem::path const& path);
    // path: for the sentence.
    static std::expected<SegmentReader, std::string> open(std::shared_ptr<RecordedFile const> file,
                                                          std::filesystem::path const& path);

    mp4::Movie const& movie() const { return *movie_; }
    std::shared_ptr<RecordedFile const> const& file() const { return file_; }

    // The index of the file; null when it had none when this or parts() was called first.
    PartIndex const* index();
    // The parts that are there as a whole, and end at this byte or before; all of them, if the file
    // has an index and none was skipped. A later call also finds what was written meanwhile.
    std::span<PartPlace const> parts(
        std::uint64_t until = std::numeric_limits<std::uint64_t>::max());
    // Leaves out the parts before this byte. REQUIRES: a part begins or ends there, and parts() has
    // not been called yet.
    void skip_to(std::uint64_t offset) {
        next_ = offset;
        skipped_ = true;
    }
    PartSamples read_part(PartPlace const& place, std::optional<std::size_t> only = {}) const;

    // When a part begins and ends, from the start of the file: the first decode time of all its
    // tracks, and the last.
    struct Span {
        std::chrono::nanoseconds begin{};
        std::chrono::nanoseconds end{};
    };
    std::expected<Span, std::string> span_of(PartPlace const& place) const;
    // When the part of parts() with this number begins.
    std::expected<std::chrono::nanoseconds, std::string> begin_of(std::size_t part);
    // Of the file: what its header tells, or where its last part ends.
    std::expected<std::chrono::nanoseconds, std::string> duration();

private:
    explicit SegmentReader(std::shared_ptr<RecordedFile const> file) : file_(std::move(file)) {}

    std::expected<void, std::string> read_header();

    std::shared_ptr<RecordedFile const> file_;
    std::unique_ptr<mp4::Movie> movie_;  // its place stays when this object moves
    std::vector<PartPlace> parts_;
    std::optional<PartIndex> index_;
    bool looked_for_index_ = false;
    bool skipped_ = false;
    std::uint64_t next_ = 0;  // where parts have not been looked for yet
};

}  // namespace tidegate::recording
