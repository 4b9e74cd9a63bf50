// One path as Paths keeps it, under its mutex: what it is configured as, who publishes it, and
// where it stands with its command on demand.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "router/hooks/path_hooks.hpp"
#include "router/model/path_info.hpp"
#include "router/paths/held_request.hpp"
#include "router/paths/on_demand.hpp"
#include "router/paths/path_match.hpp"
#include "router/stream/steady_feed.hpp"
#include "router/stream/stream.hpp"

namespace tidegate::router {

struct Publisher {
    PeerId endpoint;
    std::string query;        // as the client sent it
    std::string description;  // "[RTMP] [conn 10.0.0.5:40000]", for the log
    // Asks the publisher's session to end with this reason. Any thread; returns at once.
    std::function<void(std::string const& reason)> close;
    std::vector<std::string> caption_languages{};  // in which it tells captions
    bool own_program = false;                      // session/own_program.hpp
};

// What a path has while somebody publishes to it.
struct LiveStream {
    Publisher publisher;
    std::shared_ptr<Stream> stream;
    std::unique_ptr<StreamHooks> hooks;
    // A path that is always available has this, and a stream without a publisher, too. The number
    // stands for the publisher in calls of the feed; 0: there is none.
    std::shared_ptr<SteadyFeed> feed{};
    std::uint64_t number = 0;
    std::optional<WallTime> online_since{};

    bool has_publisher() const { return feed == nullptr || number != 0; }
};

// The place of a publisher on a path that is always available; no feed: on another path.
struct SteadyPlace {
    std::shared_ptr<SteadyFeed> feed{};
    std::uint64_t number = 0;
};

// A path whose entry has no regular expression exists for as long as the entry. Any other path
// exists for as long as it is used.
struct PathEntry {
    PathMatch match;
    std::optional<LiveStream> live{};
    std::unique_ptr<InitHook> init{};

    DemandState demand = DemandState::idle;
    std::unique_ptr<DemandHooks> demand_hooks{};  // while the command runs
    std::vector<HeldRequest*> wanted_by{};        // held, or released and not yet readers
    // It lives on the control loop. The number is that of its newest setting: a call that carries
    // an older one comes too late and is ignored.
    std::shared_ptr<boost::asio::steady_timer> timer{};
    std::uint64_t timer_number = 0;

    bool in_use() const {
        return live.has_value() || !wanted_by.empty() || demand == DemandState::waiting;
    }
    bool is_published() const { return live && live->has_publisher(); }
    bool read_or_wanted() const {
        return !wanted_by.empty() || (live && live->stream->has_readers());
    }
};

}  // namespace tidegate::router
