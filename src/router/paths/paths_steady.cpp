// Paths that are always available: their stream begins with the configuration, and publishers come
// and go.
#include <fmt/format.h>

#include <utility>

#include "log/log.hpp"
#include "router/paths/paths.hpp"

namespace tidegate::router {

namespace {

void steady_line(std::string_view event, std::string const& path, std::string const& text) {
    log::write(log::Level::info, event, fmt::format("[path {}] {}", path, text));
}

}  // namespace

// In MediaMTX's order.
void Paths::begin_steady(Entries::iterator entry) {
    auto const& name = entry->first;
    auto& path = entry->second;
    auto const& always = path.match.conf->always_available;
    auto stream = make_stream(name, *path.match.conf, {}, always.tracks);
    auto hooks = std::make_unique<StreamHooks>(hooks_, subject(name, path.match), false);
    steady_line("path.available", name,
                "stream is available, " + describe_tracks(*stream->tracks()));
    path.live.emplace(Publisher{}, stream, std::move(hooks));
    path.live->feed = std::make_shared<SteadyFeed>(control_, stream, always.slate);
    ++live_count_;
    for (auto* const watcher : watchers_) watcher->stream_began(stream);
    path.live->feed->start();
}

std::expected<std::shared_ptr<Stream>, std::string> Paths::publish_steady(Entries::iterator entry,
                                                                          Publisher publisher,
                                                                          media::Tracks tracks,
                                                                          SteadyPlace* place) {
    auto const& name = entry->first;
    auto& live = *entry->second.live;
    if (auto refusal = live.feed->refusal(tracks)) return std::unexpected(std::move(*refusal));
    if (live.has_publisher()) {
        steady_line("path.override", name, "closing existing publisher");
        live.publisher.close("terminated");
        go_offline(entry);
    }
    steady_line("path.online", name, "stream is online");
    log::write(log::Level::info, "path.publishing",
               fmt::format("{} is publishing to path '{}'", publisher.description, name));
    live.hooks->online(publisher.endpoint, publisher.query);
    live.publisher = std::move(publisher);
    live.online_since = std::chrono::system_clock::now();
    live.number = live.feed->come(std::move(tracks));
    if (place != nullptr) *place = {live.feed, live.number};
    return live.stream;
}

void Paths::go_offline(Entries::iterator entry) {
    auto& live = *entry->second.live;
    live.hooks->offline();
    live.feed->leave(std::exchange(live.number, 0));
    live.publisher = {};
    live.online_since.reset();
    steady_line("path.offline", entry->first, "stream is offline");
}

}  // namespace tidegate::router
