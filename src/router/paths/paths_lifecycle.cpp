// Which paths exist: created and closed by the configuration, by use, and at the end.
#include <algorithm>
#include <utility>

#include "router/paths/path_change.hpp"
#include "router/paths/paths.hpp"
#include "rtp/limits.hpp"

namespace tidegate::router {

void Paths::apply(config::mediamtx::Conf const& conf) {
    auto matcher = PathMatcher::create(conf);
    if (!matcher) return;  // impossible: build() of the configuration has refused such expressions
    auto const current = std::make_shared<PathMatcher const>(std::move(*matcher));
    PathChanges changes;

    std::lock_guard const lock(mutex_);
    matcher_.set(current);
    stream_settings_.rtp_payload_size = conf.global.udp_max_payload_size - rtp::kHeaderSize;
    rtsp_port_ = rtsp_port_of(conf.global.rtsp_address);
    for (auto next = entries_.begin(); next != entries_.end();) {
        auto const entry = next++;
        auto match = current->find(entry->first);
        if (!match || !changes.can_be_updated(entry->second.match.conf, match->conf)) {
            destroy(entry);
            continue;
        }
        // The groups stay those of its hooks' start.
        entry->second.match.conf = match->conf;
        destroy_if_unused(entry);
    }
    for (auto const& path : conf.paths) {
        if (path->is_regex()) continue;
        auto const entry = entry_of(path->name, {path, {}});
        if (path->always_available.enabled && !entry->second.live) begin_steady(entry);
    }
}

Paths::Entries::iterator Paths::entry_of(std::string const& name, PathMatch match) {
    auto const [entry, is_new] = entries_.try_emplace(name, std::move(match));
    auto& path = entry->second;
    if (is_new && !path.match.conf->run_on_init.empty()) {
        path.init = std::make_unique<InitHook>(hooks_, subject(name, path.match));
    }
    return entry;
}

void Paths::destroy(Entries::iterator entry) {
    auto& path = entry->second;
    path.init.reset();
    refuse_held(path, "terminated");
    if (path.is_published()) path.live->publisher.close("terminated");
    stop_command(path, "path destroyed");
    drop_timer(path);
    if (path.live) end_stream(path);
    entries_.erase(entry);
}

void Paths::destroy_if_unused(Entries::iterator entry) {
    if (entry->second.match.conf->is_regex() && !entry->second.in_use()) destroy(entry);
}

void Paths::refuse_publishers() {
    std::lock_guard const lock(mutex_);
    refuses_publishers_ = true;
}

std::vector<std::function<void(std::string const&)>> Paths::foreign_publishers() const {
    std::lock_guard const lock(mutex_);
    std::vector<std::function<void(std::string const&)>> closers;
    for (auto const& [name, path] : entries_) {
        if (path.is_published() && !path.live->publisher.own_program) {
            closers.push_back(path.live->publisher.close);
        }
    }
    return closers;
}

bool Paths::anybody_publishes() const {
    std::lock_guard const lock(mutex_);
    return std::ranges::any_of(entries_,
                               [](auto const& path) { return path.second.is_published(); });
}

void Paths::close_all() {
    std::lock_guard const lock(mutex_);
    closed_ = true;
    while (!entries_.empty()) destroy(entries_.begin());
}

}  // namespace tidegate::router
