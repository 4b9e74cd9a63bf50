#include "orchestrator/core/traffic.hpp"

#include <chrono>

#include "base/stream_id.hpp"

namespace tidegate::orchestrator {

namespace {

std::optional<double> bitrate(std::uint64_t now, std::uint64_t before, Duration time) {
    if (now < before) return std::nullopt;
    return static_cast<double>(now - before) * 8 / std::chrono::duration<double>(time).count();
}

}  // namespace

void Traffic::update(std::vector<PathItem> const& items, Time now) {
    ++lists_;
    for (auto const& item : items) {
        auto const path = base::parse_stream_path(item.name);
        if (!path || !item.online) continue;
        auto& stream = streams_[path->stream_id];
        if (stream.listed != lists_) {
            stream.listed = lists_;
            stream.traffic.in.online = stream.traffic.out.online = false;
        }
        bool const is_in = path->direction == base::Direction::in;
        take(is_in ? stream.traffic.in : stream.traffic.out, is_in ? stream.in : stream.out, item,
             now);
    }
    std::erase_if(streams_, [this](auto const& entry) { return entry.second.listed != lists_; });
    for (auto& [id, stream] : streams_) {
        if (!stream.traffic.in.online) stream.traffic.in = {}, stream.in = {};
        if (!stream.traffic.out.online) stream.traffic.out = {}, stream.out = {};
    }
}

void Traffic::take(PathTraffic& path, Counted& counted, PathItem const& item, Time now) {
    path.online = true;
    path.tracks = item.tracks;
    path.readers = item.readers;
    path.recorded = item.recorded;
    if (counted.at == Time{} || counted.source_id != item.source_id) {
        path.inbound_bitrate = path.outbound_bitrate = std::nullopt;
    } else if (now - counted.at < kRateWindow) {
        return;
    } else {
        path.inbound_bitrate = bitrate(item.inbound_bytes, counted.inbound, now - counted.at);
        path.outbound_bitrate = bitrate(item.outbound_bytes, counted.outbound, now - counted.at);
    }
    counted = {item.source_id, item.inbound_bytes, item.outbound_bytes, now};
}

StreamTraffic const* Traffic::find(std::string_view stream_id) const {
    auto const found = streams_.find(stream_id);
    return found == streams_.end() ? nullptr : &found->second.traffic;
}

}  // namespace tidegate::orchestrator
