#include "orchestrator/core/traffic.hpp"

#include <algorithm>
#include <chrono>
#include <functional>

#include "base/stream_id.hpp"

namespace tidegate::orchestrator {

namespace {

std::optional<double> bitrate(std::uint64_t now, std::uint64_t before, Duration time) {
    if (now < before) return std::nullopt;
    return static_cast<double>(now - before) * 8 / std::chrono::duration<double>(time).count();
}

}  // namespace

void Traffic::update(std::string_view name, std::vector<PathItem> const& items, Time now) {
    auto it = routers_.find(name);
    if (it == routers_.end()) it = routers_.try_emplace(std::string(name)).first;
    auto& router = it->second;
    ++router.lists;
    for (auto const& item : items) take(router, item, now);
    for (auto& [id, stream] : router.streams) {
        if (stream.in_listed != router.lists) stream.traffic.in = {}, stream.in = {};
        if (stream.out_listed != router.lists) stream.traffic.out = {}, stream.out = {};
    }
    std::erase_if(router.streams, [](auto const& entry) {
        auto const& [in, out] = entry.second.traffic;
        return !in.online && !out.online;
    });
}

void Traffic::look(std::string_view router, PathItem const& item, Time now) {
    auto const found = routers_.find(router);
    if (found != routers_.end()) take(found->second, item, now);
}

void Traffic::drop_router(std::string_view router) {
    auto const found = routers_.find(router);
    if (found != routers_.end()) routers_.erase(found);
}

void Traffic::take(Router& router, PathItem const& item, Time now) {
    auto const path = item.online ? base::view_stream_path(item.name) : std::nullopt;
    if (!path) return;
    auto found = router.streams.find(path->stream_id);
    if (found == router.streams.end()) {
        found = router.streams.try_emplace(std::string(path->stream_id)).first;
    }
    auto& stream = found->second;
    bool const is_in = path->direction == base::Direction::in;
    (is_in ? stream.in_listed : stream.out_listed) = router.lists;
    auto& [in, out] = stream.traffic;
    take(is_in ? in : out, is_in ? stream.in : stream.out, item, now);
}

void Traffic::take(PathTraffic& path, Counted& counted, PathItem const& item, Time now) {
    path.online = true;
    if (path.tracks != item.tracks) path.tracks = shared(item.tracks);
    path.readers = item.readers;
    path.recorded = item.recorded;
    auto const source = std::hash<std::string>{}(item.source_id);
    if (counted.at == Time{} || counted.source != source) {
        path.inbound_bitrate = path.outbound_bitrate = std::nullopt;
        counted.source = source;
    } else if (now - counted.at < kRateWindow) {
        return;
    } else {
        path.inbound_bitrate = bitrate(item.inbound_bytes, counted.inbound, now - counted.at);
        path.outbound_bitrate = bitrate(item.outbound_bytes, counted.outbound, now - counted.at);
    }
    counted.inbound = item.inbound_bytes;
    counted.outbound = item.outbound_bytes;
    counted.at = now;
}

SharedTracks Traffic::shared(SharedTracks const& tracks) {
    if (!tracks) return nullptr;
    if (auto const known = tracks_.find(tracks); known != tracks_.end()) return *known;
    if (tracks_.size() >= look_for_unused_) {
        std::erase_if(tracks_, [](auto const& one) { return one.use_count() == 1; });
        look_for_unused_ = std::max(kFirstLookForUnused, 2 * tracks_.size());
    }
    return *tracks_.insert(tracks).first;
}

StreamTraffic const* Traffic::find(std::string_view stream_id, std::string_view router) const {
    auto const in = [&](Router const& one) -> StreamTraffic const* {
        auto const found = one.streams.find(stream_id);
        return found == one.streams.end() ? nullptr : &found->second.traffic;
    };
    if (auto const named = routers_.find(router); named != routers_.end()) return in(named->second);
    for (auto const& [name, one] : routers_) {
        if (auto const* const found = in(one)) return found;
    }
    return nullptr;
}

}  // namespace tidegate::orchestrator
