// Finds out what lies where in an MP4 file, fragmented or not, without reading its media: it says
// which bytes it wants next, and the caller fetches them from a file or from memory. Pure; single
// owner.
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

// The tables of a day of video and sound without fragments take 50 MB.
inline constexpr std::uint64_t kMaxMovieBox = 64 * 1024 * 1024;
// Rows of 16 bytes for as many samples as a fragment may have.
inline constexpr std::uint64_t kMaxFragmentBox = std::uint64_t{16} * kMaxFragmentSamples + 65536;

class FileReader {
public:
    enum class Found : std::uint8_t { nothing, movie, fragment };
    struct Range {
        std::uint64_t offset = 0;
        std::size_t size = 0;
    };

    explicit FileReader(std::uint64_t file_size) : file_size_(file_size) {}

    // Nothing once the end is reached. A file whose last box is cut, as one is that is being
    // written, ends before it.
    std::optional<Range> wanted() const;
    // REQUIRES: the bytes that were wanted. After an error the file is at its end.
    std::expected<Found, media::Error> feed(base::ByteView bytes);

    // nullptr until it was found.
    Movie const* movie() const { return movie_.get(); }
    // Of the fragment that was found last. Each is to be read to its end where files without decode
    // times matter. REQUIRES: the reader stays where it is and is not fed meanwhile.
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
    std::unique_ptr<Movie> movie_;     // its address is kept by readers of fragments
    DecodeTimes times_;
    base::SharedBytes fragment_;
    std::uint64_t fragment_offset_ = 0;
};

}  // namespace tidegate::mp4
