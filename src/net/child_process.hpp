// A child process, started by posix_spawn. It leads a process group of its own, and has no blocked
// signal and no descriptor but 0 to 2, and 3 if it is given a secret. A pidfd tells its end; it is
// always reaped. One event loop.
#pragma once

#include <sys/types.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/system/error_code.hpp>
#include <cstddef>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace tidegate::net {

namespace asio = boost::asio;

// A pipe takes so much at once, whether somebody reads it or not.
inline constexpr std::size_t kMostSecretBytes = 16 * 1024;

struct SpawnRequest {
    std::vector<std::string> argv{};         // argv[0] is looked up on PATH unless it has a slash
    std::vector<std::string> environment{};  // all of it, NAME=value each
    int stdout_fd = 1;                       // our descriptor that becomes the child's 1
    int stderr_fd = 2;                       // and the child's 2
    // One line that the child reads from its descriptor 3, which neither argv nor the environment
    // shows; empty: it has no descriptor 3. At most kMostSecretBytes.
    std::string secret{};
    // The child begins with SIGPIPE ignored: a write to a pipe that nobody reads then fails, and
    // does not kill it. REQUIRES: we ignore SIGPIPE ourselves.
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

    // Starts the child with /dev/null as stdin. on_exit is called once, on the loop, after it was
    // reaped. It is not called if this object dies first; the child then goes on, unwatched.
    static std::expected<std::unique_ptr<ChildProcess>, std::error_code> spawn(
        asio::io_context& io, SpawnRequest const& request, OnExit on_exit);

    // Watches a process that is not our child, so its status cannot be known: on_exit gets {-1, 0}.
    // start_time: see process_start_time(). If the process has another one, the error is ESRCH.
    static std::expected<std::unique_ptr<ChildProcess>, std::error_code> adopt(
        asio::io_context& io, pid_t pid, unsigned long long start_time, OnExit on_exit);

    ~ChildProcess();
    ChildProcess(ChildProcess const&) = delete;
    ChildProcess& operator=(ChildProcess const&) = delete;

    pid_t pid() const;
    bool running() const;
    // Sends a signal to the process alone, or to its whole process group. The pidfd makes sure that
    // no later process with the same pid gets it. Does nothing once the process has ended.
    void signal(int number);
    void signal_group(int number);

private:
    struct State;
    explicit ChildProcess(std::shared_ptr<State> state);
    std::shared_ptr<State> state_;
};

// When a process was started, in clock ticks since boot: field 22 of /proc/<pid>/stat.
std::expected<unsigned long long, std::error_code> process_start_time(pid_t pid);

}  // namespace tidegate::net
