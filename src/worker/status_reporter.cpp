#include "worker/status_reporter.hpp"

#include <fmt/format.h>

#include <utility>

namespace tidegate::worker {

std::string status_line(Situation const& situation, Statistics const& statistics) {
    std::string doing = "connecting to the input";
    if (!situation.holding.empty()) {
        doing = "the output goes on without the source (" + situation.holding + ")";
    } else if (situation.attempt != 0) {
        doing =
            fmt::format("input lost, reconnection {} of {}", situation.attempt, situation.attempts);
    } else if (situation.input_playing) {
        doing = (situation.output_accepted ? "relaying " : "connecting to the output, reading ") +
                situation.tracks;
        if (!situation.trouble.empty()) doing += ", but " + situation.trouble;
    }
    return fmt::format("{}: {} units in, {} out, {} dropped, {} reconnections", doing,
                       statistics.units_in(), statistics.units_out(), statistics.units_dropped,
                       statistics.reconnections);
}

void StatusReporter::ending(std::string const& reason) {
    notify_.status({reason});
    notify_.stopping();
}

void StatusReporter::said(DubCaption const& caption) {
    if (notify_.enabled()) notify_.caption(to_json(caption));
}

void StatusReporter::changed(Situation const& situation, Statistics const& statistics, Time now) {
    if (notify_.enabled()) send(situation, statistics, now);
}

void StatusReporter::tick(Situation const& situation, Statistics const& statistics, Time now) {
    if (!notify_.enabled()) return;
    auto const interval = notify_.watchdog_interval().value_or(kDefaultWatchdog);
    notify_.expect_delay(
        std::chrono::duration_cast<std::chrono::milliseconds>(statistics.output_delay));
    auto const units = statistics.units_out();
    if (units != watched_units_ && now - last_watchdog_ >= interval) {
        // The first unit is reported at once; otherwise the line would say 0 for up to a second.
        if (watched_units_ == 0) last_status_ = {};
        last_watchdog_ = now;
        watched_units_ = units;
        notify_.watchdog(now);
    }
    if (now - last_status_ >= kStatusInterval) send(situation, statistics, now);
}

void StatusReporter::send(Situation const& situation, Statistics const& statistics, Time now) {
    auto line = status_line(situation, statistics);
    last_status_ = now;
    auto const& figures = figures_.text(statistics, now);
    std::vector<std::string> dubs;
    for (auto const* const dub : situation.dubs) dubs.push_back(to_json(*dub));
    if (line == last_line_ && figures == last_figures_ && dubs == last_dubs_) return;
    notify_.status({line, situation.trouble, situation.holding, figures}, dubs);
    last_line_ = std::move(line);
    last_dubs_ = std::move(dubs);
    last_figures_ = figures;
}

}  // namespace tidegate::worker
