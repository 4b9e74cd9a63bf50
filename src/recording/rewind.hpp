// What a player needs that goes back in the recording of a path: which stretches follow a time, and
// the bytes of one. A stretch is known by the start of its file and its number in it, so nothing
// has to be kept for a player. Blocks; any thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "recording/catalogue.hpp"
#include "recording/clip_run.hpp"
#include "recording/stretch_cache.hpp"

namespace tidegate::recording {

// How much one list shows. Players keep all of it and read it anew every few seconds; it is 5,400
// stretches, about 300 KB.
inline constexpr std::chrono::hours kMaxRewind{6};
// The same where files are so short that stretches are, too.
inline constexpr std::size_t kMaxRewindPieces = 10'000;
// A recording that nobody writes goes on within this time, or it has ended: a publisher may come
// back so late, and the HLS server waits for it as long.
inline constexpr std::chrono::seconds kRewindPatience{30};

struct RewindAsk {
    PathTemplate files;
    std::string path_name;  // a valid one
    FileTime now;
    bool is_recording = false;  // more is to come
};

struct RewindPlace {
    FileTime file;
    std::size_t number = 0;
    // When the file begins on the clock of the media, which goes on from file to file of a list.
    // Only list() tells it, and read() uses it.
    std::chrono::microseconds origin{};
};

struct RewindPiece {
    RewindPlace place;
    FileTime begin;
    std::chrono::nanoseconds duration{};
    bool goes_on = false;  // where the piece before ends
    std::shared_ptr<Stretches const> file;
};

struct RewindList {
    std::vector<RewindPiece> pieces;  // may be empty
    bool ended = false;               // no later list shows more
};

class Rewind {
public:
    // The piece that has this moment, or the first one after it. What is recorded now can be read
    // some seconds later; until then it is the latest piece there is.
    std::expected<RewindPiece, CatalogueError> find(RewindAsk const& ask, FileTime start);
    // The pieces from this one on that begin before `until`.
    std::expected<RewindList, CatalogueError> list(RewindAsk const& ask, RewindPlace from,
                                                   FileTime until);

    // What is known of a file, whoever names it.
    std::expected<std::shared_ptr<Stretches const>, CatalogueError> about(RewindAsk const& ask,
                                                                          FileTime file);
    // The fragments of a stretch with these tracks of its file.
    std::expected<std::vector<ClipPiece>, CatalogueError> read(RewindAsk const& ask,
                                                               RewindPlace place,
                                                               std::span<std::size_t const> tracks);

private:
    class Walk;
    StretchCache cache_;
};

// What a decoder of these tracks needs first.
std::expected<base::SharedBytes, CatalogueError> rewind_init(Stretches const& file,
                                                             std::span<std::size_t const> tracks);

}  // namespace tidegate::recording
