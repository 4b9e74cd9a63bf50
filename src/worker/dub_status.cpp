#include "worker/dub_status.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <cmath>
#include <string_view>

namespace tidegate::worker {

namespace json = boost::json;

namespace {

// Cut between two characters of UTF-8.
std::string_view shortened(std::string_view text) {
    if (text.size() <= kMaxReportText) return text;
    auto length = kMaxReportText;
    while (length > 0 && (static_cast<unsigned char>(text[length]) & 0xC0U) == 0x80U) --length;
    return text.substr(0, length);
}

void add(json::object& object, char const* name, std::optional<double> value) {
    static constexpr double kSteps = 100;  // two digits say enough
    if (value) object[name] = std::round(*value * kSteps) / kSteps;
}

json::object counts(std::map<std::string, std::uint64_t> const& values) {
    json::object object;
    for (auto const& [name, count] : values) {
        if (count != 0) object[name] = count;
    }
    return object;
}

}  // namespace

std::string to_json(DubStatus const& status) {
    static constexpr std::array kBreaker{"closed", "half-open", "open"};
    std::uint64_t backpressure = 0;
    for (auto const& [action, count] : status.backpressure) {
        if (action != "none") backpressure += count;
    }
    json::object object{{"language", status.language},
                        {"mode", status.dubbed ? "dubbed" : "original"},
                        {"reason", status.reason},
                        {"detail", shortened(status.detail)},
                        {"sent", status.sent},
                        {"inFlight", status.in_flight},
                        {"dubbed", status.heard_dubbed},
                        {"fallbacks", counts(status.fallbacks)},
                        {"breaker", kBreaker[static_cast<std::size_t>(status.breaker) % 3]},
                        {"delayMs", status.delay.count()},
                        {"reconnections", status.reconnections},
                        {"backpressure", backpressure}};
    add(object, "rttP50Ms", status.rtt_p50_ms);
    add(object, "rttP95Ms", status.rtt_p95_ms);
    add(object, "stretch", status.stretch);
    add(object, "loudnessDb", status.loudness_db);
    return json::serialize(object);
}

std::string to_json(DubCaption const& caption) {
    auto const at = std::chrono::floor<std::chrono::milliseconds>(caption.at.time_since_epoch());
    return json::serialize(json::object{{"language", caption.language},
                                        {"fragment", caption.fragment},
                                        {"at", at.count()},
                                        {"durationMs", caption.duration.count()},
                                        {"dubbed", caption.dubbed},
                                        {"transcript", shortened(caption.transcript)},
                                        {"translation", shortened(caption.translation)}});
}

}  // namespace tidegate::worker
