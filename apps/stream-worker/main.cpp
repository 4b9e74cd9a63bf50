// stream-worker: reads one live stream over RTSP or RTMP, processes it, and publishes it over RTMP
// or RTSP.
#include <cstdio>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/random.hpp"
#include "base/stream_id.hpp"
#include "config/flags.hpp"
#include "dub_flags.hpp"
#include "dubbing.hpp"
#include "endpoint/run_session.hpp"
#include "kubernetes/io/pod_lease.hpp"
#include "log/log.hpp"
#include "net/address.hpp"
#include "net/event_loop.hpp"
#include "program/log_options.hpp"
#include "program/wind_up.hpp"
#include "worker/relay.hpp"
#include "worker/worker_metrics.hpp"

namespace {

using namespace tidegate;
using worker::ExitCode;

constexpr char kInputForm[] = "rtsp[s]://HOST[:PORT]/PATH or rtmp[s]://HOST[:PORT]/PATH";
constexpr char kOutputForm[] = "rtmp[s]://HOST[:PORT]/PATH or rtsp[s]://HOST[:PORT]/PATH";

struct Options {
    std::string ca_file;
    worker::RelaySettings relay;
    DubFlags dub;
    std::string on_source_lost = "end";
    std::string slate_file;
    base::Duration source_lost_grace = worker::SourceLost{}.grace;
    std::string lease;
    base::Duration lease_duration = kubernetes::kWorkerLease;
    net::RemoteLeaseMaker remote_lease;  // empty: `lease` is a file, or there is none
    std::string metrics_listen, health_listen;
    std::vector<std::string> params;
    program::LogOptions log;
};

template <class Parsed>
std::optional<std::string> accepted_or(std::string const& form, Parsed const& parsed) {
    if (parsed) return std::nullopt;
    return form + " (" + parsed.error() + ")";
}

std::optional<std::string> check_input(std::string const& value) {
    return accepted_or(kInputForm, worker::parse_input(value));
}

std::optional<std::string> check_output(std::string const& value) {
    return accepted_or(kOutputForm, worker::parse_output(value));
}

std::optional<std::string> check_listen(std::string const& value) {
    return accepted_or("HOST:PORT", net::parse_listen_address(value));
}

std::optional<std::string> check_lease(std::string const& value) {
    if (!value.starts_with(kubernetes::kLeasePrefix) || kubernetes::parse_lease_name(value)) {
        return std::nullopt;
    }
    return "FILE or kubernetes:[NAMESPACE/]NAME";
}

std::optional<std::string> check_stream_id(std::string const& value) {
    if (base::is_stream_id(value)) return std::nullopt;
    return "1 to 128 of A-Z a-z 0-9 _ -";
}

// What happens with the output when the source is away.
void add_source_lost(config::Flags& flags, Options& options) {
    using namespace std::chrono_literals;
    auto const then =
        flags
            .text(
                "on-source-lost", "ON_SOURCE_LOST",
                "what the output does when the source is lost: hold repeats its last picture with "
                "silence, slate plays a file again and again, end waits some seconds and ends",
                options.on_source_lost)
            .one_of({"hold", "slate", "end"});
    auto const file = flags.text("slate-file", "SLATE_FILE",
                                 "an MP4 or FLV file for --on-source-lost slate, in the codecs of "
                                 "the source",
                                 options.slate_file);
    flags.together({then, file}, [&options]() -> std::optional<std::string> {
        if ((options.on_source_lost == "slate") != options.slate_file.empty()) return std::nullopt;
        return options.slate_file.empty()
                   ? "--on-source-lost=\"slate\" is not accepted: expected --slate-file with it"
                   : "--slate-file=\"" + options.slate_file +
                         "\" is not accepted: expected --on-source-lost slate with it";
    });
    flags
        .duration("source-lost-grace", "SOURCE_LOST_GRACE",
                  "how long the output is held without a source", options.source_lost_grace)
        .between(base::Duration{0s}, base::Duration{24h});
}

config::ParseResult parse(int argc, char** argv, Options& options) {
    config::Flags flags("stream-worker",
                        "Reads one stream over RTSP or RTMP and publishes it over RTMP or RTSP.",
                        "0.1.0");
    flags.text("stream-id", "STREAM_ID", "the stream's id", options.relay.stream_id)
        .required()
        .check(check_stream_id);
    flags.text("input", "INPUT_URL", "the URL to read", options.relay.input)
        .required()
        .accepts(kInputForm)
        .hidden()
        .check(check_input);
    flags.text("output", "OUTPUT_URL", "the URL to publish", options.relay.output)
        .required()
        .accepts(kOutputForm)
        .hidden()
        .check(check_output);
    flags.text("input-user", "INPUT_USER", "the user name for reading",
               options.relay.input_credentials.user);
    flags.secret("INPUT_PASSWORD", "the password of INPUT_USER",
                 options.relay.input_credentials.password);
    flags.text("output-user", "OUTPUT_USER", "the user name for publishing",
               options.relay.output_credentials.user);
    flags.secret("OUTPUT_PASSWORD", "the password of OUTPUT_USER",
                 options.relay.output_credentials.password);
    flags.text("run-id", "RUN_ID", "the id of this run in logs; by default, random",
               options.relay.run_id);
    flags
        .text("lease", "LEASE_FILE",
              "the file on which the worker holds an exclusive lock; in a Pod, the Lease that it "
              "holds: kubernetes:[NAMESPACE/]NAME",
              options.lease)
        .check(check_lease);
    flags
        .duration("lease-duration", "LEASE_DURATION",
                  "how long others wait for a Lease that is not renewed; the worker ends when it "
                  "could not renew it for five sixths of this",
                  options.lease_duration)
        .between(kubernetes::kShortestWorkerLease, kubernetes::kLongestWorkerLease);
    flags
        .text("metrics-listen", "METRICS_LISTEN", "the address for /metrics; by default, none",
              options.metrics_listen)
        .accepts("HOST:PORT")
        .check(check_listen);
    flags
        .text("health-listen", "HEALTH_LISTEN",
              "the address for /readyz, /livez, /status and /metrics; by default, none",
              options.health_listen)
        .accepts("HOST:PORT")
        .check(check_listen);
    auto const param =
        flags
            .list("param", "PARAMS", "a setting for the processing stages; may be repeated",
                  options.params)
            .accepts("KEY=VALUE")
            .hidden();
    flags.together({param}, [&]() -> std::optional<std::string> {
        auto params = worker::parse_params(options.params);
        if (!params) return "--param is not accepted: expected " + params.error();
        options.relay.params = std::move(*params);
        return std::nullopt;
    });
    add_source_lost(flags, options);
    flags.text("ca-file", "CA_FILE",
               "certificates (PEM) to trust besides the system's, for rtsps:// and rtmps://",
               options.ca_file);
    flags.text("input-fingerprint", "INPUT_FINGERPRINT",
               "the SHA-256 of the certificate of the server of --input: no other is accepted",
               options.relay.input_trust.fingerprint);
    flags.text("output-fingerprint", "OUTPUT_FINGERPRINT", "the same for the server of --output",
               options.relay.output_trust.fingerprint);
    add_dub_flags(flags, options.dub);
    program::add_log_flags(flags, options.log);
    return flags.parse(argc, argv, static_cast<int>(ExitCode::configuration));
}

void log_run(Options const& options, log::Level level, std::string_view event,
             std::string const& message) {
    log::write(level, event, message,
               {{"streamId", std::string_view(options.relay.stream_id)},
                {"runId", std::string_view(options.relay.run_id)}});
}

// Stages may have timers, and live as long as the relay.
ExitCode run(Options const& options, worker::StageFactory const& make_stage) {
    endpoint::SessionSettings const settings{
        .run = {options.relay.stream_id, "", options.relay.run_id},
        .lease = options.remote_lease ? "" : options.lease,
        .remote_lease = options.remote_lease,
        .metrics_listen = options.metrics_listen,
        .health_listen = options.health_listen,
        .clock = worker::watch_clock(),
        .tell = [&](log::Level level, std::string_view event, std::string const& message) {
            log_run(options, level, event, message);
        }};
    return endpoint::run_session<worker::WorkerMetrics>(settings, [&](net::EventLoop& loop) {
        return worker::Relay::create(loop, options.relay, make_stage);
    });
}

// In a Pod, the lease is kept by the API server.
void apply_lease(Options& options) {
    auto name = kubernetes::parse_lease_name(options.lease);
    if (!name) return;
    auto fence = std::make_shared<net::Fence>();
    options.relay.fence = fence;
    options.remote_lease = kubernetes::pod_lease_maker(
        *std::move(name), kubernetes::pod_identity(options.relay.run_id),
        std::chrono::floor<std::chrono::seconds>(options.lease_duration), std::move(fence));
}

// The error is a sentence about the slate.
std::optional<std::string> apply_source_lost(Options& options) {
    auto& lost = options.relay.source_lost;
    lost.grace = std::chrono::duration_cast<std::chrono::milliseconds>(options.source_lost_grace);
    if (options.on_source_lost == "hold") lost.then = worker::OnSourceLost::hold;
    if (options.on_source_lost != "slate") return std::nullopt;
    lost.then = worker::OnSourceLost::slate;
    auto slate = filler::read_slate(options.slate_file);
    if (!slate) return "--slate-file cannot be used: " + slate.error();
    lost.slate = std::make_shared<filler::Slate const>(std::move(*slate));
    return std::nullopt;
}

int refuse(std::string const& why) {
    std::fputs(program::in_one_line("stream-worker", why).c_str(), stderr);
    return static_cast<int>(ExitCode::configuration);
}

}  // namespace

int main(int argc, char** argv) {
    Options options;
    auto const parsed = parse(argc, argv, options);
    if (auto const* const exit = std::get_if<config::Exit>(&parsed)) {
        return program::leave_in_one_line("stream-worker", *exit);
    }
    worker::StageFactory make_stage = worker::make_passthrough;
    if (auto const settings = dub_settings(options.dub)) {
        auto stage = dubbing_stage(*settings, argv);
        if (!stage) return refuse(stage.error());
        make_stage = std::move(*stage);
    }
    if (auto const problem = apply_source_lost(options)) return refuse(*problem);
    options.relay.input_trust.ca_file = options.relay.output_trust.ca_file = options.ca_file;
    if (options.relay.run_id.empty()) options.relay.run_id = base::random_uuid();
    apply_lease(options);
    program::start_log(options.log, "stream-worker");
    auto code = ExitCode::internal;
    try {
        code = run(options, make_stage);
    } catch (std::exception const& error) {
        log_run(options, log::Level::error, "worker.failed", error.what());
    }
    log::stop();
    return static_cast<int>(code);
}
