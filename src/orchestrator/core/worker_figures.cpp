#include "orchestrator/core/worker_figures.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace tidegate::orchestrator {

namespace {

// Nothing that a worker measures is larger; what is has not been measured.
constexpr double kLargestFigure = 1e9;

std::optional<double> figure(std::string_view text) {
    double value = 0;
    auto const* const end = text.data() + text.size();
    auto const [stopped, error] = std::from_chars(text.data(), end, value);
    bool const good = error == std::errc() && stopped == end && std::isfinite(value);
    return good && std::abs(value) <= kLargestFigure ? std::optional(value) : std::nullopt;
}

}  // namespace

WorkerFigures parse_figures(std::string_view text) {
    WorkerFigures figures;
    while (!text.empty()) {
        auto const word = text.substr(0, text.find(' '));
        text.remove_prefix(std::min(text.size(), word.size() + 1));
        auto const equals = word.find('=');
        if (equals == std::string_view::npos) continue;
        auto const key = word.substr(0, equals);
        auto const value = figure(word.substr(equals + 1));
        if (key == "fps-in") figures.fps_in = value;
        if (key == "fps-out") figures.fps_out = value;
        if (key == "gop-s") figures.gop_seconds = value;
        if (key == "delay-ms") figures.delay_ms = value;
        if (key == "av-offset-ms") figures.av_offset_ms = value;
    }
    return figures;
}

}  // namespace tidegate::orchestrator
