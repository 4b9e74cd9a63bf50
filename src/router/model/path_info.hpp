// What the Control API and the metrics show of a path: a plain copy, taken at one moment.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "router/model/shown_tracks.hpp"

namespace tidegate::router {

using WallTime = std::chrono::system_clock::time_point;

// The name of a publisher or a reader, in the API and for hooks: {"rtmpConn", uuid}.
struct PeerId {
    std::string type;
    std::string id;
    auto operator<=>(PeerId const&) const = default;
};

// By type, then id. Immutable: shared by all who look until somebody comes or goes.
using Readers = std::vector<PeerId>;

struct PathInfo {
    std::string name;
    std::string conf_name;  // the configuration's key: "all_others", "~^live/..."
    // Set while a stream exists; available and online differ only with alwaysAvailable.
    std::optional<WallTime> available_since;
    std::optional<WallTime> online_since;
    std::optional<PeerId> source;
    std::shared_ptr<ShownTracks const> tracks;  // null when not available
    std::shared_ptr<Readers const> readers;     // null when not available
    std::uint64_t inbound_bytes = 0;  // RTP bytes after packetisation, 0 when not available
    std::uint64_t outbound_bytes = 0;
    std::uint64_t inbound_frames_in_error = 0;
};

// What the metrics show of a path. It costs less than a PathInfo.
struct PathFigures {
    std::string name;
    bool available = false;
    std::shared_ptr<Readers const> readers;  // null when not available
    std::uint64_t inbound_bytes = 0;         // 0 when not available, like the others
    std::uint64_t outbound_bytes = 0;
    std::uint64_t inbound_frames_in_error = 0;
};

}  // namespace tidegate::router
