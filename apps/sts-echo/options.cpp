#include "options.hpp"

#include <chrono>
#include <optional>

#include "base/number.hpp"

namespace tidegate::echo {

namespace {

// The text forms of settings that are stored as something else.
struct Raw {
    std::int64_t delay_ms = 0, jitter_ms = 0;
    std::int64_t ping_interval = 25, ping_timeout = 10, auto_disconnect = 5;
    std::int64_t buffer = 52'428'800;
    std::string low = "0.5", medium = "0.7", high = "0.9";
    std::string answer = "echo";
    std::string token;
    std::vector<std::string> rules;
    std::int64_t seed = 1;
    bool test_events = true;
};

std::optional<std::string> check_fraction(std::string const& text) {
    auto const value = base::parse_number<double>(text);
    if (value && *value >= 0 && *value <= 1) return std::nullopt;
    return "a number from 0 to 1";
}

std::optional<std::string> check_rules(std::vector<std::string> const& texts,
                                       Behaviour& behaviour) {
    behaviour.rules.clear();
    for (auto const& text : texts) {
        auto rule = parse_rule(text);
        if (!rule) {
            return "--error-rule=\"" + text + "\" is not accepted: expected " + rule.error();
        }
        behaviour.rules.push_back(std::move(*rule));
    }
    return std::nullopt;
}

// The variables have the names of the reference service, and its units.
void add_service(config::Flags& flags, Options& options, Raw& raw) {
    flags.text("host", "ECHO_HOST", "the address to listen on", options.host);
    flags.number("port", "ECHO_PORT", "the port; 0: any that is free", options.port)
        .between(0, 65'535);
    flags.secret("ECHO_TOKEN", "the token that clients must send; by default, none", raw.token);
    flags
        .number("max-connections", "WS_MAX_CONNECTIONS", "how many clients are served at a time",
                options.connections)
        .between(1, 10'000);
    flags
        .number("max-buffer", "WS_MAX_BUFFER_SIZE",
                "how many bytes of fragments may wait for one client", raw.buffer)
        .between(1, 1'000'000'000);
    flags.number("ping-interval", "WS_PING_INTERVAL", "seconds between pings", raw.ping_interval)
        .between(1, 300);
    flags
        .number("ping-timeout", "WS_PING_TIMEOUT", "seconds that a pong may take", raw.ping_timeout)
        .between(1, 300);
    flags
        .number("auto-disconnect-delay", "AUTO_DISCONNECT_DELAY",
                "seconds from the end of a stream to the disconnection", raw.auto_disconnect)
        .between(0, 300);
    flags.flag("backpressure", "BACKPRESSURE_ENABLED", "ask clients to slow down or pause",
               options.policy.backpressure);
    flags
        .text("backpressure-low", "BACKPRESSURE_THRESHOLD_LOW",
              "the load from which backpressure is told", raw.low)
        .check(check_fraction);
    flags
        .text("backpressure-medium", "BACKPRESSURE_THRESHOLD_MEDIUM",
              "the load from which clients are to slow down", raw.medium)
        .check(check_fraction);
    flags
        .text("backpressure-high", "BACKPRESSURE_THRESHOLD_HIGH",
              "the load from which clients are to pause", raw.high)
        .check(check_fraction);
    flags.flag("test-events", "ECHO_TEST_EVENTS",
               "take config:error_simulation and simulate:disconnect from clients",
               options.policy.test_events);
}

void add_behaviour(config::Flags& flags, Options& options, Raw& raw) {
    auto& behaviour = options.behaviour;
    flags.text("answer", "ECHO_ANSWER", "the sound of the answers", raw.answer)
        .one_of({"echo", "tone", "silence", "garbage"});
    flags
        .number("processing-delay-ms", "ECHO_PROCESSING_DELAY_MS",
                "milliseconds until a fragment is answered", raw.delay_ms)
        .between(0, 600'000);
    flags
        .number("jitter-ms", "ECHO_JITTER_MS", "further milliseconds, up to this many, by chance",
                raw.jitter_ms)
        .between(0, 600'000);
    flags
        .number("loss", "ECHO_LOSS", "per cent of the fragments that are never answered",
                behaviour.loss)
        .between(0, 100);
    flags
        .number("reorder", "ECHO_REORDER", "per cent of the answers that later ones overtake",
                behaviour.reorder)
        .between(0, 100);
    flags
        .number("duration-variance", "ECHO_DURATION_VARIANCE",
                "per cent by which answers are longer or shorter, by chance",
                behaviour.duration_variance)
        .between(0, 90);
    flags
        .number("disconnect-every", "ECHO_DISCONNECT_EVERY",
                "break the connection off at each fragment of this number; 0: never",
                behaviour.disconnect_every)
        .between(0, 1'000'000);
    auto const rules = flags
                           .list("error-rule", "ECHO_ERROR_RULES",
                                 "fragments that fail; may be repeated", raw.rules)
                           .accepts("nth_fragment=N:CODE or sequence_number=N:CODE");
    flags.together({rules}, [&raw, &behaviour] { return check_rules(raw.rules, behaviour); });
    flags.number("seed", "ECHO_SEED", "where chance begins", raw.seed);
}

AnswerKind answer_kind(std::string const& word) {
    if (word == "tone") return AnswerKind::tone;
    if (word == "silence") return AnswerKind::silence;
    return word == "garbage" ? AnswerKind::garbage : AnswerKind::echo;
}

void store(Raw const& raw, Options& options) {
    options.policy.ping_interval = std::chrono::seconds{raw.ping_interval};
    options.policy.ping_timeout = std::chrono::seconds{raw.ping_timeout};
    options.policy.auto_disconnect = std::chrono::seconds{raw.auto_disconnect};
    options.policy.buffer = static_cast<std::size_t>(raw.buffer);
    options.policy.token = raw.token;
    options.policy.low = base::parse_number<double>(raw.low).value_or(0.5);
    options.policy.medium = base::parse_number<double>(raw.medium).value_or(0.7);
    options.policy.high = base::parse_number<double>(raw.high).value_or(0.9);
    options.behaviour.answer = answer_kind(raw.answer);
    options.behaviour.delay = std::chrono::milliseconds{raw.delay_ms};
    options.behaviour.jitter = std::chrono::milliseconds{raw.jitter_ms};
    options.behaviour.seed = static_cast<std::uint64_t>(raw.seed);
}

}  // namespace

std::string Options::address() const {
    bool const is_ipv6 = host.find(':') != std::string::npos && !host.starts_with('[');
    return (is_ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

config::ParseResult parse_command_line(int argc, char const* const* argv, Options& options) {
    config::Flags flags("sts-echo",
                        "A speech service for tests: it answers each fragment with its own sound.",
                        "0.1.0");
    Raw raw;
    add_service(flags, options, raw);
    add_behaviour(flags, options, raw);
    program::add_log_flags(flags, options.log);
    auto result = flags.parse(argc, argv);
    store(raw, options);
    return result;
}

}  // namespace tidegate::echo
