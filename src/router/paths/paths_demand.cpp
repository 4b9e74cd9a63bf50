// Publishers that are started when somebody wants their stream (runOnDemand).
#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <chrono>
#include <utility>

#include "router/paths/paths.hpp"

namespace tidegate::router {

HeldRequest::~HeldRequest() {
    paths_.forget(*this);
}

std::unique_ptr<HeldRequest> Paths::hold(std::string const& name, std::string const& query,
                                         std::function<void()> wake) {
    std::lock_guard const lock(mutex_);
    if (closed_) return nullptr;
    auto match = find(name);
    if (!match || match->conf->run_on_demand.empty()) return nullptr;
    auto const entry = entry_of(name, std::move(*match));
    if (entry->second.live) return nullptr;
    auto request = std::make_unique<HeldRequest>(*this, name, std::move(wake));
    entry->second.wanted_by.push_back(request.get());
    tell(entry, DemandEvent::wanted, query);
    return request;
}

void Paths::forget(HeldRequest& request) {
    std::lock_guard const lock(mutex_);
    auto const entry = entries_.find(request.path());
    if (entry == entries_.end() || std::erase(entry->second.wanted_by, &request) == 0) return;
    if (!entry->second.read_or_wanted()) tell(entry, DemandEvent::deserted);
    destroy_if_unused(entry);
}

void Paths::on_deserted(std::string const& name) {
    std::lock_guard const lock(mutex_);
    auto const entry = entries_.find(name);
    if (entry == entries_.end() || entry->second.read_or_wanted()) return;
    tell(entry, DemandEvent::deserted);
}

void Paths::on_timer(std::string const& name, std::uint64_t number) {
    std::lock_guard const lock(mutex_);
    auto const entry = entries_.find(name);
    if (entry == entries_.end() || entry->second.timer_number != number) return;
    bool const starting = entry->second.demand == DemandState::waiting;
    tell(entry, starting ? DemandEvent::start_timeout : DemandEvent::close_timeout);
    destroy_if_unused(entry);
}

void Paths::tell(Entries::iterator entry, DemandEvent event, std::string const& query) {
    auto& path = entry->second;
    auto const& conf = *path.match.conf;
    auto const step = router::step(path.demand, event);
    path.demand = step.next;
    if (step.start_command) {
        path.demand_hooks =
            std::make_unique<DemandHooks>(hooks_, subject(entry->first, path.match, {}, query));
    }
    if (step.timer == DemandTimer::start_timeout) {
        set_timer(entry, conf.run_on_demand_start_timeout);
    } else if (step.timer == DemandTimer::close_after) {
        set_timer(entry, conf.run_on_demand_close_after);
    } else if (step.timer == DemandTimer::none) {
        drop_timer(path);
    }
    if (step.stop_reason.empty()) return;
    refuse_held(path, fmt::format("source of path '{}' has timed out", entry->first));
    stop_command(path, step.stop_reason);
}

void Paths::set_timer(Entries::iterator entry, std::chrono::nanoseconds after) {
    auto& path = entry->second;
    if (path.timer == nullptr) path.timer = std::make_shared<asio::steady_timer>(control_);
    path.timer_number = ++timers_set_;
    asio::post(control_, [this, after, timer = path.timer, name = entry->first,
                          number = path.timer_number] {
        timer->expires_after(std::chrono::ceil<std::chrono::milliseconds>(after));
        timer->async_wait([this, timer, name, number](boost::system::error_code cancelled) {
            if (!cancelled) on_timer(name, number);
        });
    });
}

void Paths::drop_timer(PathEntry& entry) {
    entry.timer_number = 0;
    if (entry.timer == nullptr) return;
    asio::post(entry.timer->get_executor(), [timer = entry.timer] { timer->cancel(); });
}

void Paths::refuse_held(PathEntry& entry, std::string const& reason) {
    std::erase_if(entry.wanted_by, [&](HeldRequest* request) {
        if (!request->held()) return false;
        request->settle(reason);
        return true;
    });
}

void Paths::stop_command(PathEntry& entry, std::string_view reason) {
    if (auto const hooks = std::exchange(entry.demand_hooks, nullptr)) hooks->stop(reason);
}

}  // namespace tidegate::router
