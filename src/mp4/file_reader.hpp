// Finds out what an MP4 file holds and where, whether it is fragmented or not. It does not read the
// media: it says which bytes it wants next, and the caller fetches them from a file or from memory.
// No input or output of its own. Used by one thread at a time.
//   FileReader file(size);
//   while (auto const range = file.wanted()) {
//       auto const found = file.feed(read(range->offset, range->size));
//       if (*found == FileReader::Found::movie) ...            // file.movie()
//       if (*found == FileReader::Found::fragment) {
//           for (auto samples = file.fragment(); auto sample = samples.next();) ...
//       }
//   }
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>

#include "base/shared_bytes.hpp"
#include "media/error.hpp"
#include "mp4/fragment_reader.hpp"
#include "mp4/movie.hpp"

namespace tidegate::mp4 {

// The largest moov box. The tables of a day of video and sound without fragments take 50 MB.
inline constexpr std::uint64_t kMaxMovieBox = 64 * 1024 * 1024;
// The largest moof box: rows of 16 bytes for as many samples as are read of a fragment.
inline constexpr std::uint64_t kMaxFragmentBox = std::uint64_t{16} * kMaxFragmentSamples + 65536;

class FileReader {
public:
    enum class Found : std::uint8_t { nothing, movie, fragment };
    struct Range {
        std::uint64_t offset = 0;
        std::size_t size = 0;
    };

    explicit FileReader(std::uint64_t file_size) : file_size_(file_size) {}

    // The bytes that feed() needs next; nullopt at the end. When the last box is cut off, as in a
    // file that is being written, the end is before that box.
    std::optional<Range> wanted() const;
    // bytes: exactly those that wanted() named. After an error the reader is at the end.
    std::expected<Found, media::Error> feed(base::ByteView bytes);

    // nullptr until feed() has found it.
    Movie const* movie() const { return movie_.get(); }
    // Reads the fragment that was found last. Read each fragment to its end: one that does not tell
    // its decode time begins where the one before it ends. REQUIRES: while the result is used, this
    // object is neither moved nor fed.
    FragmentReader fragment();

private:
    std::expected<Found, media::Error> feed_header(base::ByteView bytes);
    std::expected<Found, media::Error> feed_movie(base::ByteView payload);
    std::expected<Found, media::Error> fail(std::string message);
    void skip_box(std::uint64_t size);
    std::uint64_t left() const { return file_size_ - position_; }

    std::uint64_t file_size_;
    std::uint64_t position_ = 0;       // of the next box
    std::optional<BoxHeader> header_;  // of a box whose payload is wanted
    std::unique_ptr<Movie> movie_;     // on the heap, because fragment readers refer to it
    DecodeTimes times_;
    base::SharedBytes fragment_;
    std::uint64_t fragment_offset_ = 0;
};

}  // namespace tidegate::mp4
