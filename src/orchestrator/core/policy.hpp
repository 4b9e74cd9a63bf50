// Every duration and limit of the control path, with its reason. Plain values, validated where
// flags and environment are read. Time is monotonic and always an argument: nothing here reads a
// clock.
#pragma once

#include <chrono>
#include <cstddef>

namespace tidegate::orchestrator {

using Clock = std::chrono::steady_clock;  // only its time_point is used
using Time = Clock::time_point;
using Duration = Clock::duration;

// How often a worker in which media advances says so: several times within Policy::watchdog, so
// that one late message does no harm.
inline constexpr std::chrono::seconds kHeartbeat{2};

struct Policy {
    // A publisher that reconnects (OBS: 2 s, doubling) keeps its run and its viewers.
    Duration grace = std::chrono::seconds{30};
    // How often the router is asked without being prompted; bounds what a lost hook costs.
    Duration resync_interval = std::chrono::seconds{2};
    // A look may see a stream a moment before its ready hook, a process of its own, has told the
    // settings; a worker started without them would be stopped and started again. One whose hook is
    // lost starts so much later.
    Duration hook_patience = std::chrono::milliseconds{250};
    // A glitch of the router must not look like the end of a stream: this many complete lists in a
    // row.
    unsigned absent_lists = 2;

    // First restart is almost at once, for a viewer waits; a broken worker must not eat the
    // machine.
    Duration restart_delay = std::chrono::milliseconds{500};
    // Long enough to be harmless with 1,000 broken streams, short enough to be noticed healing.
    Duration restart_delay_max = std::chrono::seconds{30};
    // Share of the delay by which it varies both ways, so that workers killed together return
    // apart.
    double restart_jitter = 0.2;
    // Output that flowed this long proves the worker works: earlier failures are forgotten.
    Duration healthy_after = std::chrono::seconds{60};
    // More starts than this within the window and restarting no longer helps: failed, for a person.
    std::size_t max_starts = 6;
    Duration starts_window = std::chrono::minutes{10};

    // TEARDOWN and unpublish take the worker at most 1 s; five times that is a hang.
    Duration term_timeout = std::chrono::seconds{5};
    // SIGKILL works at once unless the process sleeps in the kernel; then it is sent again this
    // often.
    Duration kill_retry = std::chrono::seconds{5};
    // The worker itself retries a missing input for 7 s and then says so (exit 20); let it.
    Duration ready_deadline = std::chrono::seconds{20};
    // The worker notices a dead source in 5 s and reconnects after 1, 2 and 4 s: silence beyond is
    // a hang.
    Duration watchdog = std::chrono::seconds{15};
    Duration heartbeat = kHeartbeat;
    // A live source that sends nothing for this long is marked stalled (shown, not acted upon).
    Duration stalled_after = std::chrono::seconds{10};

    // Workers at once; more live streams wait in order of arrival, visibly.
    std::size_t max_workers = 100;
    // --worker-mode none: everything is observed and shown, nothing is started.
    bool run_workers = true;

    // Streams that ended stay visible for a look at what happened, a bounded number and time.
    std::size_t idle_kept = 200;
    Duration idle_kept_for = std::chrono::minutes{10};
};

}  // namespace tidegate::orchestrator
