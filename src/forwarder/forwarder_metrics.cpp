#include "forwarder/forwarder_metrics.hpp"

#include <array>
#include <chrono>

#include "forwarder/forward.hpp"
#include "forwarder/target.hpp"
#include "metrics/registry.hpp"

namespace tidegate::forwarder {

namespace {

constexpr std::array kKinds{FailureKind::address, FailureKind::connect, FailureKind::credentials,
                            FailureKind::refused, FailureKind::stalled, FailureKind::timeout,
                            FailureKind::closed};

double seconds(std::chrono::nanoseconds duration) {
    return std::chrono::duration<double>(duration).count();
}

void add_latencies(metrics::Registry& registry, Situation const& situation) {
    auto const add = [&](char const* stage, auto const& latency) {
        if (!latency) return;
        registry
            .gauge("tidegate_forwarder_connect_seconds",
                   "How long it last took until the input played (input) and until the "
                   "destination had accepted the stream (output).",
                   {{"stage", stage}})
            .Set(seconds(*latency));
    };
    add("input", situation.input_latency);
    add("output", situation.output_latency);
}

}  // namespace

std::string render_metrics(Situation const& situation, RunLabels const& labels) {
    metrics::Registry registry;
    auto const gauge = [&](char const* name, char const* help, double value,
                           metrics::Labels const& of = {}) {
        registry.gauge(name, help, of).Set(value);
    };
    auto const counter = [&](char const* name, char const* help, std::uint64_t value,
                             metrics::Labels const& of = {}) {
        registry.counter(name, help, of).Increment(static_cast<double>(value));
    };
    gauge("tidegate_forwarder_up", "Always 1.", 1);
    gauge("tidegate_forwarder_forwarding", "1 while the destination has accepted the stream.",
          situation.phase == Phase::forwarding);
    gauge("tidegate_forwarder_input_playing", "1 while the input plays.", situation.input_playing);
    counter("tidegate_forwarder_connections_total", "Connections that the destination accepted.",
            situation.connections);
    for (auto const kind : kKinds) {
        auto const found = situation.retries.find(name(kind));
        counter("tidegate_forwarder_failures_total",
                "Attempts and connections that failed, by reason.",
                found == situation.retries.end() ? 0 : found->second,
                {{"error_kind", std::string(name(kind))}});
    }
    add_latencies(registry, situation);
    counter("tidegate_forwarder_bytes_out_total",
            "Bytes that the destination's side has acknowledged.", situation.bytes_out);
    counter("tidegate_forwarder_units_dropped_total",
            "Units that the destination did not take in time.", situation.units_dropped);
    auto const& failure = situation.last_failure;
    gauge("tidegate_forwarder_last_error_info",
          "Always 1; the labels have the last error, or nothing once the destination works.", 1,
          {{"error_kind", failure ? std::string(name(failure->kind)) : ""},
           {"error", failure ? failure->message : ""}});
    gauge("tidegate_forwarder_info", "Always 1; the labels tell whose run this is.", 1,
          {{"stream_id", labels.stream_id},
           {"destination", labels.destination},
           {"run_id", labels.run_id},
           {"host", labels.host},
           {"app", labels.app}});
    return registry.text();
}

ForwarderMetrics::ForwarderMetrics(boost::asio::io_context& io, std::string const& address,
                                   Forward const& forward)
    : server_(io, address, [&forward] {
          auto const& settings = forward.settings();
          return render_metrics(forward.situation(),
                                {settings.stream_id, settings.destination, settings.run_id,
                                 settings.target.host, app_of(settings.target)});
      }) {}

}  // namespace tidegate::forwarder
