// What a worker measures of its stream and reports with its status (X_FIGURES= of its
// notification): "fps-in=30 fps-out=30 gop-s=2 delay-ms=0.4 av-offset-ms=-3". For operators only;
// nothing is decided from it. Pure; any thread.
#pragma once

#include <optional>
#include <string_view>

namespace tidegate::orchestrator {

// Each is nullopt if the worker did not report it (it has no video, say), or not as a number.
struct WorkerFigures {
    std::optional<double> fps_in;        // pictures a second that come in
    std::optional<double> fps_out;       // pictures a second that go out
    std::optional<double> gop_seconds;   // from one key frame to the next
    std::optional<double> delay_ms;      // from a unit's arrival to its write
    std::optional<double> av_offset_ms;  // how much later the picture is than the input wants it

    bool operator==(WorkerFigures const&) const = default;
};

// Words that are not known are ignored: a worker may be newer than we are.
WorkerFigures parse_figures(std::string_view text);

}  // namespace tidegate::orchestrator
