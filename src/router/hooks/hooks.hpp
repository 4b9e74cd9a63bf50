// Runs the configured commands as child processes on a control event loop. start(), stop() and
// launch() may be called from any thread. They log at once, leave the rest to the loop, and never
// block.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "router/hooks/hook_environment.hpp"

namespace tidegate::router {

namespace asio = boost::asio;

// How long a command may ignore SIGINT before it is killed. MediaMTX waits forever (deliberate
// difference).
inline constexpr std::chrono::seconds kHookKillDelay{30};
// How long a command with `...Restart: yes` pauses before it runs again.
inline constexpr std::chrono::seconds kHookRestartDelay{5};
// How many commands of one kind may be young, that is, have started less than kHookYouth ago and
// still run. Further ones wait, and start in order. This keeps many publishers from starting more
// processes than the machine can bear. A hook lives for milliseconds, so those of 100 streams that
// come at once run in well under a second. There are three kinds, each with its own limit and
// queue: hooks, long-running commands, and those of the un- family (runOnUnavailable and the like).
inline constexpr std::size_t kMaxYoungHooks = 256;
// A command that has run for this long is no longer young, and another one may start. Such commands
// are not without number: each belongs to a path, publisher, reader or connection. Those of the un-
// family belong to nothing, so they count as young until they end.
inline constexpr std::chrono::seconds kHookYouth{1};
// How many commands may wait in one queue. A further one is dropped, with a line in the log.
inline constexpr std::size_t kMaxWaitingHooks = 16 * 1024;
// When a command has waited for this long, the log says so.
inline constexpr std::chrono::seconds kHookWaitWarning{1};
// While commands still wait, the log says so again after this time.
inline constexpr std::chrono::seconds kHookWaitWarningAgain{10};

// The name of a started command, to stop it by. The default value names no command; stopping it
// does nothing.
struct HookId {
    std::uint64_t number = 0;
    std::shared_ptr<std::string const> label;  // "[path x] runOnAvailable", for the log
    static HookId const none;
};
inline HookId const HookId::none{};

struct HookCommand {
    std::string prefix;   // of the log lines: "[path live/x/in]"
    std::string name;     // "runOnAvailable"
    std::string command;  // as configured; if it is empty, nothing happens at all
    bool restart = false;
    HookVariables variables;
    // The command is meant to run for as long as what it belongs to, such as a path. With `restart`
    // it always is.
    bool long_running = false;
};

// Tests shorten them.
struct HookTimes {
    std::chrono::milliseconds kill = kHookKillDelay;
    std::chrono::milliseconds restart = kHookRestartDelay;
    std::chrono::milliseconds youth = kHookYouth;
    std::chrono::milliseconds wait_warning = kHookWaitWarning;
    std::size_t most_young = kMaxYoungHooks;
};

class Hooks {
public:
    // environment: the router's. Commands inherit it without the passwords (inherited_by_hooks).
    // io: the control loop.
    Hooks(asio::io_context& io, Environment environment, HookTimes times = {});
    // REQUIRES: the loop no longer runs, or drain() has ended.
    ~Hooks();
    Hooks(Hooks const&) = delete;
    Hooks& operator=(Hooks const&) = delete;

    // Logs "<prefix> <name> command started" and runs the command. With `restart` it runs again 5 s
    // after each end.
    HookId start(HookCommand command);
    // Logs "<prefix> <name> command stopped", with ": <reason>" if there is one, also when the
    // command has ended long ago. Sends SIGINT to its process group, and SIGKILL after a delay. The
    // command does not restart, and one that still waits for its turn never starts.
    void stop(HookId const& id, std::string_view reason = {});
    // For the un- family: logs "<prefix> <name> command launched" and runs the command once. Nobody
    // can stop it.
    void launch(HookCommand command);

    // At the router's end, on the loop, after the last stop() and launch(): waits until every
    // command has run and ended, but restarts none, and kills what is left at the deadline.
    asio::awaitable<void> drain(std::chrono::milliseconds deadline);

    // How many commands run or wait now. Any thread.
    std::size_t running() const;

private:
    class Impl;
    std::shared_ptr<Impl> impl_;
};

}  // namespace tidegate::router
