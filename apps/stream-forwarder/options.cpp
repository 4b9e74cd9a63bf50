#include "options.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <expected>
#include <optional>
#include <utility>

#include "base/file_problem.hpp"
#include "base/number.hpp"
#include "base/stream_id.hpp"
#include "net/address.hpp"
#include "net/tls_client.hpp"

namespace {

using namespace tidegate;
using forwarder::ExitCode;

// A URL is a line. Nobody's stream key has more bytes.
constexpr std::size_t kMostUrlBytes = 8192;

std::optional<std::string> check_input(std::string const& value) {
    auto const parsed = endpoint::parse_source_url(value);
    if (parsed) return std::nullopt;
    return "rtsp://HOST[:PORT]/PATH or rtmp://HOST[:PORT]/PATH (" + parsed.error() + ")";
}

std::optional<std::string> check_listen(std::string const& value) {
    if (net::parse_listen_address(value)) return std::nullopt;
    return "HOST:PORT";
}

std::optional<std::string> check_id(std::string const& value) {
    if (base::is_stream_id(value)) return std::nullopt;
    return "1 to 128 of A-Z a-z 0-9 _ -";
}

// Reads the first line. The error is a sentence.
std::expected<std::string, std::string> read_line(int descriptor, std::string const& name) {
    std::string text;
    std::array<char, 1024> buffer;
    while (text.size() <= kMostUrlBytes && !text.contains('\n')) {
        auto const count = ::read(descriptor, buffer.data(), buffer.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return std::unexpected(base::file_problem("read", name, errno));
        if (count == 0) break;
        text.append(buffer.data(), static_cast<std::size_t>(count));
    }
    text.resize(std::min(text.find('\n'), text.size()));
    while (!text.empty() && (text.back() == '\r' || text.back() == ' ')) text.pop_back();
    if (text.size() > kMostUrlBytes) return std::unexpected(name + ": the URL is too long");
    return text;
}

std::expected<std::string, std::string> read_file(std::string const& file) {
    int const descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return std::unexpected(base::file_problem("open", file, errno));
    auto line = read_line(descriptor, file);
    ::close(descriptor);
    return line;
}

// Where the destination's URL comes from: exactly one place.
std::optional<std::string> take_output(Options& options) {
    if (!options.enabled) return std::nullopt;
    int const places = (options.output.empty() ? 0 : 1) + (options.output_file.empty() ? 0 : 1) +
                       (options.output_fd >= 0 ? 1 : 0);
    if (places != 1) {
        return "the destination must come from one of --output, DEST_RTMP_URL, --output-file and "
               "--output-fd";
    }
    if (options.output.empty()) {
        auto line = options.output_fd >= 0
                        ? read_line(static_cast<int>(options.output_fd), "--output-fd")
                        : read_file(options.output_file);
        if (options.output_fd >= 0) ::close(static_cast<int>(options.output_fd));
        if (!line) return line.error();
        options.output = *std::move(line);
    }
    auto target = rtmp::parse_target_url(options.output);
    if (!target) {
        return "the destination's URL is not accepted: expected "
               "rtmp://[USER:PASSWORD@]HOST[:PORT]/APP/KEY or rtmps://... (" +
               target.error() + ")";
    }
    options.forward.target = *std::move(target);
    return std::nullopt;
}

std::optional<std::string> take_rules(Options& options) {
    for (auto const& text : options.allowed) {
        auto network = config::IpNetwork::parse(text);
        if (!network) return "--allow-destination is not accepted: " + network.error();
        options.forward.rules.allowed.push_back(*network);
    }
    for (auto const& text : options.own_ports) {
        auto const port = base::parse_port(text);
        if (!port) return "--own-port=\"" + text + "\" is not accepted: expected 1 to 65535";
        options.forward.rules.own_ports.push_back(*port);
    }
    return std::nullopt;
}

std::optional<std::string> take_input(Options& options) {
    options.forward.input = *endpoint::parse_source_url(options.input);
    endpoint::add_login(options.forward.input, {options.input_user, options.input_password});
    return std::nullopt;
}

std::optional<std::string> take_times(Options& options) {
    using std::chrono::duration_cast;
    using std::chrono::milliseconds;
    if (options.retry_delay_max < options.retry_delay) {
        return "--retry-delay-max is not accepted: expected at least --retry-delay";
    }
    options.forward.times.input_grace = duration_cast<milliseconds>(options.input_grace);
    options.forward.times.retry = {duration_cast<milliseconds>(options.retry_delay),
                                   duration_cast<milliseconds>(options.retry_delay_max)};
    options.forward.most_attempts = static_cast<unsigned>(options.most_attempts);
    return std::nullopt;
}

void add_destination(config::Flags& flags, Options& options) {
    auto const output =
        flags
            .text("output", "DEST_RTMP_URL",
                  "the destination's URL; its key stands behind the last slash, or behind #",
                  options.output)
            .accepts("rtmp://[USER:PASSWORD@]HOST[:PORT]/APP/KEY")
            .hidden();
    auto const file = flags.text("output-file", "DEST_RTMP_URL_FILE",
                                 "the file whose first line is the URL", options.output_file);
    auto const descriptor =
        flags
            .number("output-fd", "",
                    "the descriptor, inherited, from which the URL is read; -1: none",
                    options.output_fd)
            .between(-1, 1023);
    auto const enabled = flags.flag("enabled", "EGRESS_ENABLED", "false: end at once, successfully",
                                    options.enabled);
    flags.together({output, file, descriptor, enabled},
                   [&options] { return take_output(options); });
    flags.flag("allow-private-destinations", "ALLOW_PRIVATE_DESTINATIONS",
               "allow destinations in private networks and on this machine",
               options.forward.rules.allow_private);
    auto const allowed = flags
                             .list("allow-destination", "ALLOW_DESTINATIONS",
                                   "a network whose addresses are allowed, whatever they are; may "
                                   "be repeated",
                                   options.allowed)
                             .accepts("NETWORK");
    auto const own =
        flags
            .list("own-port", "OWN_PORTS",
                  "a port that is refused on this machine; may be repeated", options.own_ports)
            .accepts("PORT");
    flags.together({allowed, own}, [&options] { return take_rules(options); });
}

void add_input(config::Flags& flags, Options& options) {
    auto const input = flags.text("input", "INPUT_URL", "the URL to read", options.input)
                           .required()
                           .accepts("rtsp://HOST[:PORT]/PATH or rtmp://HOST[:PORT]/PATH")
                           .hidden()
                           .check(check_input);
    auto const user =
        flags.text("input-user", "INPUT_USER", "the user name for reading", options.input_user);
    auto const password =
        flags.secret("INPUT_PASSWORD", "the password of INPUT_USER", options.input_password);
    flags.together({input, user, password}, [&options] { return take_input(options); });
}

// After input and output are known. The system's certificates are read only if they are needed.
std::optional<std::string> take_trust(Options& options) {
    auto make = [&](bool needed, std::string const& fingerprint, auto& context) {
        if (!needed) return std::optional<std::string>();
        auto made =
            net::TlsClientContext::make({.ca_file = options.ca_file, .fingerprint = fingerprint});
        if (!made) return std::optional(made.error());
        context = *std::move(made);
        return std::optional<std::string>();
    };
    auto& forward = options.forward;
    if (auto wrong = make(endpoint::is_secure(forward.input), options.input_fingerprint,
                          forward.input_trust)) {
        return wrong;
    }
    return make(forward.target.tls, options.output_fingerprint, forward.output_trust);
}

void add_trust(config::Flags& flags, Options& options) {
    auto const ca = flags.text("ca-file", "CA_FILE",
                               "certificates (PEM) to trust besides the system's, for rtsps:// and "
                               "rtmps://",
                               options.ca_file);
    auto const input = flags.text("input-fingerprint", "INPUT_FINGERPRINT",
                                  "the SHA-256 of the certificate of the server of --input: no "
                                  "other is accepted",
                                  options.input_fingerprint);
    auto const output = flags.text("output-fingerprint", "OUTPUT_FINGERPRINT",
                                   "the same for the destination", options.output_fingerprint);
    flags.together({ca, input, output}, [&options] { return take_trust(options); });
}

void add_times(config::Flags& flags, Options& options) {
    using namespace std::chrono_literals;
    auto const grace = flags
                           .duration("input-grace", "INPUT_NOT_READY_GRACE",
                                     "how long the input may be missing", options.input_grace)
                           .between(base::Duration{0s}, base::Duration{1h});
    auto const delay =
        flags
            .duration("retry-delay", "RETRY_DELAY",
                      "the delay before the first retry; it doubles each time", options.retry_delay)
            .between(base::Duration{10ms}, base::Duration{10min});
    auto const most = flags
                          .duration("retry-delay-max", "RETRY_DELAY_MAX",
                                    "the longest delay before a retry", options.retry_delay_max)
                          .between(base::Duration{10ms}, base::Duration{1h});
    auto const attempts = flags
                              .number("retry-attempts", "RETRY_MAX_ATTEMPTS",
                                      "after so many failures in a row, the program ends; 0: never",
                                      options.most_attempts)
                              .between(0, 1'000'000);
    flags.together({grace, delay, most, attempts}, [&options] { return take_times(options); });
}

}  // namespace

config::ParseResult parse_command_line(int argc, char** argv, Options& options) {
    config::Flags flags("stream-forwarder",
                        "Reads one stream and pushes it, unchanged, to one RTMP destination.",
                        "0.1.0");
    flags.text("stream-id", "STREAM_ID", "the stream's id", options.forward.stream_id)
        .required()
        .check(check_id);
    flags.text("destination", "DESTINATION", "the destination's name in logs; may be empty",
               options.forward.destination);
    add_input(flags, options);
    add_destination(flags, options);
    add_trust(flags, options);
    add_times(flags, options);
    flags.text("run-id", "RUN_ID", "the id of this run in logs; by default, random",
               options.forward.run_id);
    flags.text("lease", "LEASE_FILE", "the file on which the forwarder holds an exclusive lock",
               options.lease);
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
    program::add_log_flags(flags, options.log);
    return flags.parse(argc, argv, static_cast<int>(ExitCode::configuration));
}
