// Writes whole files (ISO/IEC 14496-12 §8.7): first all tables, then the media, so that a player
// can start before the end of the file has arrived. Only the sizes of the samples are needed here;
// the caller writes the media itself. Plain values and pure functions; any thread.
//   auto const file = write_file_header(tracks);
//   write(file->header);
//   for (FileOrder order(tracks); auto const place = order.next();) write(payload(*place));
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <vector>

#include "base/shared_bytes.hpp"
#include "media/error.hpp"
#include "mp4/file_tables.hpp"
#include "mp4/track_setup.hpp"

namespace tidegate::mp4 {

struct FileTrack {
    TrackSetup setup;
    // When the first sample is decoded, counted from the start of the movie in the track's
    // timescale. When it is negative, samples that are due before the movie starts are decoded but
    // not shown.
    std::int64_t start = 0;
    std::span<FileSample const> samples;
};

// Walks the samples of all tracks in the order in which they lie in the file: by decode time.
// REQUIRES: the tracks outlive it.
class FileOrder {
public:
    struct Place {
        std::size_t track = 0;
        std::size_t sample = 0;
    };

    explicit FileOrder(std::span<FileTrack const> tracks);
    std::optional<Place> next();

private:
    struct Cursor {
        std::size_t sample = 0;
        std::int64_t time = 0;  // in the track's timescale
        std::uint32_t timescale = 1;
    };
    bool earlier(Cursor const& a, Cursor const& b) const;

    std::span<FileTrack const> tracks_;
    std::vector<Cursor> cursors_;
};

struct FileHeader {
    base::SharedBytes header;  // everything before the first payload
    std::uint64_t size = 0;    // of the whole file
};

// An error when there are no tracks, or when check_writable() refuses one.
std::expected<FileHeader, media::Error> write_file_header(std::span<FileTrack const> tracks);

// The next samples of a track.
struct FileChunk {
    std::size_t track = 0;
    std::uint32_t samples = 0;
};
// The same for a file in which the samples lie in another order: chunk by chunk. REQUIRES: the
// chunks have all samples of all tracks.
std::expected<FileHeader, media::Error> write_file_header(std::span<FileTrack const> tracks,
                                                          std::span<FileChunk const> chunks);

}  // namespace tidegate::mp4
