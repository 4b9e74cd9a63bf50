// Reports the state of a run to media-service (or to systemd) by sd_notify: READY=1 once the output
// is accepted, WATCHDOG=1 only while media goes out, and STATUS=, one line that is never older than
// a second. The worker's loop; time is an argument.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "endpoint/notify.hpp"
#include "endpoint/statistics.hpp"
#include "worker/dub_status.hpp"
#include "worker/figures.hpp"

namespace tidegate::worker {

using endpoint::Notify;
using endpoint::Statistics;

// How often WATCHDOG=1 is sent if WATCHDOG_USEC does not say how often it is wanted.
inline constexpr std::chrono::milliseconds kDefaultWatchdog{1000};

// STATUS= is sent if it has changed, and at most this often.
inline constexpr std::chrono::milliseconds kStatusInterval{1000};

// What a run is doing; the status line is made from it.
struct Situation {
    bool input_playing = false;
    bool output_accepted = false;
    std::size_t attempt = 0;   // number of the next reconnection; 0: none is awaited
    std::size_t attempts = 0;  // how many there are in a row
    std::string tracks;        // "H264, MPEG-4 Audio"
    std::string trouble = {};  // "no picture comes in while sound does"; empty: nothing is wrong
    // Why the output is filled while the source is away; empty: the source is there.
    std::string holding = {};
    std::vector<DubStatus const*> dubs = {};  // one for each language; empty: nothing is dubbed
};

// "relaying H264, MPEG-4 Audio: 1200 units in, 1200 out, 0 dropped, 0 reconnections"
std::string status_line(Situation const& situation, Statistics const& statistics);

class StatusReporter {
public:
    using Time = std::chrono::steady_clock::time_point;

    Notify& notify() { return notify_; }

    // The output was accepted.
    void accepted(Time now) { notify_.ready(now); }
    // The run ends; the reason becomes its last status.
    void ending(std::string const& reason);
    // Something was said; told at once, and once.
    void said(DubCaption const& caption);
    // Something happened that the operator should see at once.
    void changed(Situation const& situation, Statistics const& statistics, Time now);
    // To be called at each check of the loop's deadlines; sends what is due.
    void tick(Situation const& situation, Statistics const& statistics, Time now);

private:
    void send(Situation const& situation, Statistics const& statistics, Time now);

    Notify notify_;
    Figures figures_;
    std::string last_line_;
    std::string last_figures_;
    std::vector<std::string> last_dubs_;
    Time last_status_{};
    Time last_watchdog_{};
    std::uint64_t watched_units_ = 0;
};

}  // namespace tidegate::worker
