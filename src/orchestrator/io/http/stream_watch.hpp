// Keeps dashboards up to date, which read GET /v1/events/stream?watch=true, and keeps the graphs of
// the last quarter of an hour. A dashboard first gets all that there is (`snapshot`), then each
// stream that has changed (`stream`, `gone`), what is measured of all (`figures`), and where the
// router lets clients in (`router`). One event loop.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/json/object.hpp>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "http/message.hpp"
#include "orchestrator/core/stream_records.hpp"
#include "orchestrator/core/traffic.hpp"
#include "orchestrator/io/http/activity_reporter.hpp"
#include "orchestrator/io/http/event_feed.hpp"
#include "orchestrator/io/http/hook_history.hpp"
#include "orchestrator/io/http/stream_json.hpp"
#include "orchestrator/io/router/control_plane.hpp"

namespace tidegate::orchestrator {

// Changes that come together are told together: a worker that starts makes several at once.
inline constexpr std::chrono::milliseconds kWatchDelay{30};

class StreamWatch {
public:
    // All must outlive this.
    struct Sources {
        EventFeed& feed;
        StreamRecords& records;
        HookHistory const& hooks;
        ControlPlane const& control;
        ActivityReporter const& reporter;
    };
    StreamWatch(boost::asio::io_context& io, Sources sources);
    ~StreamWatch();

    // A complete list of the router.
    void on_list(std::vector<PathItem> const& items, Time now);
    // The list was read, or could not be: the figures are due.
    void on_resync();
    // Something that dashboards show has changed; they are told a moment later.
    void on_change();

    // The answers to GET /v1/events/stream and GET /v1/streams/{id}/history.
    http::Response open_feed(http::Request const& request);
    http::Response history(http::Request const& request) const;
    // What the router's list says about the stream, for GET /v1/streams/{id}; null: nothing.
    boost::json::value media(std::string_view stream_id,
                             std::optional<StreamView> const& view) const;

private:
    // What was told last about a stream.
    struct Told {
        std::optional<StreamView> view;  // without what is told as figures
        std::uint64_t last_event = 0;    // sequence of the last hook event; 0: there was none
        std::string media;
        std::uint64_t round = 0;
    };

    void tell_changes();
    void tell_stream(std::string const& stream_id, std::optional<StreamView> view,
                     StreamHooks const* hooks);
    void tell_figures();
    void sample(Time now);
    std::string router_text() const;
    std::string stream_text(std::string const& stream_id, std::optional<StreamView> const& view,
                            StreamHooks const* hooks) const;
    std::string snapshot();

    Sources const from_;
    boost::asio::steady_timer soon_;
    WallTime const started_;
    bool pending_ = false;
    bool new_list_ = false;  // of which no sample was taken yet
    bool figures_due_ = false;
    Traffic traffic_;
    std::map<std::string, Told, std::less<>> told_;
    std::string told_router_;
    std::uint64_t rounds_ = 0;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace tidegate::orchestrator
