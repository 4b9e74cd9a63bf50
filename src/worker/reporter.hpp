// What the supervisor hears of a run (sd_notify): READY=1 once the output is accepted, WATCHDOG=1
// only while media goes out, STATUS= one line that is never older than a second. The worker's loop;
// the time is an argument.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "worker/notify.hpp"
#include "worker/statistics.hpp"

namespace tidegate::worker {

// How often the supervisor is told that media advances when it does not say how often it wants to
// know.
inline constexpr std::chrono::milliseconds kDefaultWatchdog{1000};

// STATUS= is sent when it has changed, at most this often.
inline constexpr std::chrono::milliseconds kStatusInterval{1000};

// What a run is doing, in words.
struct Situation {
    bool input_playing = false;
    bool output_accepted = false;
    std::size_t attempt = 0;  // of the reconnection that is awaited; 0: none is
    std::size_t attempts = 0;
    std::string tracks;        // "H264, MPEG-4 Audio"
    std::string trouble = {};  // "no picture comes in while sound does"; empty: none
};

// "relaying H264, MPEG-4 Audio: 1200 units in, 1200 out, 0 dropped, 0 reconnections"
std::string status_line(Situation const& situation, Statistics const& statistics);

class Reporter {
public:
    using Time = std::chrono::steady_clock::time_point;

    void accepted() { notify_.ready(); }
    void ending(std::string const& reason);
    // A change that the operator should see now.
    void changed(Situation const& situation, Statistics const& statistics, Time now);
    // Every 100 ms or so.
    void tick(Situation const& situation, Statistics const& statistics, Time now);

private:
    void send(Situation const& situation, Statistics const& statistics, Time now);

    Notify notify_;
    std::string last_line_;
    Time last_status_{};
    Time last_watchdog_{};
    std::uint64_t watched_units_ = 0;
};

}  // namespace tidegate::worker
