#include <algorithm>
#include <boost/json.hpp>
#include <limits>

#include "load/load.hpp"

namespace tidegate::bench {

namespace json = boost::json;

namespace {

double milliseconds(Nanoseconds value) {
    return static_cast<double>(value) / static_cast<double>(kMillisecond);
}

json::object percentiles(Histogram const& histogram) {
    return {{"count", histogram.count()},
            {"p50", milliseconds(histogram.percentile(50))},
            {"p99", milliseconds(histogram.percentile(99))},
            {"max", milliseconds(histogram.max())}};
}

double percent(Nanoseconds part, Nanoseconds whole) {
    return whole <= 0 ? 0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

std::string Load::report(std::string const& problem) const {
    auto const window = static_cast<double>(own_.wall) / kSecond;
    auto slowest = std::numeric_limits<std::uint64_t>::max();
    for (auto const& reader : readers_) slowest = std::min(slowest, reader->frames());
    if (readers_.empty()) slowest = 0;
    auto const counted =
        static_cast<double>(measured_.counted_to - measured_.counted_from) / kSecond;
    auto const per_second = [&](double value) { return window > 0 ? value / window : 0.0; };
    json::object out{
        {"problem", problem.empty() ? json::value(nullptr) : json::value(problem)},
        {"window_s", window},
        {"delivered_bytes", measured_.bytes},
        {"delivered_mbps", per_second(static_cast<double>(measured_.bytes) * 8 / 1e6)},
        {"units", measured_.units},
        {"fps",
         {{"wanted", settings_.media.fps},
          {"slowest", counted > 0 ? static_cast<double>(slowest) / counted : 0.0}}},
        {"video_delay_ms", percentiles(measured_.video)},
        {"audio_delay_ms", percentiles(measured_.audio)},
        {"start_up_ms", percentiles(measured_.start_up)},
        {"readers", {{"wanted", settings_.readers}, {"lost", lost_readers()}}},
        {"publishers", {{"wanted", settings_.publishers}, {"failed", failed_publishers()}}},
        {"first_failure", lost_readers() + failed_publishers() == 0 ? "" : first_failure()},
        {"generator",
         {{"cpu_percent", percent(own_.cpu, own_.wall)}, {"late_ms", percentiles(own_.lateness)}}}};
    return json::serialize(out);
}

}  // namespace tidegate::bench
