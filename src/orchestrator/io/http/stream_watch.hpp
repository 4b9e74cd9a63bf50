// Keeps dashboards up to date, which read GET /v1/events/stream?watch=true, and keeps the graphs of
// the last quarter of an hour. A dashboard first gets all that there is (`snapshot`), then each
// stream that has changed (`stream`, `gone`), what is measured of all (`figures`), how many streams
// are in which state (`counts`), and where the routers let clients in (`router`).
//
// If there are many streams, a dashboard is not told of all: the snapshot says so (`large`), and
// has no stream but the one whose log the dashboard follows. It asks for pages of GET /v1/streams,
// and is told of that one stream and the counts. One event loop.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/json/object.hpp>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
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

// From this many streams on, dashboards are not told of all of them: a browser shows some hundred
// tiles, and each dashboard would cost us two microseconds for each stream, again and again. They
// are told of all again when there are fewer than the second number.
inline constexpr std::size_t kManyStreams = 500;
inline constexpr std::size_t kFewStreams = 400;
// Figures are told at most this often; with many routers, lists come all the time.
inline constexpr std::chrono::milliseconds kFiguresSpacing{1000};
// The same of what the graphs of remembered streams get.
inline constexpr std::chrono::milliseconds kSampleSpacing{1000};

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

    // A complete list of a router.
    void on_list(std::string const& router, std::vector<PathItem> const& items, Time now);
    // What a router says of one path; null: it has no such path.
    void on_look(std::string const& router, PathItem const* item, Time now);
    void on_router(std::string const& router, bool there);
    // A list was read, or could not be: the figures are due.
    void on_resync();
    // Something that dashboards show has changed; they are told a moment later.
    void on_change();
    // The same of one stream.
    void on_change(std::string_view stream_id);

    // The answers to GET /v1/events/stream and GET /v1/streams/{id}/history.
    http::Response open_feed(http::Request const& request);
    http::Response history(http::Request const& request) const;
    // What the router's list says about the stream, for GET /v1/streams/{id}; null: nothing.
    boost::json::value media(std::string_view stream_id,
                             std::optional<StreamView> const& view) const;
    // What is measured of the stream; null: it is not known to the control plane.
    boost::json::value figures(std::optional<StreamView> const& view) const;
    // The answer to GET /v1/routers.
    std::string routers() const;

private:
    // What was told last about a stream.
    struct Told {
        std::optional<StreamView> view;  // without what is told as figures
        std::uint64_t last_event = 0;    // sequence of the last hook event; 0: there was none
        std::string media;
        std::uint64_t round = 0;
    };

    void tell();
    void tell_router();
    void tell_all_streams();
    void tell_followed(bool figures);
    void tell_stream(std::string const& stream_id, std::optional<StreamView> view,
                     StreamHooks const* hooks);
    void tell_figures();
    void tell_counts();
    void decide_whether_large();
    void sample(std::vector<PathItem> const& items, Time now);
    void sample(std::string const& stream_id, Time now);
    StreamTraffic const* traffic(std::string_view stream_id,
                                 std::optional<StreamView> const& view) const;
    std::string router_text() const;
    std::string counts_text() const;
    std::string stream_text(std::string const& stream_id, std::optional<StreamView> const& view,
                            StreamHooks const* hooks) const;
    std::string snapshot(std::string const& followed);

    Sources const from_;
    boost::asio::steady_timer soon_;
    WallTime const started_;
    bool pending_ = false;
    bool figures_due_ = false;
    Time figures_told_{}, sampled_{};
    bool large_ = false;                          // there are many streams
    std::set<std::string, std::less<>> changed_;  // followed streams that may have changed
    Traffic traffic_;
    std::map<std::string, Told, std::less<>> told_;
    std::string told_router_;
    std::uint64_t rounds_ = 0;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace tidegate::orchestrator
