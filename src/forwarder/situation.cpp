#include "forwarder/situation.hpp"

#include <fmt/format.h>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

namespace tidegate::forwarder {

namespace {

std::int64_t milliseconds(std::chrono::nanoseconds duration) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
}

bool is_waiting(Situation const& situation) {
    return situation.phase == Phase::retrying || situation.phase == Phase::paused;
}

std::int64_t seconds_until(Time until, Time now) {
    return std::chrono::ceil<std::chrono::seconds>(until - now).count();
}

}  // namespace

std::string_view name(Phase phase) {
    static constexpr std::array<std::string_view, 6> kNames{"waiting",  "connecting", "forwarding",
                                                            "retrying", "paused",     "ended"};
    return kNames.at(static_cast<std::size_t>(phase));
}

std::string trouble_of(Situation const& situation, Time now) {
    if (!situation.input_trouble.empty()) {
        return "the input is gone: " + situation.input_trouble;
    }
    auto const failed = situation.failures > 0 && situation.last_failure;
    if (failed && is_waiting(situation) && situation.until > now) {
        return fmt::format("{}; next attempt in {} s", situation.last_failure->message,
                           seconds_until(situation.until, now));
    }
    if (failed && situation.phase != Phase::forwarding) return situation.last_failure->message;
    return situation.slow ? "the destination is too slow: media is dropped" : "";
}

std::string status_line(Situation const& situation, std::string const& target, Time now) {
    switch (situation.phase) {
        case Phase::waiting:
            return "waiting for the input";
        case Phase::connecting:
            return fmt::format("connecting to {}, attempt {}", target, situation.attempt);
        case Phase::forwarding:
            return fmt::format("forwarding to {}: {:.2f} Mbit/s, {} units dropped", target,
                               situation.bits_per_second / 1e6, situation.units_dropped);
        case Phase::retrying:
        case Phase::paused:
            return fmt::format("{}: {}", target, trouble_of(situation, now));
        case Phase::ended:
            break;
    }
    return "ended";
}

std::string report_of(Situation const& situation, Time now) {
    boost::json::object report{
        {"phase", name(situation.phase)},
        {"forMs", milliseconds(now - situation.since)},
        {"attempt", situation.attempt},
        {"connections", situation.connections},
        {"bytes", situation.bytes_out},
        {"bitsPerSecond", static_cast<std::uint64_t>(situation.bits_per_second)},
        {"dropped", situation.units_dropped}};
    if (is_waiting(situation)) report["retryInMs"] = milliseconds(situation.until - now);
    if (auto const& failure = situation.last_failure) {
        report["error"] = failure->message;
        report["errorKind"] = name(failure->kind);
    }
    return boost::json::serialize(report);
}

}  // namespace tidegate::forwarder
