#include "router/paths/paths.hpp"

#include <fmt/format.h>

#include <utility>

#include "log/log.hpp"
#include "router/model/in_turns.hpp"
#include "router/paths/path_change.hpp"

namespace tidegate::router {

namespace {

void info_line(std::string_view event, std::string const& message) {
    log::write(log::Level::info, event, message);
}

// What is copied under the lock; everything else that is shown of a path lies behind its pointers.
struct Glance {
    std::string name;
    config::mediamtx::PathConfPtr conf;
    std::optional<PeerId> publisher;
    std::shared_ptr<Stream> stream;
    std::optional<WallTime> online_since;
};

Glance glance(std::pair<std::string const, PathEntry> const& path) {
    auto const& [name, entry] = path;
    if (!entry.live) return {name, entry.match.conf, std::nullopt, nullptr, std::nullopt};
    auto const& live = *entry.live;
    if (!live.has_publisher()) {
        return {name, entry.match.conf, std::nullopt, live.stream, std::nullopt};
    }
    auto const since = live.feed ? live.online_since : live.stream->available_since();
    return {name, entry.match.conf, live.publisher.endpoint, live.stream, since};
}

// Fills in what a PathInfo and PathFigures have in common.
void count(auto& shown, Stream const& stream) {
    shown.readers = stream.readers();
    shown.inbound_bytes = stream.inbound_bytes();
    shown.outbound_bytes = stream.outbound_bytes();
    shown.inbound_frames_in_error = stream.frames_in_error();
}

PathInfo describe(Glance&& path) {
    PathInfo info;
    info.name = std::move(path.name);
    info.conf_name = path.conf->name;
    if (path.stream == nullptr) {
        if (path.conf->source == "redirect") info.source = PeerId{"redirect", ""};
        return info;
    }
    auto const& stream = *path.stream;
    info.source = std::move(path.publisher);
    info.available_since = stream.available_since();
    info.online_since = path.online_since;
    info.tracks = stream.shown_tracks();
    count(info, stream);
    return info;
}

}  // namespace

Paths::Paths(Hooks& hooks, asio::io_context& control, Loops loops, Outlet::Settings outlet,
             GopReaders gop)
    : hooks_(hooks),
      control_(control),
      loops_(std::move(loops)),
      matcher_(std::make_shared<PathMatcher const>()) {
    stream_settings_.outlet = outlet;
    stream_settings_.gop = gop;
}

std::expected<PathMatch, std::string> Paths::find(std::string_view name) const {
    return matcher_.get()->find(name);
}

std::expected<std::shared_ptr<Stream>, std::string> Paths::publish(std::string const& name,
                                                                   PathMatch const& match,
                                                                   Publisher publisher,
                                                                   media::Tracks tracks,
                                                                   SteadyPlace* place) {
    std::lock_guard const lock(mutex_);
    if (closed_) return std::unexpected("terminated");
    if (refuses_publishers_ && !publisher.own_program) {
        return std::unexpected("the router is about to end");
    }
    auto const now = find(name);
    if (!now) return std::unexpected(now.error());
    if (!same_path(*now->conf, *match.conf)) return std::unexpected("configuration has changed");
    if (now->conf->source != "publisher") {
        return std::unexpected(
            fmt::format("can't publish to path '{}' since 'source' is not 'publisher'", name));
    }
    auto const old = entries_.find(name);
    bool const busy = old != entries_.end() && old->second.is_published();
    bool const steady = old != entries_.end() && old->second.live && old->second.live->feed;
    if (busy && !now->conf->override_publisher) {
        return std::unexpected(fmt::format("someone is already publishing to path '{}'", name));
    }
    if (steady) return publish_steady(old, std::move(publisher), std::move(tracks), place);
    if (!busy && live_count_ >= kMaxLivePaths) {
        return std::unexpected(fmt::format("more than {} paths are live", kMaxLivePaths));
    }
    if (busy) {
        info_line("path.override", fmt::format("[path {}] closing existing publisher", name));
        old->second.live->publisher.close("terminated");
        end_stream(old->second);
    }
    auto stream = make_stream(name, *now->conf, publisher, std::move(tracks));
    begin(entry_of(name, *now), std::move(publisher), stream);
    return stream;
}

std::shared_ptr<Stream> Paths::make_stream(std::string const& name,
                                           config::mediamtx::PathConf const& conf,
                                           Publisher const& publisher, media::Tracks tracks) {
    std::function<void()> deserted;
    if (!conf.run_on_demand.empty()) deserted = [this, name] { on_deserted(name); };
    auto settings = stream_settings_;
    settings.caption_languages = publisher.caption_languages;
    return std::make_shared<Stream>(name, loops_, settings, std::move(tracks), std::move(deserted));
}

// The entry whose stream this is still; the end when it was replaced.
Paths::Entries::iterator Paths::entry_with(std::shared_ptr<Stream> const& stream) {
    auto const entry = entries_.find(stream->path());
    if (entry == entries_.end() || !entry->second.live) return entries_.end();
    return entry->second.live->stream == stream ? entry : entries_.end();
}

std::shared_ptr<Stream> Paths::renew(std::shared_ptr<Stream> const& stream, media::Tracks tracks,
                                     SteadyPlace* place) {
    std::lock_guard const lock(mutex_);
    auto const entry = entry_with(stream);
    if (entry == entries_.end()) return nullptr;
    auto& path = entry->second;
    if (path.live->feed) {
        auto& live = *path.live;
        if (place == nullptr || live.number != place->number) return nullptr;
        if (live.feed->refusal(tracks)) return nullptr;
        live.number = place->number = live.feed->come(std::move(tracks));
        return stream;
    }
    auto publisher = std::move(path.live->publisher);
    end_stream(path);
    auto fresh = make_stream(entry->first, *path.match.conf, publisher, std::move(tracks));
    begin(entry, std::move(publisher), fresh);
    return fresh;
}

// In MediaMTX's order.
void Paths::begin(Entries::iterator entry, Publisher publisher, std::shared_ptr<Stream> stream) {
    auto const& name = entry->first;
    auto& path = entry->second;
    auto hooks = std::make_unique<StreamHooks>(
        hooks_, subject(name, path.match, publisher.endpoint, publisher.query));
    info_line("path.available", fmt::format("[path {}] stream is available and online, {}", name,
                                            describe_tracks(*stream->tracks())));
    info_line("path.publishing",
              fmt::format("{} is publishing to path '{}'", publisher.description, name));
    path.live.emplace(std::move(publisher), std::move(stream), std::move(hooks));
    ++live_count_;
    tell(entry, DemandEvent::published);
    if (!path.wanted_by.empty()) tell(entry, DemandEvent::joined);
    for (auto* const request : path.wanted_by) request->settle({});
    for (auto* const watcher : watchers_) watcher->stream_began(path.live->stream);
}

void Paths::watch(StreamWatcher& watcher) {
    std::lock_guard const lock(mutex_);
    watchers_.push_back(&watcher);
    for (auto const& [name, path] : entries_) {
        if (path.live) watcher.stream_began(path.live->stream);
    }
}

void Paths::unwatch(StreamWatcher& watcher) {
    std::lock_guard const lock(mutex_);
    std::erase(watchers_, &watcher);
}

void Paths::unpublish(std::shared_ptr<Stream> const& stream, SteadyPlace const& place) {
    std::lock_guard const lock(mutex_);
    auto const entry = entry_with(stream);
    if (entry == entries_.end()) return;
    if (entry->second.live->feed) {
        if (entry->second.live->number == place.number) go_offline(entry);
        return;
    }
    end_stream(entry->second);
    tell(entry, DemandEvent::deserted);
    destroy_if_unused(entry);
}

// In MediaMTX's order: offline, readers told, unavailable, stream closed.
void Paths::end_stream(PathEntry& entry) {
    if (entry.live->has_publisher()) entry.live->hooks->offline();
    if (entry.live->feed) entry.live->feed->end();
    entry.live->stream->end();
    entry.live->hooks->unavailable();
    entry.live.reset();
    --live_count_;
}

std::expected<std::shared_ptr<Stream>, Paths::Refused> Paths::attach(std::string const& name,
                                                                     PeerId const& reader,
                                                                     std::optional<WireForm> form) {
    std::lock_guard const lock(mutex_);
    auto const entry = entries_.find(name);
    if (entry == entries_.end() || !entry->second.live) {
        return std::unexpected(Refused{ReadRefusal::no_stream,
                                       fmt::format("no stream is available on path '{}'", name)});
    }
    auto& stream = entry->second.live->stream;
    if (!stream->add_reader(reader, form, entry->second.match.conf->max_readers)) {
        return std::unexpected(
            Refused{ReadRefusal::too_many_readers, "maximum reader count reached"});
    }
    tell(entry, DemandEvent::joined);
    return stream;
}

std::shared_ptr<Stream> Paths::live(std::string_view name) const {
    std::lock_guard const lock(mutex_);
    auto const entry = entries_.find(name);
    if (entry == entries_.end() || !entry->second.live) return nullptr;
    return entry->second.live->stream;
}

std::unique_ptr<ReadHooks> Paths::start_reading(std::string const& name, PathMatch const& match,
                                                PeerId const& reader, std::string const& query,
                                                std::string prefix) {
    std::unique_lock lock(mutex_);
    auto reading = subject(name, match, reader, query);
    lock.unlock();
    return std::make_unique<ReadHooks>(hooks_, std::move(prefix), std::move(reading));
}

HookSubject Paths::subject(std::string const& name, PathMatch const& match, PeerId endpoint,
                           std::string query) const {
    return {match.conf, {name, rtsp_port_, match.groups}, std::move(query), std::move(endpoint)};
}

PathsPage Paths::page(std::size_t first, std::size_t last) const {
    PathsPage found;
    auto const take = [&](auto const& path) {
        auto const place = found.total++;
        return first <= place && place < last ? std::optional(glance(path)) : std::nullopt;
    };
    visit_in_turns(entries_, mutex_, take, [&](std::optional<Glance>& path) {
        if (path) found.paths.push_back(describe(std::move(*path)));
    });
    return found;
}

void Paths::each(std::function<void(PathFigures const&)> const& visit) const {
    struct Named {
        std::string name;
        std::shared_ptr<Stream> stream;
    };
    auto const take = [](auto const& path) {
        auto const& live = path.second.live;
        return Named{path.first, live ? live->stream : nullptr};
    };
    visit_in_turns(entries_, mutex_, take, [&](Named& path) {
        PathFigures figures;
        figures.name = std::move(path.name);
        if (path.stream != nullptr) {
            figures.available = true;
            count(figures, *path.stream);
        }
        visit(figures);
    });
}

std::optional<PathInfo> Paths::snapshot(std::string_view name) const {
    std::unique_lock lock(mutex_);
    auto const entry = entries_.find(name);
    if (entry == entries_.end()) return std::nullopt;
    auto path = glance(*entry);
    lock.unlock();
    return describe(std::move(path));
}

}  // namespace tidegate::router
