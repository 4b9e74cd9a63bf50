// Cuts what a worker prints into lines, and limits their length and their rate: a worker that
// prints without end must fill neither the disk nor our memory. Pure: time is an argument. One for
// each worker.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "orchestrator/core/policy.hpp"

namespace tidegate::orchestrator {

// Bytes of a line that are passed on; the log takes no longer texts (log/format.hpp). The rest of
// the line is dropped.
inline constexpr std::size_t kMaxLogLine = 4096;

// The rate limit is a token bucket of bytes. A worker prints a few lines when it starts and when
// something fails; a broken one adds at most 60 MB an hour to the log.
inline constexpr std::size_t kLogBurstBytes = 256 * 1024;
inline constexpr std::size_t kLogBytesPerSecond = 16 * 1024;

// Once the bucket is empty, lines are dropped until it holds this much again (2 s later). A steady
// flood then gives a block of lines and one report of what was dropped now and then, not a report
// after each line.
inline constexpr std::size_t kLogResumeBytes = 32 * 1024;

// Bytes that a line costs in addition to its text, so that empty lines are not free.
inline constexpr std::size_t kLogLineCost = 128;

class LogLines {
public:
    struct Sink {
        // A line, without its line feed. is_cut: it was too long, and its end is missing.
        std::function<void(std::string_view line, bool is_cut)> on_line;
        // How much was dropped since the last report. Called before the next line that is passed
        // on, and at the end.
        std::function<void(std::uint64_t lines, std::uint64_t bytes)> on_dropped;
    };
    LogLines(Sink sink, Time now) : sink_(std::move(sink)), filled_at_(now) {}

    // Takes bytes as they come; a line may come in any number of pieces.
    void feed(std::string_view bytes, Time now);
    // The worker has ended: passes on a last line that has no line feed, and reports what was
    // dropped.
    void finish(Time now);

private:
    void add(std::string_view part);
    void end_line(Time now);
    void refill(Time now);
    void report_dropped();

    Sink const sink_;
    std::string line_;             // the beginning of the unfinished line, at most kMaxLogLine
    std::uint64_t cut_bytes_ = 0;  // how much of the unfinished line is missing in line_
    std::size_t budget_ = kLogBurstBytes;  // what is in the bucket
    Time filled_at_;                       // when budget_ was last raised
    bool muted_ = false;                   // lines are dropped until kLogResumeBytes are there
    std::uint64_t dropped_lines_ = 0;
    std::uint64_t dropped_bytes_ = 0;
};

}  // namespace tidegate::orchestrator
