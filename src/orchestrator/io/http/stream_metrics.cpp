#include "orchestrator/io/http/stream_metrics.hpp"

#include <optional>
#include <utility>

#include "metrics/family.hpp"

namespace tidegate::orchestrator {

namespace {

using metrics::Family;
using metrics::FamilyType;

constexpr double kMillisecond = 1e-3;

// The positions in stream_families().
enum StreamFamily { state, restarts, stalled, readable, pictures, keyframes, delay, av_offset };

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
    };
}

void add_sample(Family& family, metrics::Labels labels, std::optional<double> value,
                double unit = 1) {
    if (value) family.samples.push_back({std::move(labels), *value * unit});
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
    if (!view.worker) return;
    auto const& figures = view.worker->figures;
    add_sample(to[pictures], with("direction", "in"), figures.fps_in);
    add_sample(to[pictures], with("direction", "out"), figures.fps_out);
    add_sample(to[keyframes], stream, figures.gop_seconds);
    add_sample(to[delay], stream, figures.delay_ms, kMillisecond);
    add_sample(to[av_offset], stream, figures.av_offset_ms, kMillisecond);
}

}  // namespace

std::string stream_metrics(std::vector<StreamView> const& views) {
    auto families = stream_families();
    for (auto const& view : views) add_stream(families, view);
    return metrics::text(families);
}

}  // namespace tidegate::orchestrator
