// How a worker ended, and what that means. Plain values; any thread.
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

// The exit codes of stream-worker.
inline constexpr int kExitStopped = 0;         // asked to stop, or the source has ended
inline constexpr int kExitConfiguration = 10;  // wrong arguments or settings
inline constexpr int kExitInput = 20;          // the input was never available
inline constexpr int kExitOutput = 30;         // the router refused the output
inline constexpr int kExitTransient = 40;      // an I/O error that may pass
inline constexpr int kExitInternal = 50;       // a bug

// Starting again with the same arguments would fail in the same way.
bool is_configuration_error(WorkerExit const& exit);
// Whoever takes the output refuses it: exit code 30.
bool is_refusal(WorkerExit const& exit);
// The worker ended because its source is gone: exit code 0, or 20 if it never saw the source.
bool is_source_ended(WorkerExit const& exit);
// Exit code 0.
bool is_stopped(WorkerExit const& exit);

// For people: "configuration error (exit 10)", "killed by signal 9 (SIGKILL): OOMKilled".
std::string describe(WorkerExit const& exit);
// For metrics, one of a small fixed set: stopped, configuration, input, output, transient,
// internal, signal, unknown, spawn (not started), other.
std::string_view label(WorkerExit const& exit);

}  // namespace tidegate::orchestrator
