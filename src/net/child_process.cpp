#include "net/child_process.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>
extern "C" {
#include <sys/pidfd.h>  // glibc 2.36 forgot extern "C"
}

#include <array>
#include <cerrno>
#include <charconv>
#include <fstream>
#include <iterator>
#include <string_view>
#include <system_error>
#include <utility>

namespace tidegate::net {
namespace {

std::unexpected<std::error_code> failure(int error) {
    return std::unexpected(std::error_code(error, std::system_category()));
}

// A descriptor of ours, closed at the end of the scope unless released.
class OwnedFd {
public:
    explicit OwnedFd(int fd) : fd_(fd) {}
    ~OwnedFd() {
        if (fd_ >= 0) ::close(fd_);
    }
    OwnedFd(OwnedFd const&) = delete;
    OwnedFd& operator=(OwnedFd const&) = delete;
    int get() const { return fd_; }
    int release() { return std::exchange(fd_, -1); }

private:
    int fd_;
};

// posix_spawn wants char* const[] and writes to none of it.
std::vector<char*> pointers(std::vector<std::string> const& texts) {
    std::vector<char*> result;
    result.reserve(texts.size() + 1);
    for (auto const& text : texts) result.push_back(const_cast<char*>(text.c_str()));
    result.push_back(nullptr);
    return result;
}

class FileActions {
public:
    // out, error: descriptors above 2, so that their order does not matter. secret: above 3, or -1.
    FileActions(int out, int error, int secret) {
        ::posix_spawn_file_actions_init(&actions_);
        ::posix_spawn_file_actions_addopen(&actions_, 0, "/dev/null", O_RDONLY, 0);
        ::posix_spawn_file_actions_adddup2(&actions_, out, 1);
        ::posix_spawn_file_actions_adddup2(&actions_, error, 2);
        if (secret >= 0) ::posix_spawn_file_actions_adddup2(&actions_, secret, 3);
        ::posix_spawn_file_actions_addclosefrom_np(&actions_, secret >= 0 ? 4 : 3);
    }
    ~FileActions() { ::posix_spawn_file_actions_destroy(&actions_); }
    FileActions(FileActions const&) = delete;
    FileActions& operator=(FileActions const&) = delete;
    posix_spawn_file_actions_t const* get() const { return &actions_; }

private:
    posix_spawn_file_actions_t actions_{};
};

// Own process group, no signal blocked, every signal at its default unless SIGPIPE is wanted
// ignored.
class Attributes {
public:
    explicit Attributes(bool ignores_sigpipe) {
        ::posix_spawnattr_init(&attributes_);
        sigset_t none;
        sigset_t all;
        ::sigemptyset(&none);
        ::sigfillset(&all);
        if (ignores_sigpipe) ::sigdelset(&all, SIGPIPE);
        ::posix_spawnattr_setsigmask(&attributes_, &none);
        ::posix_spawnattr_setsigdefault(&attributes_, &all);
        ::posix_spawnattr_setpgroup(&attributes_, 0);
        ::posix_spawnattr_setflags(
            &attributes_, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    }
    ~Attributes() { ::posix_spawnattr_destroy(&attributes_); }
    Attributes(Attributes const&) = delete;
    Attributes& operator=(Attributes const&) = delete;
    posix_spawnattr_t const* get() const { return &attributes_; }

private:
    posix_spawnattr_t attributes_{};
};

// The read end of a pipe that holds the line, above 3; -1: there is no secret. The error is an
// errno.
std::expected<int, int> pipe_with(std::string secret) {
    if (secret.empty()) return -1;
    if (secret.size() >= kMostSecretBytes) return std::unexpected(E2BIG);
    secret += '\n';
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0) return std::unexpected(errno);
    OwnedFd const read_end(ends[0]);
    OwnedFd const write_end(ends[1]);
    if (::write(write_end.get(), secret.data(), secret.size()) < 0) return std::unexpected(errno);
    ::fcntl(read_end.get(), F_SETFL, 0);  // the child waits for nothing: everything is there
    int const above = ::fcntl(read_end.get(), F_DUPFD_CLOEXEC, 4);
    if (above < 0) return std::unexpected(errno);
    return above;
}

std::expected<pid_t, std::error_code> start(SpawnRequest const& request) {
    if (request.argv.empty() || request.argv.front().empty()) return failure(EINVAL);
    OwnedFd const out(::fcntl(request.stdout_fd, F_DUPFD_CLOEXEC, 3));
    if (out.get() < 0) return failure(errno);
    OwnedFd const error(::fcntl(request.stderr_fd, F_DUPFD_CLOEXEC, 3));
    if (error.get() < 0) return failure(errno);
    auto const pipe = pipe_with(request.secret);
    if (!pipe) return failure(pipe.error());
    OwnedFd const secret(*pipe);
    FileActions const actions(out.get(), error.get(), secret.get());
    Attributes const attributes(request.ignores_sigpipe);
    auto const argv = pointers(request.argv);
    auto const environment = pointers(request.environment);
    pid_t pid = -1;
    int const result = ::posix_spawnp(&pid, argv[0], actions.get(), attributes.get(), argv.data(),
                                      environment.data());
    if (result != 0) return failure(result);
    return pid;
}

ExitStatus status_of(siginfo_t const& info) {
    if (info.si_code == CLD_EXITED) return {.code = info.si_status, .signal = 0};
    return {.code = 0, .signal = info.si_status};
}

}  // namespace

struct ChildProcess::State {
    State(asio::io_context& io, pid_t process, int pidfd, bool child, OnExit handler)
        : descriptor(io, pidfd), pid(process), is_child(child), on_exit(std::move(handler)) {}

    static void watch(std::shared_ptr<State> const& state);
    void reap();

    asio::posix::stream_descriptor descriptor;
    pid_t pid;
    bool is_child;
    bool running = true;
    OnExit on_exit;
};

void ChildProcess::State::watch(std::shared_ptr<State> const& state) {
    state->descriptor.async_wait(asio::posix::stream_descriptor::wait_read,
                                 [state](boost::system::error_code const& error) {
                                     if (!error && state->running) state->reap();
                                 });
}

void ChildProcess::State::reap() {
    ExitStatus status{.code = -1, .signal = 0};
    if (is_child) {
        siginfo_t info{};
        int result = 0;
        do {
            result =
                ::waitid(P_PIDFD, static_cast<id_t>(descriptor.native_handle()), &info, WEXITED);
        } while (result < 0 && errno == EINTR);
        if (result == 0) status = status_of(info);
    }
    running = false;
    boost::system::error_code ignored;
    descriptor.close(ignored);
    // May destroy the ChildProcess: nothing of ours is touched afterwards.
    if (auto const handler = std::exchange(on_exit, nullptr)) handler(status);
}

ChildProcess::ChildProcess(std::shared_ptr<State> state) : state_(std::move(state)) {}

ChildProcess::~ChildProcess() {
    state_->on_exit = nullptr;
    state_->running = false;
    boost::system::error_code ignored;
    state_->descriptor.close(ignored);
}

std::expected<std::unique_ptr<ChildProcess>, std::error_code> ChildProcess::spawn(
    asio::io_context& io, SpawnRequest const& request, OnExit on_exit) {
    auto const pid = start(request);
    if (!pid) return std::unexpected(pid.error());
    OwnedFd pidfd(::pidfd_open(*pid, 0));  // not reaped yet, so the pid is still the child's
    if (pidfd.get() < 0) {
        int const error = errno;
        ::kill(-*pid, SIGKILL);
        while (::waitpid(*pid, nullptr, 0) < 0 && errno == EINTR) {
        }
        return failure(error);
    }
    auto state = std::make_shared<State>(io, *pid, pidfd.release(), true, std::move(on_exit));
    State::watch(state);
    return std::unique_ptr<ChildProcess>(new ChildProcess(std::move(state)));
}

std::expected<std::unique_ptr<ChildProcess>, std::error_code> ChildProcess::adopt(
    asio::io_context& io, pid_t pid, unsigned long long start_time, OnExit on_exit) {
    if (pid <= 0) return failure(ESRCH);
    OwnedFd pidfd(::pidfd_open(pid, 0));
    if (pidfd.get() < 0) return failure(errno);
    // Read after opening: when it matches, the descriptor cannot belong to a later process.
    auto const actual = process_start_time(pid);
    if (!actual || *actual != start_time) return failure(ESRCH);
    auto state = std::make_shared<State>(io, pid, pidfd.release(), false, std::move(on_exit));
    State::watch(state);
    return std::unique_ptr<ChildProcess>(new ChildProcess(std::move(state)));
}

pid_t ChildProcess::pid() const {
    return state_->pid;
}
bool ChildProcess::running() const {
    return state_->running;
}

void ChildProcess::signal(int number) {
    if (!state_->running) return;
    ::pidfd_send_signal(state_->descriptor.native_handle(), number, nullptr, 0);
}

void ChildProcess::signal_group(int number) {
    if (!state_->running) return;
    // Somebody else reaps an adopted process, after which its group's number may be anyone's.
    bool const there = ::pidfd_send_signal(state_->descriptor.native_handle(), 0, nullptr, 0) == 0;
    if (there) ::kill(-state_->pid, number);
}

std::expected<unsigned long long, std::error_code> process_start_time(pid_t pid) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
    std::string const text{std::istreambuf_iterator<char>(file), {}};
    auto const name_end = text.rfind(')');  // the name before it may hold anything
    if (name_end == std::string::npos) return failure(ESRCH);
    std::string_view rest(text);
    rest.remove_prefix(name_end + 1);
    constexpr int kFieldsBetween =
        20;  // fields 3 to 21, each after a space, and the space before 22
    for (int i = 0; i < kFieldsBetween; ++i) {
        auto const space = rest.find(' ');
        if (space == std::string_view::npos) return failure(ESRCH);
        rest.remove_prefix(space + 1);
    }
    unsigned long long ticks = 0;
    auto const [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), ticks);
    if (error != std::errc{}) return failure(ESRCH);
    return ticks;
}

}  // namespace tidegate::net
