// What goes through the two paths of each stream, according to the routers' lists: tracks, readers
// and bitrates. The newest word of any router counts. For operators only; nothing is decided from
// it. Pure: time is an argument. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/string_map.hpp"
#include "orchestrator/core/path_list.hpp"
#include "orchestrator/core/policy.hpp"

namespace tidegate::orchestrator {

// Hooks may make the lists come within milliseconds; a bitrate of so short a time would jump.
inline constexpr std::chrono::milliseconds kRateWindow{900};

// Track lists of which those that nobody uses any more are looked for.
inline constexpr std::size_t kFirstLookForUnused = 64;

struct PathTraffic {
    bool online = false;
    SharedTracks tracks;  // null: there are none
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
    // Processes a complete list of a router. Streams of it that it does not show are forgotten.
    void update(std::string_view router, std::vector<PathItem> const& items, Time now);
    // Processes what a router says of one path.
    void look(std::string_view router, PathItem const& item, Time now);
    void drop_router(std::string_view router);
    // router: which has the stream; empty: not known, and the first that shows it counts. Null: no
    // list shows the stream. Valid until the next update.
    StreamTraffic const* find(std::string_view stream_id, std::string_view router = {}) const;

private:
    struct Counted {
        std::size_t source = 0;  // its hash: another publisher begins to count anew
        std::uint64_t inbound = 0;
        std::uint64_t outbound = 0;
        Time at{};
    };
    struct Stream {
        StreamTraffic traffic;
        Counted in, out;
        std::uint64_t in_listed = 0, out_listed = 0;  // number of the last list that showed it
    };
    struct Router {
        base::StringMap<Stream> streams;
        std::uint64_t lists = 0;
    };
    struct ByContent {
        bool operator()(SharedTracks const& a, SharedTracks const& b) const { return *a < *b; }
    };

    void take(Router& router, PathItem const& item, Time now);
    void take(PathTraffic& path, Counted& counted, PathItem const& item, Time now);
    SharedTracks shared(SharedTracks const& tracks);

    std::map<std::string, Router, std::less<>> routers_;
    std::set<SharedTracks, ByContent> tracks_;
    std::size_t look_for_unused_ = kFirstLookForUnused;  // once tracks_ has so many
};

}  // namespace tidegate::orchestrator
