// A child process: posix_spawn into its own process group with a clean signal mask and only the
// descriptors 0-2, watched by pidfd, always reaped. Lives on one event loop.
#pragma once

#include <sys/types.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/system/error_code.hpp>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace tidegate::net {

namespace asio = boost::asio;

struct SpawnRequest {
    std::vector<std::string> argv{};         // argv[0] is looked up on PATH unless it has a slash
    std::vector<std::string> environment{};  // whole, as NAME=value
    int stdout_fd = 1;                       // what becomes the child's descriptor 1 and 2
    int stderr_fd = 2;
    // The child survives writing to a pipe that nobody reads any more (unless it wants to die of
    // it). REQUIRES: we ignore SIGPIPE ourselves.
    bool ignores_sigpipe = false;
};

// How a process ended: by exit(code) or by a signal, never both.
struct ExitStatus {
    int code = 0;
    int signal = 0;  // 0: it exited
    bool operator==(ExitStatus const&) const = default;
};

class ChildProcess {
public:
    using OnExit = std::function<void(ExitStatus)>;

    // on_exit is called once, on the loop, after the process was reaped; not if this object dies
    // first (a process still running then goes on, unreaped until our own end). stdin is /dev/null.
    static std::expected<std::unique_ptr<ChildProcess>, std::error_code> spawn(
        asio::io_context& io, SpawnRequest const& request, OnExit on_exit);

    // Watches a process that is not our child (adopted after a restart): on_exit then cannot know
    // the status and gets {-1, 0}. start_time: field 22 of /proc/<pid>/stat; a mismatch is ESRCH.
    static std::expected<std::unique_ptr<ChildProcess>, std::error_code> adopt(
        asio::io_context& io, pid_t pid, unsigned long long start_time, OnExit on_exit);

    ~ChildProcess();
    ChildProcess(ChildProcess const&) = delete;
    ChildProcess& operator=(ChildProcess const&) = delete;

    pid_t pid() const;
    bool running() const;
    // To the process alone through its pidfd (never to a recycled pid), or to its whole group.
    // Silently nothing once it has been reaped.
    void signal(int number);
    void signal_group(int number);

private:
    struct State;
    explicit ChildProcess(std::shared_ptr<State> state);
    std::shared_ptr<State> state_;
};

// Field 22 of /proc/<pid>/stat, the process's start in clock ticks since boot.
std::expected<unsigned long long, std::error_code> process_start_time(pid_t pid);

}  // namespace tidegate::net
