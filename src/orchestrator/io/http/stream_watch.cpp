#include "orchestrator/io/http/stream_watch.hpp"

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>
#include <utility>

#include "base/stream_id.hpp"
#include "http/json_text.hpp"
#include "orchestrator/core/dub_sounds.hpp"
#include "orchestrator/io/http/destination_json.hpp"
#include "orchestrator/io/http/problem.hpp"
#include "orchestrator/io/http/stream_handlers.hpp"

namespace tidegate::orchestrator {

namespace json = boost::json;

namespace {

void add(json::object& object, char const* key, std::optional<double> value) {
    if (value) object[key] = *value;
}

json::object track_json(PathTrack const& track) {
    json::object object{{"codec", track.codec}};
    if (track.width != 0) object["width"] = track.width;
    if (track.height != 0) object["height"] = track.height;
    if (!track.profile.empty()) object["profile"] = track.profile;
    if (!track.level.empty()) object["level"] = track.level;
    if (track.sample_rate != 0) object["sampleRate"] = track.sample_rate;
    if (track.channels != 0) object["channels"] = track.channels;
    if (!track.language.empty()) object["language"] = track.language;
    if (!track.name.empty()) object["name"] = track.name;
    return object;
}

using NoDubs = std::vector<DubReport>;

// dubs: those that are in the path's sounds.
json::value path_json(PathTraffic const& path, std::vector<DubReport> const& dubs) {
    if (!path.online) return nullptr;
    json::array tracks;
    auto const& known = path.tracks ? *path.tracks : std::vector<PathTrack>();
    for (auto const& track : name_dubbed_sounds(known, dubs)) {
        tracks.push_back(track_json(track));
    }
    return json::object{
        {"readers", path.readers}, {"recorded", path.recorded}, {"tracks", std::move(tracks)}};
}

json::object figures_json(StreamView const& view, StreamTraffic const* traffic) {
    json::object object{{"restarts", view.restarts}};
    if (traffic != nullptr) {
        add(object, "inBitrate", traffic->in.inbound_bitrate);
        add(object, "toWorkerBitrate", traffic->in.outbound_bitrate);
        add(object, "outBitrate", traffic->out.inbound_bitrate);
        add(object, "toViewersBitrate", traffic->out.outbound_bitrate);
        object["inReaders"] = traffic->in.readers;
        object["viewers"] = traffic->out.readers;
    }
    if (view.worker) {
        auto const& figures = view.worker->figures;
        add(object, "fpsIn", figures.fps_in);
        add(object, "fpsOut", figures.fps_out);
        add(object, "gopSeconds", figures.gop_seconds);
        add(object, "delayMs", figures.delay_ms);
        add(object, "avOffsetMs", figures.av_offset_ms);
        object["status"] = view.worker->status;
    }
    if (!view.dubs.empty()) {
        json::array dubs;
        for (auto const& dub : view.dubs) dubs.push_back(to_json(dub, true));
        object["dubs"] = std::move(dubs);
    }
    if (!view.destinations.empty()) {
        json::array destinations;
        auto const no_pid = [](WorkerHandle) { return std::optional<int>(); };
        for (auto const& one : view.destinations) destinations.push_back(to_json(one, no_pid));
        object["destinations"] = std::move(destinations);
    }
    return object;
}

Sample sample_of(StreamView const& view, StreamTraffic const* traffic) {
    Sample sample;
    auto const set = [&](Measure measure, std::optional<double> value) {
        sample[static_cast<std::size_t>(measure)] = value;
    };
    if (traffic != nullptr) {
        set(Measure::in_bitrate, traffic->in.inbound_bitrate);
        set(Measure::out_bitrate, traffic->out.inbound_bitrate);
    }
    if (view.worker) {
        set(Measure::fps, view.worker->figures.fps_out);
        set(Measure::av_offset, view.worker->figures.av_offset_ms);
        set(Measure::delay, view.worker->figures.delay_ms);
    }
    set(Measure::restarts, static_cast<double>(view.restarts));
    return sample;
}

json::object door_json(Door const& door) {
    return {{"open", door.open}, {"address", door.address}, {"encrypted", door.encrypted}};
}

// What is told as figures, or not at all.
void remove_figures(StreamView& view) {
    view.restarts = 0;
    remove_counts(view);
    if (!view.worker) return;
    view.worker->last_progress = {};
    view.worker->status.clear();
    view.worker->figures = {};
}

std::uint64_t last_event_of(StreamHooks const* hooks) {
    return hooks == nullptr ? 0 : hooks->last_events.back()->sequence;
}

}  // namespace

StreamWatch::StreamWatch(boost::asio::io_context& io, Sources sources)
    : from_(sources), soon_(io), started_(std::chrono::system_clock::now()) {}

StreamWatch::~StreamWatch() {
    *alive_ = false;
}

void StreamWatch::on_list(std::string const& router, std::vector<PathItem> const& items, Time now) {
    traffic_.update(router, items, now);
    sample(items, now);
}

void StreamWatch::on_look(std::string const& router, PathItem const* item, Time now) {
    if (item == nullptr) return;
    traffic_.look(router, *item, now);
    on_change();
}

void StreamWatch::on_router(std::string const& router, bool there) {
    if (!there) traffic_.drop_router(router);
}

// Also without a list: a dashboard that hears nothing takes its connection for dead.
void StreamWatch::on_resync() {
    figures_due_ = true;
    decide_whether_large();
    on_change();
}

void StreamWatch::decide_whether_large() {
    auto const streams = from_.control.fleet().size();
    auto const large = streams > (large_ ? kFewStreams : kManyStreams);
    if (std::exchange(large_, large) == large) return;
    told_.clear();
    from_.feed.end_watchers();  // they begin anew, with another snapshot
}

void StreamWatch::on_change(std::string_view stream_id) {
    if (from_.feed.watchers() == 0) return;
    if (large_) {
        if (!from_.feed.has_log_reader(stream_id)) return;
        changed_.emplace(stream_id);
    }
    on_change();
}

// Later, for whoever reports a change is in the middle of it.
void StreamWatch::on_change() {
    if (from_.feed.watchers() == 0 || std::exchange(pending_, true)) return;
    soon_.expires_after(kWatchDelay);
    soon_.async_wait([this, alive = alive_](boost::system::error_code cancelled) {
        if (!*alive || cancelled) return;
        pending_ = false;
        if (from_.feed.watchers() != 0) tell();
    });
}

void StreamWatch::tell() {
    auto const now = Clock::now();
    bool const figures = figures_due_ && now - figures_told_ >= kFiguresSpacing;
    if (figures) {
        figures_due_ = false;
        figures_told_ = now;
    }
    tell_router();
    if (large_) {
        tell_followed(figures);
    } else {
        tell_all_streams();
        if (figures) tell_figures();
    }
    if (figures) tell_counts();
}

// Of streams that are remembered, and of others while there is room.
void StreamWatch::sample(std::vector<PathItem> const& items, Time now) {
    if (now - sampled_ >= kSampleSpacing) {
        sampled_ = now;
        for (auto const& id : from_.records.ids()) sample(id, now);
    }
    for (auto const& item : items) {
        if (from_.records.size() >= kMaxRecords) return;
        auto const path = item.online ? base::view_stream_path(item.name) : std::nullopt;
        if (!path || path->direction != base::Direction::in) continue;
        if (from_.records.find(path->stream_id) == nullptr)
            sample(std::string(path->stream_id), now);
    }
}

void StreamWatch::sample(std::string const& stream_id, Time now) {
    auto const view = from_.control.view(stream_id);
    if (view) from_.records.add_sample(stream_id, sample_of(*view, traffic(stream_id, view)), now);
}

void StreamWatch::tell_router() {
    auto text = router_text();
    if (text == told_router_) return;
    from_.feed.publish_watch("router", text);
    told_router_ = std::move(text);
}

void StreamWatch::tell_all_streams() {
    ++rounds_;
    each_stream(from_.hooks, from_.control.views(),
                [&](std::string const& id, std::optional<StreamView> view,
                    StreamHooks const* hooks) { tell_stream(id, std::move(view), hooks); });
    std::erase_if(told_, [&](auto const& entry) {
        if (entry.second.round == rounds_) return false;
        from_.feed.publish_watch("gone", http::to_text(json::object{{"streamId", entry.first}}));
        return true;
    });
}

void StreamWatch::tell_followed(bool figures) {
    auto const changed = std::exchange(changed_, {});
    for (auto const& id : from_.feed.followed()) {
        if (!figures && !changed.contains(id)) continue;
        auto const view = from_.control.view(id);
        auto const* const hooks = from_.hooks.find(id);
        bool const gone = !view && hooks == nullptr;
        from_.feed.publish_followed(
            id, gone ? "gone" : "stream",
            gone ? http::to_text(json::object{{"streamId", id}}) : stream_text(id, view, hooks));
        if (!figures || !view) continue;
        json::object const streams{{id, figures_json(*view, traffic(id, view))}};
        from_.feed.publish_followed(
            id, "figures",
            http::to_text(json::object{{"ts", to_text(std::chrono::system_clock::now())},
                                       {"streams", streams}}));
    }
}

void StreamWatch::tell_stream(std::string const& stream_id, std::optional<StreamView> view,
                              StreamHooks const* hooks) {
    auto const [entry, is_new] = told_.try_emplace(stream_id);
    auto& told = entry->second;
    told.round = rounds_;
    auto stripped = view;
    if (stripped) remove_figures(*stripped);
    auto media_text = http::to_text(media(stream_id, view));
    auto const last_event = last_event_of(hooks);
    if (!is_new && told.view == stripped && told.last_event == last_event &&
        told.media == media_text) {
        return;
    }
    from_.feed.publish_watch("stream", stream_text(stream_id, view, hooks));
    told.view = std::move(stripped);
    told.media = std::move(media_text);
    told.last_event = last_event;
}

void StreamWatch::tell_figures() {
    json::object streams;
    for (auto const& view : from_.control.views()) {
        streams[view.stream_id] = figures_json(view, traffic(view.stream_id, view));
    }
    from_.feed.publish_watch(
        "figures", http::to_text(json::object{{"ts", to_text(std::chrono::system_clock::now())},
                                              {"streams", std::move(streams)}}));
}

void StreamWatch::tell_counts() {
    from_.feed.publish_watch("counts", counts_text());
}

std::string StreamWatch::counts_text() const {
    auto const& fleet = from_.control.fleet();
    json::object by_state;
    for (std::size_t i = 0; i < kShownStates; ++i) {
        auto const shown = static_cast<Shown>(i);
        by_state[name(shown)] = fleet.count(shown);
    }
    return http::to_text(json::object{{"ts", to_text(std::chrono::system_clock::now())},
                                      {"streams", fleet.size()},
                                      {"byState", std::move(by_state)}});
}

namespace {

json::value doors_json(std::optional<RouterDoors> const& known) {
    if (!known) return nullptr;
    return json::object{{"rtmp", door_json(known->rtmp)}, {"rtsp", door_json(known->rtsp)},
                        {"hls", door_json(known->hls)},   {"webrtc", door_json(known->webrtc)},
                        {"srt", door_json(known->srt)},   {"playback", door_json(known->playback)}};
}

}  // namespace

// With one router, a dashboard needs no name of it: `doors` are that router's.
std::string StreamWatch::router_text() const {
    auto const& routers = from_.reporter.routers();
    json::object text{
        {"reachable", from_.reporter.all_routers_reachable()},
        {"error", from_.reporter.router_error()},
        {"doors", routers.empty() ? nullptr : doors_json(routers.begin()->second.doors)}};
    if (routers.size() > 1) {
        json::array all;
        for (auto const& [name, router] : routers) {
            all.push_back(json::object{{"name", name},
                                       {"reachable", router.reachable.value_or(false)},
                                       {"error", router.error},
                                       {"doors", doors_json(router.doors)}});
        }
        text["routers"] = std::move(all);
    }
    return http::to_text(text);
}

std::string StreamWatch::routers() const {
    json::array all;
    for (auto const& router : from_.control.routers().status()) {
        auto const& list = router.list;
        auto const took = std::chrono::duration<double, std::milli>(list.took).count();
        all.push_back(json::object{
            {"name", router.address.name},
            {"api", router.address.api},
            {"rtsp", router.address.rtsp},
            {"rtmp", router.address.rtmp},
            {"reachable", list.asked && list.error.empty()},
            {"error", list.error},
            {"lastListAt",
             list.last_complete ? json::value(to_text(*list.last_complete)) : json::value(nullptr)},
            {"listMs", took},
            {"paths", list.paths}});
    }
    return http::to_text(json::object{{"itemCount", all.size()}, {"items", std::move(all)}});
}

StreamTraffic const* StreamWatch::traffic(std::string_view stream_id,
                                          std::optional<StreamView> const& view) const {
    bool const bound = view && view->session;
    return traffic_.find(stream_id, bound ? view->session->router : std::string());
}

json::value StreamWatch::media(std::string_view stream_id,
                               std::optional<StreamView> const& view) const {
    auto const* const found = traffic(stream_id, view);
    if (found == nullptr) return nullptr;
    return json::object{{"in", path_json(found->in, {})},
                        {"out", path_json(found->out, view ? view->dubs : NoDubs())}};
}

json::value StreamWatch::figures(std::optional<StreamView> const& view) const {
    if (!view) return nullptr;
    return figures_json(*view, traffic(view->stream_id, view));
}

std::string StreamWatch::stream_text(std::string const& stream_id,
                                     std::optional<StreamView> const& view,
                                     StreamHooks const* hooks) const {
    auto object = stream_json(stream_id, hooks, view, site_source(from_.control));
    object["media"] = media(stream_id, view);
    if (view) object["figures"] = figures_json(*view, traffic(stream_id, view));
    return http::to_text(object);
}

std::string StreamWatch::snapshot(std::string const& followed) {
    std::string streams;
    auto const add = [&](std::string const& id, std::optional<StreamView> const& view,
                         StreamHooks const* hooks) {
        if (!streams.empty()) streams += ',';
        streams += stream_text(id, view, hooks);
    };
    if (!large_) {
        each_stream(from_.hooks, from_.control.views(), add);
    } else if (!followed.empty()) {
        auto const view = from_.control.view(followed);
        auto const* const hooks = from_.hooks.find(followed);
        if (view || hooks != nullptr) add(followed, view, hooks);
    }
    return "{\"ts\":\"" + to_text(std::chrono::system_clock::now()) + "\",\"started\":\"" +
           to_text(started_) + "\",\"router\":" + router_text() +
           ",\"large\":" + (large_ ? "true" : "false") + ",\"counts\":" + counts_text() +
           ",\"streams\":[" + streams + "]}";
}

http::Response StreamWatch::open_feed(http::Request const& request) {
    EventFeed::Wishes wishes;
    wishes.watch = request.query_value("watch") == "true";
    wishes.log = request.query_value("log").value_or("");
    wishes.prefix = request.query_value("prefix").value_or("");
    wishes.narrow = wishes.watch && large_;
    if (!wishes.log.empty() && !base::is_stream_id(wishes.log)) {
        return problem(Problem::bad_request, "log must be the id of a stream");
    }
    if (!wishes.prefix.empty() && !base::is_stream_id(wishes.prefix)) {
        return problem(Problem::bad_request, "prefix must be the beginning of a stream id");
    }
    std::string first;
    if (wishes.watch) first += from_.feed.text("snapshot", snapshot(wishes.log));
    if (!wishes.log.empty()) {
        json::array lines;
        if (auto const* const record = from_.records.find(wishes.log)) {
            for (auto const& line : record->lines) lines.emplace_back(line);
        }
        first += from_.feed.text(
            "log", http::to_text(json::object{
                       {"streamId", wishes.log}, {"first", true}, {"lines", std::move(lines)}}));
    }
    return from_.feed.open(std::move(wishes), std::move(first));
}

http::Response StreamWatch::history(http::Request const& request) const {
    auto const& stream_id = request.params.at("id");
    auto const* const record = from_.records.find(stream_id);
    if (record == nullptr) {
        return problem(Problem::not_found, "nothing is remembered of such a stream");
    }
    json::object measures;
    auto const steps = record->history.steps();
    for (std::size_t kind = 0; kind < kMeasures; ++kind) {
        json::array values;
        for (auto const& step : steps) {
            values.push_back(step[kind] ? json::value(*step[kind]) : json::value(nullptr));
        }
        measures[name(static_cast<Measure>(kind))] = std::move(values);
    }
    json::object body{{"streamId", stream_id}, {"stepSeconds", kHistoryStep.count()}};
    body["newest"] =
        steps.empty() ? json::value(nullptr) : json::value(to_text(record->history.newest()));
    body["measures"] = std::move(measures);
    std::string events;
    for (auto const& event : record->events) {
        if (!events.empty()) events += ',';
        events += "{\"type\":\"" + event.type + "\",\"data\":" + event.json + "}";
    }
    http::Response response;
    response.content_type = "application/json";
    response.body = http::to_text(body);
    response.body.insert(response.body.size() - 1, ",\"events\":[" + events + "]");
    return response;
}

}  // namespace tidegate::orchestrator
