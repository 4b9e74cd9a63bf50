// Runs the configured commands (contract §2) as child processes on a control event loop. start(),
// stop() and launch() may be called from any thread: they log at once, post, and never block.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tidegate::router {

namespace asio = boost::asio;

// How long a command may ignore SIGINT before it is killed. MediaMTX waits forever (deliberate
// difference).
inline constexpr std::chrono::seconds kHookKillDelay{30};
// Pause before a command with `...Restart: yes` runs again (contract §2.1).
inline constexpr std::chrono::seconds kHookRestartDelay{5};
// Young commands of one kind at once: many publishers must not fork the machine to death (field
// 41). Further commands wait in order. A hook lives for milliseconds, so those of 100 streams that
// come at once run in well under a second. There are three kinds, each with its own limit and
// queue: hooks, commands that go on, and those of the un- family (runOnUnavailable and the like).
inline constexpr std::size_t kMaxYoungHooks = 256;
// A command that has run for this long is no longer young: others get its turn. The number of such
// commands is bounded by the paths, publishers, readers and connections that they belong to. Those
// of the un- family belong to nothing, so they count as young until they end.
inline constexpr std::chrono::seconds kHookYouth{1};
// Commands waiting for their turn in one queue; the next is dropped with a log line.
inline constexpr std::size_t kMaxWaitingHooks = 16 * 1024;
// A command that has waited for this long is named in the log.
inline constexpr std::chrono::seconds kHookWaitWarning{1};
// While commands go on waiting, the log has a line this often.
inline constexpr std::chrono::seconds kHookWaitWarningAgain{10};

// Names and values; a later one of the same name wins.
using HookVariables = std::vector<std::pair<std::string, std::string>>;

// Names a started command; the default one is none (an empty command), and may be stopped like any
// other.
struct HookId {
    std::uint64_t number = 0;
    std::shared_ptr<std::string const> label;  // "[path x] runOnAvailable", for the line at its end
    static HookId const none;
};
inline HookId const HookId::none{};

struct HookCommand {
    std::string prefix;   // of the log lines: "[path live/x/in]"
    std::string name;     // "runOnAvailable"
    std::string command;  // as configured; empty: nothing happens at all
    bool restart = false;
    HookVariables variables;
    // It is meant to run as long as what it belongs to, such as a path. `restart` implies it.
    bool goes_on = false;
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
    // environment: the server's, NAME=value each; every command inherits it but for the passwords
    // (inherited_by_hooks). Commands run on io.
    Hooks(asio::io_context& io, std::vector<std::string> environment, HookTimes times = {});
    // REQUIRES: the loop no longer runs, or drain() has ended.
    ~Hooks();
    Hooks(Hooks const&) = delete;
    Hooks& operator=(Hooks const&) = delete;

    // Logs "<prefix> <name> command started" and runs it, again 5 s after each end when `restart`.
    HookId start(HookCommand command);
    // Logs "<prefix> <name> command stopped" (plus ": <reason>") even when it ended long ago;
    // SIGINT to its process group, then SIGKILL after the delay. Never restarts again; one that
    // still waits for its turn never starts.
    void stop(HookId const& id, std::string_view reason = {});
    // For the un- family: logs "<prefix> <name> command launched" and runs it once to its end.
    void launch(HookCommand command);

    // At shutdown, on the loop, after the last stop() and launch(): waits for all that run or wait,
    // starts nothing again, and kills what is left at the deadline.
    asio::awaitable<void> drain(std::chrono::milliseconds deadline);

    // Commands running or waiting now. Any thread.
    std::size_t running() const;

private:
    class Impl;
    std::shared_ptr<Impl> impl_;
};

// The variables of a path hook (§2.2), in the order of the contract.
struct HookContext {
    std::string path;
    std::string rtsp_port;  // see rtsp_port_of
    std::vector<std::string> groups;
};
HookVariables base_variables(HookContext const& context);
// + MTX_QUERY (given raw, encoded once more here), MTX_SOURCE_TYPE, MTX_SOURCE_ID.
HookVariables source_variables(HookContext const& context, std::string_view query,
                               std::string_view type, std::string_view id);
// + MTX_QUERY, MTX_READER_TYPE, MTX_READER_ID.
HookVariables reader_variables(HookContext const& context, std::string_view query,
                               std::string_view type, std::string_view id);
// runOnDemand, runOnUnDemand: + MTX_QUERY.
HookVariables demand_variables(HookContext const& context, std::string_view query);
// runOnConnect, runOnDisconnect.
HookVariables connection_variables(std::string_view rtsp_port, std::string_view type,
                                   std::string_view id);
// "8554" of ":8554" or "[::1]:8554".
std::string rtsp_port_of(std::string_view rtsp_address);

}  // namespace tidegate::router
