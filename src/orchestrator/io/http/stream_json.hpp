// A stream as the API shows it: what the control plane does with it, and what hooks have said about
// it. Functions that show times read both clocks, to turn monotonic times into wall-clock times.
// Any thread.
#pragma once

#include <boost/json/object.hpp>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "orchestrator/core/params.hpp"
#include "orchestrator/core/view.hpp"
#include "orchestrator/core/worker_backend.hpp"
#include "orchestrator/io/http/hook_history.hpp"

namespace tidegate::orchestrator {

// As RFC 3339 has it, in UTC, with microseconds.
std::string to_text(WallTime time);
// The same for a monotonic time of this process.
std::string to_text(Time time);

boost::json::object to_json(HookEvent const& event);
// Finds the process id of a worker; nullopt: the worker is not a process of this machine.
using PidOf = std::function<std::optional<int>(WorkerHandle)>;
// Where a worker runs; nothing of it: that is not known any more.
struct WorkerSite {
    std::optional<int> pid{};
    std::optional<WorkerPlace> place{};  // nullopt: it is no Pod of a cluster
};
using SiteOf = std::function<WorkerSite(WorkerHandle)>;

boost::json::object to_json(StreamView const& view, SiteOf const& site_of);

// A dub of a stream. whole: with its counts and measures, which change all the time.
boost::json::object to_json(DubReport const& dub, bool whole);
boost::json::object to_json(DubCaption const& caption);

// One stream with all its fields. A stream may be known from hooks only (no view) or from the
// router's list only (hooks null), but not from neither.
boost::json::object stream_json(std::string_view stream_id, StreamHooks const* hooks,
                                std::optional<StreamView> const& view, SiteOf const& site_of);

// Leaves of a view's dubs only what to_json(dub, false) shows.
void remove_counts(StreamView& view);

// Visits each stream that hooks or the fleet know once, by id. views: sorted by id. visit(id, view
// or nullopt, hooks or null).
template <class Visit>
void each_stream(HookHistory const& hooks, std::vector<StreamView> views, Visit visit) {
    // Both are sorted by id, so one walk over the two finds every stream once.
    auto next = hooks.streams().begin();
    auto const end = hooks.streams().end();
    for (auto& view : views) {
        for (; next != end && next->first < view.stream_id; ++next) {
            visit(next->first, std::optional<StreamView>(), &next->second);
        }
        bool const has_hooks = next != end && next->first == view.stream_id;
        auto const id = view.stream_id;
        visit(id, std::optional(std::move(view)), has_hooks ? &(next++)->second : nullptr);
    }
    for (; next != end; ++next) {
        visit(next->first, std::optional<StreamView>(), &next->second);
    }
}

}  // namespace tidegate::orchestrator
