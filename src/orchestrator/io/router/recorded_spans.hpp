// What a router tells of recordings, read from its JSON: its playback server's /list, a path's
// configuration, and the state of a recorder. Pure; any thread.
#pragma once

#include <boost/json/object.hpp>
#include <chrono>
#include <cstddef>
#include <expected>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/go_time.hpp"

namespace tidegate::orchestrator {

// A time without a gap that was recorded.
struct RecordedSpan {
    std::string start;  // RFC 3339, as the router writes it
    base::GoTime begins;
    double seconds = 0;

    base::GoTime ends() const {
        return begins + std::chrono::microseconds(static_cast<std::int64_t>(seconds * 1e6));
    }
};

// Spans that one answer of ours may have. A day of a stream that comes and goes every three minutes
// has fewer.
inline constexpr std::size_t kMostSpans = 500;

struct RecordedSpans {
    std::vector<RecordedSpan> spans;  // oldest first
    bool more = false;                // there are older ones
};

// Reads the answer of /list and keeps the newest `limit` spans. The error is a sentence. A single
// entry without start or duration makes the whole list an error.
std::expected<RecordedSpans, std::string> parse_spans(std::string_view json, std::size_t limit);

// The entry of the router's configuration that a path has.
struct PathEntry {
    std::string name;  // "live/demo/out", "~^live/...", "all_others"
    boost::json::object values;

    bool records() const;
    bool is_mpegts() const;
    // So much is written at once; what was written last may be that old.
    std::chrono::nanoseconds part() const;
};

// The error is a sentence.
std::expected<PathEntry, std::string> parse_path_entry(std::string_view json);

// The names of the entries in an answer to GET /v3/config/paths/list that have their paths
// recorded. nullopt: it is no such answer.
std::optional<std::set<std::string, std::less<>>> parse_recording_entries(std::string_view json);

// The body with which a path gets an entry of its own that is like `entry`, but for `record`. The
// commands of a pattern may name its groups ($G1), which an entry of its own would not have: then
// the result is nullopt.
std::optional<std::string> own_entry(PathEntry const& entry, bool record);

// What GET /v3/recorders/list of media-router says of one path. MediaMTX has no such list.
struct RecorderState {
    std::string state;  // waiting, recording, failing, unsupported
    std::string error;
};
// nullopt: the path has no recorder, or the text is no such list.
std::optional<RecorderState> parse_recorder(std::string_view json, std::string_view path);

// The reason in an answer that is an error; empty: it has none.
std::string error_in(std::string_view json);

}  // namespace tidegate::orchestrator
