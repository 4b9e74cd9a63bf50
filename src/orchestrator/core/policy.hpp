// Every duration and limit of the control path, with its reason. Plain values; the program's flags
// are checked before they are put in here. Time is monotonic and always passed as an argument:
// nothing in this folder reads a clock.
#pragma once

#include <chrono>
#include <cstddef>
#include <string_view>

namespace tidegate::orchestrator {

using Clock = std::chrono::steady_clock;  // this folder uses its types only, never now()
using Time = Clock::time_point;
using Duration = Clock::duration;

// How often a worker reports that media advances. Several reports fit into Policy::watchdog, so
// that one late report does no harm.
inline constexpr std::chrono::seconds kHeartbeat{2};

struct Policy {
    // --- when a stream is live ---

    // How long the run and its worker go on without their publisher. OBS reconnects after 2 s, then
    // after twice as long each time; viewers should not notice.
    Duration grace = std::chrono::seconds{30};
    // How often the router's list is read when nothing asks for it. A lost hook costs at most this.
    Duration resync_interval = std::chrono::seconds{2};
    // How long a stream that a list shows waits for its ready hook, which carries the settings. The
    // hook is a process of its own and may come a moment after the list. A worker started without
    // the settings would have to be replaced at once.
    Duration hook_patience = std::chrono::milliseconds{250};
    // How much longer such a stream may wait until its router has told the query of its publisher's
    // connection (ControlPlane asks for it then). 0: nobody asks.
    Duration query_patience{};
    // A stream is given up after this many complete lists in a row without it. One is not enough: a
    // short disturbance of the router must not end a stream.
    unsigned absent_lists = 2;
    // What a list says again of a stream is told again only with every so manieth list, half a
    // minute: nothing should depend on it, but a state that is wrong rights itself.
    unsigned repeat_lists = 15;
    // A source that is there and sends nothing for this long is shown as stalled. Nothing else
    // follows from it.
    Duration stalled_after = std::chrono::seconds{10};

    // --- starting a worker again ---

    // Before the first restart. Short, for viewers wait; not zero, for a broken worker must not use
    // up the machine. Doubles with each failure in a row.
    Duration restart_delay = std::chrono::milliseconds{500};
    // The longest delay: harmless with 1,000 broken streams, and short enough to notice soon that
    // the trouble is over.
    Duration restart_delay_max = std::chrono::seconds{30};
    // The delay is varied at random by this share, up and down, so that workers that were killed
    // together do not all return together.
    double restart_jitter = 0.2;
    // A worker whose output has flowed for this long works: its earlier failures are forgotten.
    Duration healthy_after = std::chrono::seconds{60};
    // After this many starts within the window, another one would not help: the stream has failed,
    // and a person has to look.
    std::size_t max_starts = 6;
    Duration starts_window = std::chrono::minutes{10};

    // --- how long a worker may take ---

    // From the start until it is ready. A worker tries for 7 s to find its input and then exits
    // with 20; that must have time to happen.
    Duration ready_deadline = std::chrono::seconds{20};
    // Without a report that media advances. A worker notices a dead source within 5 s and
    // reconnects after 1, 2 and 4 s; one that is silent for longer hangs.
    Duration watchdog = std::chrono::seconds{15};
    // By how much later than their input workers send their output: the delay of a dub. For so long
    // a worker that begins, or whose source is exchanged, has nothing to send.
    Duration output_delay{};
    // See kHeartbeat.
    Duration heartbeat = kHeartbeat;
    // From the request to end until it is killed. TEARDOWN and unpublish take at most 1 s.
    Duration term_timeout = std::chrono::seconds{5};
    // A killed process ends at once, unless it sleeps in the kernel. It is killed again this often
    // until it is gone.
    Duration kill_retry = std::chrono::seconds{5};

    // What refuses the worker's output refuses it for ever: exit code 30 fails the stream, as a
    // configuration error does. So it is with forwarders, whose destination refuses the key; a
    // worker's output is refused by our own router, which may have been restarted.
    bool final_refusals = false;

    // --- limits ---

    // Workers at the same time. Further live streams wait in order of arrival, and are shown so.
    std::size_t max_workers = 100;
    // --worker-mode none sets it to false: everything is watched and shown, nothing is started.
    bool run_workers = true;
    // What operators call a worker, and the input of a stream.
    std::string_view worker_noun = "worker";
    std::string_view source_noun = "source";

    // How many streams that have ended stay visible, and for how long, so that an operator can see
    // what happened.
    std::size_t idle_kept = 200;
    Duration idle_kept_for = std::chrono::minutes{10};
};

}  // namespace tidegate::orchestrator
