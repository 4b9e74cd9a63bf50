// Finds the segments that no hook has told of: what was open when the router was killed, and what a
// hook could not add. A segment is finished when nobody has it open for writing, and when its last
// byte was written so long ago that its hook would have told of it. Nothing but the disk is looked
// at, so it works with both routers. Blocks; one thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <map>
#include <string>
#include <vector>

#include "archive/spool/spool.hpp"
#include "recording/path_template.hpp"

namespace tidegate::archive {

// How long after its last byte a segment is finished, where the file system does not tell whether
// it is still being written: ten times as long. A recorder writes once a second.
inline constexpr int kUntoldFactor = 10;

struct LeftoverSettings {
    std::vector<recording::PathTemplate> files{};  // empty: nothing is looked for
    std::chrono::nanoseconds age = std::chrono::minutes{1};
};

class Leftovers {
public:
    // Both outlive this.
    Leftovers(Spool const& spool, LeftoverSettings const& settings);

    // The spool has this segment, or had it.
    void told(Entry const& entry);
    // Adds what it finds to the spool. Returns how many.
    std::size_t look();

private:
    struct Round;
    void examine(Round& round, std::string const& path, std::string const& file);
    bool add(Round& round, Entry const& entry);
    std::expected<void, std::string> try_add(Round& round, Entry const& entry);

    Spool const& spool_;
    LeftoverSettings const& settings_;
    std::int64_t looked_;  // what was written before is done with; nanoseconds since 1970
    std::map<std::string, FileMark> told_;  // by file; only what was written later
};

}  // namespace tidegate::archive
