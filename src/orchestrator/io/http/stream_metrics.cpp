#include "orchestrator/io/http/stream_metrics.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "metrics/family.hpp"

namespace tidegate::orchestrator {

namespace {

using metrics::Family;
using metrics::FamilyType;

constexpr double kMillisecond = 1e-3;

// The positions in stream_families().
enum StreamFamily {
    state,
    restarts,
    stalled,
    readable,
    pictures,
    keyframes,
    delay,
    av_offset,
    dubbed,
    dub_sent,
    dub_fragments,
    dub_fallbacks,
    dub_in_flight,
    dub_round_trip,
    dub_breaker,
    dub_reconnections,
    dub_backpressure,
    dub_delay,
    destination_state,
    destination_rate,
    destination_bytes,
    destination_connections,
    destination_dropped,
    destination_restarts,
    without_series
};

Family dub_family(std::string name, std::string help, FamilyType type) {
    return {std::move(name), help + ", as the worker says", type, {}};
}

std::vector<Family> stream_families() {
    return {
        {"tidegate_stream_state",
         "Always 1; the label has the state of the stream",
         FamilyType::gauge,
         {}},
        {"tidegate_stream_restarts_total",
         "Starts of the stream's worker that were not the first of a run",
         FamilyType::counter,
         {}},
        {"tidegate_stream_input_stalled",
         "1 while the publisher is there and sends nothing",
         FamilyType::gauge,
         {}},
        {"tidegate_stream_output_readable",
         "1 while the output can be played",
         FamilyType::gauge,
         {}},
        {"tidegate_stream_pictures_per_second",
         "Pictures that come in and go out, as the worker says",
         FamilyType::gauge,
         {}},
        {"tidegate_stream_keyframe_interval_seconds",
         "From one key frame to the next, as the worker says",
         FamilyType::gauge,
         {}},
        {"tidegate_stream_worker_delay_seconds",
         "From the arrival of a unit to its write, as the worker says",
         FamilyType::gauge,
         {}},
        {"tidegate_stream_av_offset_seconds",
         "How much later than the sound the picture goes out, against what the input says of both, "
         "as the worker says",
         FamilyType::gauge,
         {}},
        dub_family("tidegate_stream_dubbed", "1 while the dub is heard, 0 while the original is",
                   FamilyType::gauge),
        dub_family("tidegate_stream_dub_sent_total", "Fragments sent to the speech service",
                   FamilyType::counter),
        dub_family("tidegate_stream_dub_fragments_total", "Fragments that are heard dubbed",
                   FamilyType::counter),
        dub_family("tidegate_stream_dub_fallbacks_total", "Fragments that keep the original",
                   FamilyType::counter),
        dub_family("tidegate_stream_dub_in_flight", "Fragments that the speech service works on",
                   FamilyType::gauge),
        dub_family("tidegate_stream_dub_round_trip_seconds",
                   "From sending a fragment to its answer", FamilyType::gauge),
        dub_family("tidegate_stream_dub_breaker_state", "0 closed, 1 half open, 2 open",
                   FamilyType::gauge),
        dub_family("tidegate_stream_dub_reconnections_total",
                   "Further attempts to connect to the speech service", FamilyType::counter),
        dub_family("tidegate_stream_dub_backpressure_total",
                   "Requests of the speech service for less", FamilyType::counter),
        dub_family("tidegate_stream_dub_delay_seconds",
                   "By how much the output is later than the input", FamilyType::gauge),
        {"tidegate_destination_state",
         "Always 1; the label has the state of the stream's destination",
         FamilyType::gauge,
         {}},
        {"tidegate_destination_bytes_per_second",
         "Bytes a second that the destination takes, as the forwarder says",
         FamilyType::gauge,
         {}},
        {"tidegate_destination_bytes_total",
         "Bytes that the destination has taken from its present forwarder",
         FamilyType::counter,
         {}},
        {"tidegate_destination_connections_total",
         "Connections of its present forwarder that the destination has accepted",
         FamilyType::counter,
         {}},
        {"tidegate_destination_units_dropped_total",
         "Units of its present forwarder that the destination did not take in time",
         FamilyType::counter,
         {}},
        {"tidegate_destination_restarts_total",
         "Starts of the destination's forwarder that were not the first of a run",
         FamilyType::counter,
         {}},
        {"tidegate_streams_without_series",
         "Streams that have no series of their own, because there are too many streams",
         FamilyType::gauge,
         {}},
    };
}

void add_sample(Family& family, metrics::Labels labels, std::optional<double> value,
                double unit = 1) {
    if (value) family.samples.push_back({std::move(labels), *value * unit});
}

std::optional<double> breaker_state(std::string_view name) {
    if (name == "closed") return 0;
    if (name == "half-open" || name == "half_open") return 1;
    return name == "open" ? std::optional(2.0) : std::nullopt;
}

void add_dub(std::vector<Family>& to, std::string const& stream, DubReport const& dub) {
    metrics::Labels const labels{{"stream", stream}, {"language", dub.language}};
    auto const with = [&](std::string name, std::string_view value) {
        auto more = labels;
        more.emplace(std::move(name), value);
        return more;
    };
    auto const count = [](std::uint64_t value) { return static_cast<double>(value); };
    add_sample(to[dubbed], labels, dub.mode == "dubbed" ? 1 : 0);
    add_sample(to[dub_sent], labels, count(dub.sent));
    add_sample(to[dub_fragments], labels, count(dub.dubbed));
    for (auto const& [reason, fragments] : dub.fallbacks) {
        add_sample(to[dub_fallbacks], with("reason", reason), count(fragments));
    }
    add_sample(to[dub_in_flight], labels, count(dub.in_flight));
    add_sample(to[dub_round_trip], with("percentile", "50"), dub.rtt_p50_ms, kMillisecond);
    add_sample(to[dub_round_trip], with("percentile", "95"), dub.rtt_p95_ms, kMillisecond);
    add_sample(to[dub_breaker], labels, breaker_state(dub.breaker));
    add_sample(to[dub_reconnections], labels, count(dub.reconnections));
    add_sample(to[dub_backpressure], labels, count(dub.backpressure));
    add_sample(to[dub_delay], labels, dub.delay_ms, kMillisecond);
}

void add_destination(std::vector<Family>& to, std::string const& stream,
                     DestinationView const& view) {
    metrics::Labels const labels{{"stream", stream}, {"destination", view.shown.name}};
    auto state_labels = labels;
    state_labels.emplace("state", view.state);
    auto const count = [](std::uint64_t value) { return static_cast<double>(value); };
    add_sample(to[destination_state], state_labels, 1);
    add_sample(to[destination_restarts], labels, count(view.restarts));
    if (view.report.phase.empty()) return;
    add_sample(to[destination_rate], labels, count(view.report.bits_per_second / 8));
    add_sample(to[destination_bytes], labels, count(view.report.bytes));
    add_sample(to[destination_connections], labels, count(view.report.connections));
    add_sample(to[destination_dropped], labels, count(view.report.dropped));
}

void add_stream(std::vector<Family>& to, StreamView const& view) {
    metrics::Labels const stream{{"stream", view.stream_id}};
    auto const with = [&](std::string name, std::string_view value) {
        auto labels = stream;
        labels.emplace(std::move(name), value);
        return labels;
    };
    add_sample(to[state], with("state", state_name(view)), 1);
    add_sample(to[restarts], stream, static_cast<double>(view.restarts));
    add_sample(to[stalled], stream, view.input_stalled ? 1 : 0);
    add_sample(to[readable], stream, view.output_readable ? 1 : 0);
    for (auto const& dub : view.dubs) add_dub(to, view.stream_id, dub);
    for (auto const& one : view.destinations) add_destination(to, view.stream_id, one);
    if (!view.worker) return;
    auto const& figures = view.worker->figures;
    add_sample(to[pictures], with("direction", "in"), figures.fps_in);
    add_sample(to[pictures], with("direction", "out"), figures.fps_out);
    add_sample(to[keyframes], stream, figures.gop_seconds);
    add_sample(to[delay], stream, figures.delay_ms, kMillisecond);
    add_sample(to[av_offset], stream, figures.av_offset_ms, kMillisecond);
}

}  // namespace

std::string stream_metrics(std::vector<StreamView> const& views, std::size_t streams) {
    auto families = stream_families();
    for (auto const& view : views) add_stream(families, view);
    add_sample(families[without_series], {}, static_cast<double>(streams - views.size()));
    return metrics::text(families);
}

std::vector<StreamView> measured_streams(ControlPlane const& control) {
    constexpr Shown kOrder[] = {Shown::failed,   Shown::degraded, Shown::backing_off,
                                Shown::starting, Shown::stopping, Shown::holding,
                                Shown::running,  Shown::idle};
    std::vector<StreamView> views;
    for (auto const shown : kOrder) {
        control.fleet().each_from(shown, {}, [&](std::string const& id, StreamState const& state) {
            if (views.size() == kMostMeasuredStreams) return false;
            views.push_back(control.view_of(id, state));
            return true;
        });
    }
    std::ranges::sort(views, {}, &StreamView::stream_id);
    return views;
}

std::string router_metrics(std::vector<RouterStatus> const& routers, Time now) {
    auto const seconds = [](std::chrono::nanoseconds duration) {
        return std::chrono::duration<double>(duration).count();
    };
    std::vector<Family> families{
        {"tidegate_router_up", "1: the router answered its last question", FamilyType::gauge, {}},
        {"tidegate_router_paths",
         "Paths of the router's last complete list",
         FamilyType::gauge,
         {}},
        {"tidegate_router_list_seconds",
         "The last look at the router's list, all pages",
         FamilyType::gauge,
         {}},
        {"tidegate_router_list_age_seconds",
         "Age of the router's last complete list",
         FamilyType::gauge,
         {}}};
    for (auto const& router : routers) {
        metrics::Labels const labels{{"router", router.address.name}};
        auto const& list = router.list;
        add_sample(families[0], labels, list.asked && list.error.empty() ? 1 : 0);
        if (!list.last_complete) continue;
        add_sample(families[1], labels, static_cast<double>(list.paths));
        add_sample(families[2], labels, seconds(list.took));
        add_sample(families[3], labels, seconds(now - *list.last_complete));
    }
    return metrics::text(families);
}

}  // namespace tidegate::orchestrator
