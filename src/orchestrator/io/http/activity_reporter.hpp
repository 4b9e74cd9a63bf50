// Publishes what the control plane does: each thing that happens becomes a log line, a count in the
// metrics, and a server-sent event. One event loop.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "log/log.hpp"
#include "orchestrator/core/stream_records.hpp"
#include "orchestrator/io/http/event_feed.hpp"
#include "orchestrator/io/http/hook_history.hpp"
#include "orchestrator/io/http/service_metrics.hpp"
#include "orchestrator/io/router/control_plane.hpp"

namespace tidegate::orchestrator {

class ActivityReporter final : public ControlPlaneObserver {
public:
    // All must outlive this.
    ActivityReporter(ServiceMetrics& metrics, EventFeed& feed, StreamRecords& records,
                     PublicPorts ports)
        : metrics_(metrics), feed_(feed), records_(records), ports_(ports) {}

    // A hook event has come, with any outcome. (HookReceiver has logged and counted it.)
    void on_hook(HookEvent const& event);
    // An operator has turned a path's recording on or off.
    void on_record_switch(std::string const& stream_id, std::string_view path, bool on);

    void on_transition(Transition const& transition) override;
    void on_worker_exit(std::string const& stream_id, WorkerExit const& exit) override;
    void on_worker_start(std::string const& stream_id, std::optional<int> pid) override;
    void on_worker_adopted(std::string const& stream_id, std::string const& run_id,
                           std::optional<int> pid) override;
    void on_output_readable(std::string const& stream_id, std::chrono::nanoseconds after) override;
    void on_stale_hint(std::string const& stream_id) override;
    void on_resync(ListStatus const& status) override;
    void on_list(std::string const& router, std::vector<PathItem> const& items, Time now) override;
    void on_look(std::string const& router, base::StreamPath const& path, PathItem const* item,
                 Time now) override;
    void on_router_conflict(RouterConflict const& conflict) override;
    void on_router(std::string const& router, bool there) override;
    void on_change(std::string_view stream_id) override;
    void on_worker_line(std::string const& stream_id, std::string_view line) override;
    void on_router_doors(std::string const& router, RouterDoors const& doors) override;
    void on_operate(std::string const& stream_id, OperatorAction action) override;
    void on_worker_caption(std::string const& stream_id, DubCaption const& caption) override;
    void on_dub_mode(std::string const& stream_id, DubReport const& dub) override;
    void on_dub_refused(std::string const& stream_id,
                        std::vector<std::string> const& languages) override;

    // Told of what the routers say, of each change that dashboards show, and of each resync.
    struct Watcher {
        std::function<void(std::string const& router, std::vector<PathItem> const&, Time)> list;
        std::function<void(std::string const& router, PathItem const*, Time)> look;
        std::function<void(std::string const& router, bool there)> router;
        std::function<void(std::string_view stream_id)> stream;  // it may have changed
        std::function<void()> change;                            // of what is common to all
        std::function<void()> resync;                            // a list was read, or could not be
    };
    void watch(Watcher watcher) { watcher_ = std::move(watcher); }

    // What is known of a router.
    struct Router {
        std::optional<bool> reachable;  // nullopt: it has not been asked yet
        std::string error =
            "it has not been asked yet";   // of its last list; empty: it was complete
        std::optional<RouterDoors> doors;  // as clients see them; nullopt: it has not told yet
    };
    std::map<std::string, Router, std::less<>> const& routers() const { return routers_; }
    bool any_router_reachable() const;
    bool all_routers_reachable() const;
    // Why not all can be reached; empty: they can.
    std::string router_error() const;

    // Publishes an event of a stream, and remembers it for the stream's history.
    void tell(std::string const& stream_id, std::string_view type,
              boost::json::object const& event);

private:
    void changed() const {
        if (watcher_.change) watcher_.change();
    }
    std::vector<log::Field> named(std::string const& router) const;

    ServiceMetrics& metrics_;
    EventFeed& feed_;
    StreamRecords& records_;
    PublicPorts const ports_;
    Watcher watcher_;
    std::map<std::string, Router, std::less<>> routers_;
};

}  // namespace tidegate::orchestrator
