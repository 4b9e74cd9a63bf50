// The spool: a folder with one file for each segment that is to be uploaded. Hooks add to it, one
// daemon works it off, and neither needs the other. Everything that is in it survives a crash at
// any moment.
//   queue/<number>.json   the segments; the numbers ascend
//   state/<number>.json   how far the upload of a segment is
//   dead/<number>.json    segments that were given up, for the operator
//   new/                  files that are being written
//   sequence              the last number; hooks hold its lock while they add
//   looked                what was written up to this time was looked for on the disk
//   (leftovers.hpp) daemon                the daemon holds its lock while it runs
// Any thread; several processes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <utility>
#include <vector>

#include "archive/spool/entry.hpp"
#include "archive/spool/files.hpp"

namespace tidegate::archive {

// How many segments may wait. A day of ten streams with segments of a minute are 14,400. Each is a
// file of one block, and counting them takes a hook 5 ms.
inline constexpr std::int64_t kMaxSpooled = 20'000;

class Spool {
public:
    using Id = std::uint64_t;

    // Makes the folders if they are missing.
    static std::expected<Spool, std::string> open(std::string const& folder);

    // Adds a segment behind all others. It is on the disk when this returns. most: how many may
    // wait.
    std::expected<Id, std::string> add(Entry const& entry, std::size_t most) const;
    // How many more may be added where `most` may wait. The error says that there is no room.
    std::expected<std::size_t, std::string> room(std::size_t most) const;
    // The same as add() for many segments, of which each would count anew what waits. REQUIRES:
    // room() had room for it.
    std::expected<Id, std::string> append(Entry const& entry) const;

    // Waits for nobody: the error says that another daemon works this spool.
    std::expected<File, std::string> lock() const;

    // Removes what crashes have left: states without a segment, and files in new/ that nobody
    // writes any more. REQUIRES: lock().
    void tidy() const;

    struct Listed {
        std::vector<Id> ids;  // ascending
        std::size_t dead = 0;
    };
    std::expected<Listed, std::string> list() const;
    std::expected<std::string, std::string> text_of(Id id) const;
    // All segments that can be read, also those that were given up.
    std::vector<Entry> entries() const;
    // An empty state if there is none, or none that can be read.
    UploadState state_of(Id id) const;
    std::expected<void, std::string> keep_state(Id id, UploadState const& state) const;
    // The segment is done with.
    std::expected<void, std::string> remove(Id id) const;
    // The segment is given up: the operator finds it in dead/.
    std::expected<void, std::string> bury(Id id) const;

    // In nanoseconds since 1970; 0: never.
    std::int64_t looked() const;
    std::expected<void, std::string> keep_looked(std::int64_t time) const;

    // When the segment was spooled, in nanoseconds since 1970: a number is never smaller.
    static std::int64_t spooled_at(Id id) { return static_cast<std::int64_t>(id); }
    std::string const& folder() const { return folder_; }

private:
    explicit Spool(std::string folder) : folder_(std::move(folder)) {}
    std::string in(char const* part) const { return folder_ + "/" + part; }
    std::string file(char const* part, Id id) const;
    std::expected<File, std::string> lock_sequence() const;
    std::expected<Id, std::string> append(File const& sequence, Entry const& entry) const;

    std::string folder_;
};

}  // namespace tidegate::archive
