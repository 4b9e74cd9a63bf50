// What a worker prints, as lines of bounded length and rate: a worker that floods must neither fill
// the disk nor our memory, and one that writes a gigabyte without a line feed costs one line. Pure;
// time is an argument. One worker each.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "orchestrator/core/policy.hpp"

namespace tidegate::orchestrator {

// As much as the log takes of any text (log/format.hpp); the rest of a longer line is dropped.
inline constexpr std::size_t kMaxOutputLine = 4096;

// A worker logs a few lines when it starts and when something fails: generous for that, and at most
// 60 MB an hour of a broken one.
inline constexpr std::size_t kOutputBurstBytes = 256 * 1024;
inline constexpr std::size_t kOutputBytesPerSecond = 16 * 1024;

// After the budget is used up, nothing is passed on until this much has been earned again (2 s):
// a steady flood costs a block of lines and one count now and then, not a count a line.
inline constexpr std::size_t kOutputResumeBytes = 32 * 1024;

// What a line costs beside its text, so that empty lines are not free.
inline constexpr std::size_t kOutputLineCost = 128;

class OutputLines {
public:
    struct Sink {
        std::function<void(std::string_view line, bool is_cut)> on_line;
        // Before the first line that is passed on again, and at the end.
        std::function<void(std::uint64_t lines, std::uint64_t bytes)> on_dropped;
    };
    OutputLines(Sink sink, Time now) : sink_(std::move(sink)), filled_at_(now) {}

    void feed(std::string_view bytes, Time now);
    // The process has ended: what waits for its line feed, and the count of what was dropped.
    void finish(Time now);

private:
    void add(std::string_view part);
    void end_line(Time now);
    void refill(Time now);
    void report_dropped();

    Sink const sink_;
    std::string line_;             // at most kMaxOutputLine of the line under way
    std::uint64_t cut_bytes_ = 0;  // of it, beyond that
    std::size_t budget_ = kOutputBurstBytes;
    Time filled_at_;
    bool muted_ = false;
    std::uint64_t dropped_lines_ = 0;
    std::uint64_t dropped_bytes_ = 0;
};

}  // namespace tidegate::orchestrator
