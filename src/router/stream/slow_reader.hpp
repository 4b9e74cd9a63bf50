// Counts what a slow reader loses and says so in the log at most once per second (contract §3).
// One event loop.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace tidegate::router {

class SlowReader {
public:
    using Time = std::chrono::steady_clock::time_point;

    void discarded(std::uint64_t items) { unreported_ += items; }

    // The line to log now, without the session's prefix.
    std::optional<std::string> report(Time now) {
        if (unreported_ == 0 || now - last_report_ < std::chrono::seconds{1}) return std::nullopt;
        last_report_ = now;
        auto line = "reader is too slow, discarding " + std::to_string(unreported_) +
                    (unreported_ == 1 ? " frame" : " frames");
        unreported_ = 0;
        return line;
    }

private:
    std::uint64_t unreported_ = 0;
    Time last_report_{};
};

}  // namespace tidegate::router
