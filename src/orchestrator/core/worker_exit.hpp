// How a worker's life ended, and what that means. Exit codes are the contract of design §7.
#pragma once

#include <string>
#include <string_view>

namespace tidegate::orchestrator {

struct WorkerExit {
    enum class Kind {
        code,         // it called exit(number)
        signal,       // signal `number` killed it
        unknown,      // it is gone, but the backend cannot learn how it ended
        not_started,  // it never ran; `reason` says why
    };
    Kind kind = Kind::code;
    int number = 0;           // unused by unknown and not_started
    std::string reason = {};  // the backend's own words, such as "OOMKilled"; empty: it has none
    bool operator==(WorkerExit const&) const = default;
};

inline constexpr int kExitStopped = 0;
inline constexpr int kExitConfiguration = 10;
inline constexpr int kExitInput = 20;
inline constexpr int kExitOutput = 30;
inline constexpr int kExitTransient = 40;
inline constexpr int kExitInternal = 50;

// Never retried by itself: the same arguments will fail the same way.
bool is_configuration_error(WorkerExit const& exit);
// What a worker does when its source is gone: 0, or 20 if it had never seen it.
bool is_source_ended(WorkerExit const& exit);
bool is_stopped(WorkerExit const& exit);  // exit(0)

// "configuration error (exit 10)", "killed by signal 9 (SIGKILL): OOMKilled"
std::string describe(WorkerExit const& exit);
// Low-cardinality label for metrics: stopped, configuration, input, output, transient, internal,
// signal, unknown, spawn, other.
std::string_view label(WorkerExit const& exit);

}  // namespace tidegate::orchestrator
