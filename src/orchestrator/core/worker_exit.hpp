// How a worker's life ended, and what that means. Exit codes are the contract of design §7.
#pragma once

#include <string>
#include <string_view>

namespace tidegate::orchestrator {

struct WorkerExit {
    enum class Kind {
        code,     // exit(number)
        signal,   // killed by signal `number`
        unknown,  // an adopted process: the kernel tells its end but not its status
        spawn,    // it never started; `number` is the errno
    };
    Kind kind = Kind::code;
    int number = 0;
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

// "configuration error (exit 10)", "killed by signal 9 (SIGKILL)"
std::string describe(WorkerExit const& exit);
// Low-cardinality label for metrics: stopped, configuration, input, output, transient, internal,
// signal, unknown, spawn, other.
std::string_view label(WorkerExit const& exit);

}  // namespace tidegate::orchestrator
