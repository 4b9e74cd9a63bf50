#include "options.hpp"

#include <unistd.h>

#include <algorithm>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <chrono>
#include <iterator>
#include <optional>
#include <sstream>
#include <string_view>
#include <vector>

#include "config/process_environment.hpp"
#include "net/address.hpp"
#include "net/tls_server.hpp"

namespace {

using namespace tidegate;

// More than the router's readTimeout, after which it takes a silent publisher for gone.
constexpr base::Duration kRouterPatience = std::chrono::seconds(30);

std::optional<std::string> check_listen(std::string const& value) {
    if (net::parse_listen_address(value)) return std::nullopt;
    return "[HOST]:PORT, such as :8080, 127.0.0.1:8080 or [::1]:8080";
}

std::optional<std::string> check_delays(Options const& options) {
    if (options.restart_delay_max >= options.restart_delay) return std::nullopt;
    return "--restart-delay-max=\"" + base::format_duration(options.restart_delay_max) +
           "\" is not accepted: expected at least --restart-delay, " +
           base::format_duration(options.restart_delay);
}

// A worker that was ended while it waited for the Lease of another one would begin to wait anew.
std::optional<std::string> check_ready_timeout(Options const& options) {
    bool const waits = options.worker_mode == "kubernetes" && options.cluster.leases;
    bool const is_long_enough = options.ready_timeout == base::Duration{0} ||
                                options.ready_timeout > options.cluster.lease_duration;
    if (!waits || is_long_enough) return std::nullopt;
    return "--ready-timeout=\"" + base::format_duration(options.ready_timeout) +
           "\" is not accepted: expected more than --worker-lease-duration, " +
           base::format_duration(options.cluster.lease_duration);
}

std::optional<std::string> check_slate(std::string const& value) {
    if (value.empty() || ::access(value.c_str(), R_OK) == 0) return std::nullopt;
    return "a file that can be read";
}

std::vector<std::string> words(std::string const& text) {
    std::istringstream in(text);
    return {std::istream_iterator<std::string>(in), {}};
}

std::optional<std::string> check_command(std::string const& value) {
    if (!words(value).empty()) return std::nullopt;
    return "PROGRAM [ARGUMENT...]";
}

// Variables that workers do not inherit: those that belong to our own service manager, secrets that
// are not theirs (the router's among them, which come from the same file), and the settings of
// dubs, which a worker is told on its command line.
bool is_ours_alone(std::string_view variable) {
    static constexpr std::string_view kPrefixes[] = {"NOTIFY_SOCKET=",
                                                     "WATCHDOG_",
                                                     "ROUTER_API_",
                                                     "WORKER_PASSWORD=",
                                                     "HOOK_SECRET=",
                                                     "MTX_AUTHINTERNALUSERS_",
                                                     "INPUT_PASSWORD=",
                                                     "OUTPUT_PASSWORD=",
                                                     "STS_",
                                                     "DUB_",
                                                     "ON_SOURCE_LOST=",
                                                     "SLATE_FILE=",
                                                     "SOURCE_LOST_GRACE=",
                                                     "EGRESS_URL_",
                                                     "DEST_RTMP_URL"};
    return std::ranges::any_of(
        kPrefixes, [&](std::string_view prefix) { return variable.starts_with(prefix); });
}

std::vector<std::string> inherited_environment() {
    auto environment = config::process_environment();
    std::erase_if(environment, is_ours_alone);
    return environment;
}

// The users that we and the workers have at the router; their names are those in
// deploy/mediamtx/mediamtx.yml.
void add_logins(config::Flags& flags, Options& options) {
    auto& [user, password] = options.service.control.router_login;
    user = "media-service";
    flags.text("router-api-user", "ROUTER_API_USER",
               "the user as which we log in to the Control API", user);
    flags.secret("ROUTER_API_PASSWORD", "the password of ROUTER_API_USER", password);
    auto& worker = options.worker.login;
    worker.user = "worker";
    flags.text("worker-user", "WORKER_USER", "the user as which workers log in to the router",
               worker.user);
    flags.secret("WORKER_PASSWORD",
                 "the password of WORKER_USER; workers get it in their environment",
                 worker.password);
}

std::optional<std::string> check_tokens(Options const& options) {
    auto const& file = options.service.access.tokens_file;
    if (!options.make_token.empty()) {
        if (!file.empty()) return std::nullopt;
        return "--make-token needs --tokens-file, to which it adds the token's hash";
    }
    if (file.empty()) return std::nullopt;
    auto const tokens = orchestrator::read_tokens(file);
    return tokens ? std::nullopt : std::optional("--tokens-file: " + tokens.error());
}

// Who may use this service (docs/operations.md).
void add_access(config::Flags& flags, Options& options) {
    auto& access = options.service.access;
    auto const file = flags.text("tokens-file", "TOKENS_FILE",
                                 "the file with the tokens' names, roles and hashes; without it, "
                                 "only this machine may ask",
                                 access.tokens_file);
    flags
        .list("open-to", "OPEN_TO",
              "a network whose clients need no token and are operators; may be repeated. Default: "
              "this machine if there is no tokens-file, none otherwise",
              access.open_to)
        .accepts("ADDRESS[/BITS]")
        .check(orchestrator::open_to_problem);
    flags.secret("HOOK_SECRET", "the secret with which mtx-hook signs its events",
                 access.hook_secret);
    auto const make = flags
                          .text("make-token", "",
                                "make a token of this name, print it, add its hash to "
                                "tokens-file, and exit",
                                options.make_token)
                          .accepts("NAME");
    flags
        .text("token-role", "", "of make-token: a viewer sees everything, an operator changes it",
              options.token_role)
        .one_of({"viewer", "operator"});
    flags.together({file, make}, [&options] { return check_tokens(options); });
}

// The policy's defaults, which --help shows.
void take_defaults(Options& options) {
    orchestrator::Policy const defaults;
    options.grace_period = defaults.grace;
    options.resync_interval = defaults.resync_interval;
    options.restart_delay = defaults.restart_delay;
    options.restart_delay_max = defaults.restart_delay_max;
    options.starts_window = defaults.starts_window;
    options.watchdog = defaults.watchdog;
    options.stop_timeout = defaults.term_timeout;
}

std::optional<std::string> check_tls(Options const& options) {
    if (options.tls_cert.empty() != options.tls_key.empty()) {
        return "--tls-cert and --tls-key belong together";
    }
    if (options.tls_cert.empty()) return std::nullopt;
    auto const loaded =
        net::TlsServerContext::load({options.tls_cert, options.tls_key, {"http/1.1"}});
    return loaded ? std::nullopt : std::optional("--tls-cert: " + loaded.error());
}

void add_tls(config::Flags& flags, Options& options) {
    auto const certificate =
        flags
            .text("tls-cert", "TLS_CERT",
                  "the certificate to serve HTTPS with; it is read again when it changes",
                  options.tls_cert)
            .accepts("FILE");
    auto const key =
        flags.text("tls-key", "TLS_KEY", "the key of tls-cert", options.tls_key).accepts("FILE");
    flags.together({certificate, key}, [&options] { return check_tls(options); });
    flags
        .duration("hsts", "HSTS",
                  "for how long browsers shall use TLS only, on all ports of this host; 0s: they "
                  "are not told",
                  options.hsts)
        .between(base::Duration{0}, base::Duration{std::chrono::hours{24 * 365 * 2}});
}

void add_addresses(config::Flags& flags, Options& options) {
    flags.text("listen", "LISTEN", "where to serve HTTP", options.service.listen)
        .check(check_listen);
    add_tls(flags, options);
    flags
        .list("allow-hosts", "ALLOW_HOSTS",
              "a DNS name that Host may have, such as that of a proxy; may be repeated",
              options.service.allow_hosts)
        .accepts("NAME");
    add_routers(flags, options.routers);
}

// A port of the router as clients reach it.
void add_public_port(config::Flags& flags, std::string const& protocol, std::string const& variable,
                     std::int64_t& port) {
    flags
        .number("public-" + protocol + "-port", variable,
                "the port by which clients reach the router's " + protocol +
                    ", for the dashboard; 0: the one that the router listens on",
                port)
        .between(0, 65'535);
}

void add_workers(config::Flags& flags, Options& options) {
    flags
        .text("worker-input", "WORKER_INPUT",
              "the protocol over which workers read; with MediaMTX, rtmp keeps sound and picture "
              "together",
              options.worker_input)
        .one_of({"rtsp", "rtmp"});
    auto const mode = flags
                          .text("worker-mode", "WORKER_MODE",
                                "process: start workers; kubernetes: as Pods of a cluster; none: "
                                "only show streams",
                                options.worker_mode)
                          .one_of({"process", "kubernetes", "none"});
    add_cluster(flags, mode, options.worker_mode, options.cluster);
    flags
        .text("worker-command", "WORKER_COMMAND",
              "the program of the workers, and its first arguments, separated by blanks",
              options.worker_command)
        .required()
        .check(check_command);
    flags
        .number("max-workers", "MAX_WORKERS", "how many workers may run; further live streams wait",
                options.max_workers)
        .between(1, 1'000'000);
    flags
        .text("state-dir", "STATE_DIR",
              "the folder for the workers' leases and the notification socket", options.state_dir)
        .required();
}

void add_source_lost(config::Flags& flags, Options& options) {
    auto const then =
        flags
            .text("on-source-lost", "ON_SOURCE_LOST",
                  "what a worker does in the grace period: hold repeats the last picture with "
                  "silence, slate plays a file, end lets the output end after some seconds",
                  options.on_source_lost)
            .one_of({"hold", "slate", "end"});
    auto const file = flags
                          .text("slate-file", "SLATE_FILE",
                                "an MP4 or FLV file for --on-source-lost slate, in the codecs of "
                                "the sources",
                                options.slate_file)
                          .check(check_slate);
    flags.together({then, file}, [&options]() -> std::optional<std::string> {
        if ((options.on_source_lost == "slate") != options.slate_file.empty()) return std::nullopt;
        return "--on-source-lost=\"" + options.on_source_lost + "\" and --slate-file=\"" +
               options.slate_file + "\" are not accepted: expected a file with slate only";
    });
}

void add_restarts(config::Flags& flags, Options& options) {
    using namespace std::chrono_literals;
    auto const delay = flags
                           .duration("restart-delay", "RESTART_DELAY",
                                     "the delay before the first restart; it doubles each time",
                                     options.restart_delay)
                           .between(base::Duration{10ms}, base::Duration{10min});
    auto const delay_max =
        flags
            .duration("restart-delay-max", "RESTART_DELAY_MAX",
                      "the longest delay before a restart", options.restart_delay_max)
            .between(base::Duration{10ms}, base::Duration{1h});
    flags.together({delay, delay_max}, [&options] { return check_delays(options); });
    flags
        .number("max-starts", "MAX_STARTS",
                "after so many starts within starts-window, the stream has failed",
                options.max_starts)
        .between(1, 1000);
    flags
        .duration("starts-window", "STARTS_WINDOW", "the time within which max-starts counts",
                  options.starts_window)
        .between(base::Duration{1s}, base::Duration{24h});
}

void add_deadlines(config::Flags& flags, Options& options) {
    using namespace std::chrono_literals;
    auto const ready =
        flags
            .duration("ready-timeout", "READY_TIMEOUT",
                      "within this time, a worker must be ready; 0s: 20 s, and for a Pod, which "
                      "needs a node and an image first, 2 min more than worker-lease-duration",
                      options.ready_timeout)
            .between(base::Duration{0s}, base::Duration{1h});
    flags.together({ready}, [&options] { return check_ready_timeout(options); });
    flags
        .duration("watchdog", "WATCHDOG",
                  "a worker in which no media advances for this long is replaced", options.watchdog)
        .between(base::Duration{1s}, base::Duration{10min});
    flags
        .duration("stop-timeout", "STOP_TIMEOUT", "how long after SIGTERM a worker gets SIGKILL",
                  options.stop_timeout)
        .between(base::Duration{100ms}, base::Duration{10min});
}

void add_egress(config::Flags& flags, Options& options) {
    flags.text("egress-file", "EGRESS_FILE",
               "the file with the destinations to which outputs are pushed; by default, none",
               options.egress_file);
    flags.text("egress-store", "EGRESS_STORE",
               "the file in which the destinations that operators add are kept; by default, "
               "destinations.json in the state-dir",
               options.egress_store);
    flags
        .text("forwarder-command", "FORWARDER_COMMAND",
              "the program of the forwarders, and its first arguments, separated by blanks",
              options.forwarder_command)
        .required()
        .check(check_command);
    flags
        .number("max-forwarders", "MAX_FORWARDERS",
                "how many forwarders may run; further destinations wait", options.max_forwarders)
        .between(1, 10'000);
    flags.flag("allow-private-destinations", "ALLOW_PRIVATE_DESTINATIONS",
               "allow destinations in private networks and on this machine",
               options.forwarder.allow_private);
    flags
        .list("allow-destination", "ALLOW_DESTINATIONS",
              "a network whose addresses are allowed, whatever they are; may be repeated",
              options.forwarder.allowed)
        .accepts("NETWORK");
}

// What the backends of workers and forwarders have in common.
void apply_backend(Options const& options, orchestrator::ProcessBackendSettings& backend) {
    backend.heartbeat = std::chrono::duration_cast<std::chrono::microseconds>(
        options.service.control.policy.heartbeat);
    backend.environment = inherited_environment();
}

void apply_workers(Options& options) {
    auto& control = options.service.control;
    auto& command = options.worker;
    command.program = words(options.worker_command);
    command.routers = control.routers;
    command.reads_rtmp = options.worker_input == "rtmp";
    command.dub = dub_settings(options.dub);
    // A router notices only after its readTimeout that a publisher is silent, and the grace period
    // begins then. We end it, not the worker.
    command.source_lost = {options.on_source_lost, options.slate_file,
                           base::format_duration(options.grace_period + kRouterPatience)};
    control.dub = command.dub;
    control.dub.token.clear();
    if (control.dub.enabled()) control.policy.output_delay = options.dub.delay;
    options.workers = orchestrator::worker_backend_settings(command);
    options.workers.state_dir = options.state_dir;
    apply_backend(options, options.workers);
}

// The ports at which we and the router listen, as far as we know them.
std::vector<std::string> own_ports(Options const& options) {
    std::vector<std::string> ports{"1935", "8554", "8000", "8001", "8888", "9996", "9997", "9998"};
    auto const& routers = options.service.control.routers;
    auto all = routers.listed;
    all.push_back(routers.pattern);
    for (auto const& router : all) {
        for (auto const& url : {router.api, router.rtsp, router.rtmp}) {
            if (auto const parsed = boost::urls::parse_uri(url); parsed && parsed->has_port()) {
                ports.emplace_back(std::string(parsed->port()));
            }
        }
    }
    ports.push_back(routers.named.port);
    auto const& listen = options.service.listen;
    ports.push_back(listen.substr(listen.rfind(':') + 1));
    std::ranges::sort(ports);
    auto const repeated = std::ranges::unique(ports);
    ports.erase(repeated.begin(), repeated.end());
    std::erase_if(ports, [](auto const& port) { return port.empty() || port == "0"; });
    return ports;
}

void apply_forwarders(Options& options) {
    auto& command = options.forwarder;
    command.program = words(options.forwarder_command);
    command.routers = options.service.control.routers;
    command.login = options.worker.login;
    command.own_ports = own_ports(options);
    options.forwarders.works_with = [command](orchestrator::RunningProgram const& program) {
        return orchestrator::forward_works_with(command, program);
    };
    options.forwarders.is_name = [](std::string_view name) {
        return orchestrator::parse_forward_name(name).has_value();
    };
    options.forwarders.state_dir = options.state_dir + "/forwarders";
    options.forwarders.notify_socket = options.state_dir + "/forward.sock";
    apply_backend(options, options.forwarders);
    if (options.egress_store.empty()) {
        options.egress_store = options.state_dir + "/destinations.json";
    }
    options.service.max_forwarders = static_cast<std::size_t>(options.max_forwarders);
}

}  // namespace

config::ParseResult parse_command_line(int argc, char const* const* argv, Options& options) {
    using namespace std::chrono_literals;
    take_defaults(options);
    config::Flags flags(
        "media-service",
        "Keeps one worker running for each live stream, and shows what each stream is doing.",
        "0.1.0");
    add_addresses(flags, options);
    add_access(flags, options);
    add_public_port(flags, "rtmp", "PUBLIC_RTMP_PORT", options.public_rtmp_port);
    add_public_port(flags, "rtsp", "PUBLIC_RTSP_PORT", options.public_rtsp_port);
    add_workers(flags, options);
    flags
        .duration("grace-period", "GRACE_PERIOD",
                  "how long a worker goes on after its publisher has left", options.grace_period)
        .between(base::Duration{0s}, base::Duration{1h});
    flags
        .duration("resync-interval", "RESYNC_INTERVAL", "how often the router's list is read",
                  options.resync_interval)
        .between(base::Duration{100ms}, base::Duration{1min});
    add_source_lost(flags, options);
    add_egress(flags, options);
    add_restarts(flags, options);
    add_deadlines(flags, options);
    add_dubbing(flags, options.dub);
    add_leader_election(flags, options.leader, options.service.stop_workers_on_exit);
    add_logins(flags, options);
    program::add_log_flags(flags, options.log);
    return flags.parse(argc, argv);
}

void apply(Options& options) {
    auto& control = options.service.control;
    control.routers = router_addresses(options.routers).value();
    control.router_tls = router_trust(options.routers).value_or(nullptr);
    if (!options.tls_cert.empty()) {
        options.service.tls = {options.tls_cert, options.tls_key, {"http/1.1"}};
    }
    options.service.hsts = std::chrono::duration_cast<std::chrono::seconds>(options.hsts);
    options.service.public_ports = {static_cast<std::uint16_t>(options.public_rtmp_port),
                                    static_cast<std::uint16_t>(options.public_rtsp_port)};
    control.policy.grace = options.grace_period;
    control.policy.resync_interval = options.resync_interval;
    control.policy.query_patience = orchestrator::kResyncDeadline;
    control.policy.restart_delay = options.restart_delay;
    control.policy.restart_delay_max = options.restart_delay_max;
    control.policy.max_starts = static_cast<std::size_t>(options.max_starts);
    control.policy.starts_window = options.starts_window;
    if (options.worker_mode == "kubernetes") {
        control.policy.ready_deadline = pod_ready_timeout(options.cluster);
    }
    if (options.ready_timeout > base::Duration{0}) {
        control.policy.ready_deadline = options.ready_timeout;
    }
    control.policy.watchdog = options.watchdog;
    control.policy.term_timeout = options.stop_timeout;
    control.policy.max_workers = static_cast<std::size_t>(options.max_workers);
    control.policy.run_workers = options.worker_mode != "none";
    control.policy.heartbeat =
        std::min<orchestrator::Duration>(orchestrator::kHeartbeat, options.watchdog / 3);

    apply_workers(options);
    apply_forwarders(options);
}
