// What goes through the two paths of each stream, according to the router's lists: tracks, readers
// and bitrates. For operators only; nothing is decided from it. Pure: time is an argument. One
// thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "orchestrator/core/path_list.hpp"
#include "orchestrator/core/policy.hpp"

namespace tidegate::orchestrator {

// Hooks may make the lists come within milliseconds; a bitrate of so short a time would jump.
inline constexpr std::chrono::milliseconds kRateWindow{900};

struct PathTraffic {
    bool online = false;
    std::vector<PathTrack> tracks;
    std::size_t readers = 0;
    bool recorded = false;
    // Bits per second; nullopt: two lists are needed for it.
    std::optional<double> inbound_bitrate;
    std::optional<double> outbound_bitrate;
};

struct StreamTraffic {
    PathTraffic in;
    PathTraffic out;
};

class Traffic {
public:
    // Processes a complete list. Streams that it does not show are forgotten.
    void update(std::vector<PathItem> const& items, Time now);
    // Null: the last list does not show the stream. Valid until the next update.
    StreamTraffic const* find(std::string_view stream_id) const;

private:
    struct Counted {
        std::string source_id;  // another publisher begins to count anew
        std::uint64_t inbound = 0;
        std::uint64_t outbound = 0;
        Time at{};
    };
    struct Stream {
        StreamTraffic traffic;
        Counted in, out;
        std::uint64_t listed = 0;  // the number of the last list that showed it
    };
    static void take(PathTraffic& path, Counted& counted, PathItem const& item, Time now);

    std::map<std::string, Stream, std::less<>> streams_;
    std::uint64_t lists_ = 0;
};

}  // namespace tidegate::orchestrator
