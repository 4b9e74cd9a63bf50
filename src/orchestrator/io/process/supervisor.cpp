#include "orchestrator/io/process/supervisor.hpp"

#include <unistd.h>

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

#include "base/stream_id.hpp"
#include "net/lease.hpp"

namespace tidegate::orchestrator {

namespace asio = boost::asio;
namespace fs = std::filesystem;

namespace {

constexpr std::string_view kLeaseSuffix = ".lock";

// How often the end of the workers is looked for while stopping.
constexpr std::chrono::milliseconds kStopPoll{20};

WorkerExit exit_of(net::ExitStatus status) {
    if (status.signal != 0) return {WorkerExit::Kind::signal, status.signal};
    if (status.code < 0) return {WorkerExit::Kind::unknown, 0};  // adopted: nobody told us
    return {WorkerExit::Kind::code, status.code};
}

// When a process began, by its ticks since boot; they count what the machine slept, our clock does
// not.
Time time_of(unsigned long long ticks) {
    timespec since_boot{};
    ::clock_gettime(CLOCK_BOOTTIME, &since_boot);
    auto const now =
        std::chrono::seconds{since_boot.tv_sec} + std::chrono::nanoseconds{since_boot.tv_nsec};
    static auto const kTicksPerSecond = static_cast<double>(::sysconf(_SC_CLK_TCK));
    std::chrono::duration<double> const started{static_cast<double>(ticks) / kTicksPerSecond};
    return Clock::now() - std::chrono::duration_cast<Clock::duration>(now - started);
}

// The words after each --param of a running worker; nullopt when its command line cannot be read.
std::optional<Params> params_of(pid_t pid) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/cmdline", std::ios::binary);
    if (!file) return std::nullopt;
    std::string const text{std::istreambuf_iterator<char>(file), {}};
    Params params;
    bool value_follows = false;
    for (std::size_t start = 0; start < text.size();) {
        auto const end = std::min(text.find('\0', start), text.size());
        auto const word = text.substr(start, end - start);
        if (value_follows) {
            auto const equals = word.find('=');
            if (equals != std::string::npos)
                params[word.substr(0, equals)] = word.substr(equals + 1);
        }
        value_follows = word == "--param";
        start = end + 1;
    }
    return params;
}

}  // namespace

std::expected<std::unique_ptr<Supervisor>, std::string> Supervisor::create(
    asio::io_context& io, SupervisorSettings settings, Report report) {
    std::error_code error;
    std::signal(SIGPIPE, SIG_IGN);  // workers inherit it: they outlive the reader of their output
    fs::create_directories(settings.state_dir, error);
    if (error) {
        return std::unexpected("state directory " + settings.state_dir + ": " + error.message());
    }
    auto const socket_path = (fs::absolute(settings.state_dir) / "notify.sock").string();
    std::unique_ptr<Supervisor> supervisor(
        new Supervisor(io, std::move(settings), std::move(report)));
    auto socket = NotifySocket::open(io, socket_path,
                                     [raw = supervisor.get()](pid_t pid, Notification const& n) {
                                         raw->on_notification(pid, n);
                                     });
    if (!socket) return std::unexpected(socket.error());
    supervisor->notify_ = std::move(*socket);
    return supervisor;
}

Supervisor::Supervisor(asio::io_context& io, SupervisorSettings settings, Report report)
    : io_(io), settings_(std::move(settings)), report_(std::move(report)) {}

Supervisor::~Supervisor() {
    *alive_ = false;
}

std::vector<std::pair<std::string, event::Adopted>> Supervisor::find_running() const {
    std::vector<std::pair<std::string, event::Adopted>> found;
    std::error_code error;
    for (auto const& entry : fs::directory_iterator(settings_.state_dir, error)) {
        auto const& path = entry.path();
        auto const stream_id = path.stem().string();
        if (path.extension() != kLeaseSuffix || !base::is_stream_id(stream_id)) continue;
        if (auto found_one = unknown_holder(stream_id)) {
            found.emplace_back(stream_id, *std::move(found_one));
        }
    }
    return found;
}

void Supervisor::perform(Command const& command) {
    if (auto const* const wanted = std::get_if<action::Spawn>(&command.action)) {
        spawn(command.stream_id, *wanted);
    } else if (auto const* const signalled = std::get_if<action::Signal>(&command.action)) {
        signal(command.stream_id, *signalled);
    } else if (auto const* const adopted = std::get_if<action::Watch>(&command.action)) {
        watch(command.stream_id, *adopted);
    }
}

std::string Supervisor::lease_file(std::string_view stream_id) const {
    return (fs::path(settings_.state_dir) / (std::string(stream_id) + std::string(kLeaseSuffix)))
        .string();
}

net::SpawnRequest Supervisor::request_for(std::string const& stream_id,
                                          action::Spawn const& spawn) const {
    net::SpawnRequest request;
    request.argv = settings_.worker_command;
    for (auto const& word : std::initializer_list<std::string>{
             "--stream-id", stream_id, "--input",
             settings_.input_url + "/" + base::stream_path(stream_id, base::Direction::in),
             "--output",
             settings_.rtmp_url + "/" + base::stream_path(stream_id, base::Direction::out),
             "--run-id", spawn.run_id, "--lease", lease_file(stream_id)}) {
        request.argv.push_back(word);
    }
    for (auto& word : to_arguments(spawn.params)) request.argv.push_back(std::move(word));
    request.environment = settings_.environment;
    request.environment.push_back("NOTIFY_SOCKET=" + notify_->path());
    request.environment.push_back("WATCHDOG_USEC=" + std::to_string(settings_.watchdog.count()));
    auto const& login = settings_.worker_login;
    if (login.password.empty()) return request;
    for (std::string const side : {"INPUT", "OUTPUT"}) {
        request.environment.push_back(side + "_USER=" + login.user);
        request.environment.push_back(side + "_PASSWORD=" + login.password);
    }
    return request;
}

void Supervisor::spawn(std::string const& stream_id, action::Spawn const& spawn) {
    auto const pipe = open_output_pipe();
    if (pipe.read < 0) {
        return report_later(stream_id, event::SpawnFailed{spawn.generation, errno});
    }
    auto output = std::make_unique<WorkerOutput>(io_, pipe.read, stream_id);
    auto request = request_for(stream_id, spawn);
    request.stdout_fd = request.stderr_fd = pipe.write;
    request.ignores_sigpipe = true;
    auto process = net::ChildProcess::spawn(io_, request, on_exit(stream_id, spawn.generation));
    ::close(pipe.write);
    if (!process) {
        return report_later(stream_id,
                            event::SpawnFailed{spawn.generation, process.error().value()});
    }
    auto const pid = (*process)->pid();
    keep(stream_id, spawn.generation, std::move(*process), std::move(output));
    report_later(stream_id, event::WorkerSpawned{spawn.generation, pid});
}

void Supervisor::watch(std::string const& stream_id, action::Watch const& watch) {
    auto const started = net::process_start_time(watch.pid);
    auto process = net::ChildProcess::adopt(io_, watch.pid, started.value_or(0),
                                            on_exit(stream_id, watch.generation));
    if (!process) {
        return report_later(stream_id,
                            event::WorkerExited{watch.generation, {WorkerExit::Kind::unknown, 0}});
    }
    keep(stream_id, watch.generation, std::move(*process),
         WorkerOutput::reopen(io_, watch.pid, stream_id));
}

void Supervisor::keep(std::string const& stream_id, Generation generation,
                      std::unique_ptr<net::ChildProcess> process,
                      std::unique_ptr<WorkerOutput> output) {
    streams_[process->pid()] = stream_id;
    workers_[stream_id] = {generation, std::move(process), std::move(output)};
}

net::ChildProcess::OnExit Supervisor::on_exit(std::string const& stream_id, Generation generation) {
    return [this, stream_id, generation](net::ExitStatus status) {
        exited(stream_id, generation, exit_of(status));
    };
}

void Supervisor::exited(std::string const& stream_id, Generation generation, WorkerExit exit) {
    auto const worker = workers_.find(stream_id);
    if (worker == workers_.end() || worker->second.generation != generation) return;
    if (worker->second.output) worker->second.output->finish();
    streams_.erase(worker->second.process->pid());
    workers_.erase(worker);
    report_(stream_id, event::WorkerExited{generation, exit});
    // One that an earlier service had just started when it died, and whose lease came too late for
    // find_running(): it serves the stream, and ours ended because of it.
    if (auto const found = unknown_holder(stream_id)) report_(stream_id, *found);
}

std::optional<event::Adopted> Supervisor::unknown_holder(std::string const& stream_id) const {
    if (workers_.contains(stream_id)) return std::nullopt;  // started again at once
    auto const file = lease_file(stream_id);
    auto const holder = net::read_lease(file);
    if (!holder) return std::nullopt;
    if (!*holder) {  // one that was killed has left it
        net::remove_stale_lease(file);
        return std::nullopt;
    }
    // A new holder locks first and writes then: what the file tells may be of the one before.
    auto const started = net::process_start_time((*holder)->pid);
    if (!started || *started != (*holder)->start_time) return std::nullopt;
    return event::Adopted{(*holder)->pid, (*holder)->run_id, params_of((*holder)->pid),
                          time_of(*started)};
}

void Supervisor::signal(std::string const& stream_id, action::Signal const& signal) {
    auto const worker = workers_.find(stream_id);
    if (worker == workers_.end() || worker->second.generation != signal.generation) return;
    worker->second.process->signal_group(signal.kind == action::Signal::Kind::kill ? SIGKILL
                                                                                   : SIGTERM);
}

void Supervisor::on_notification(pid_t pid, Notification const& notification) {
    auto const stream = streams_.find(pid);
    if (stream == streams_.end()) return;  // not a worker of ours, or one that is gone
    auto const id = stream->second;
    auto const generation = workers_.at(id).generation;
    if (notification.status) {
        report_(id, event::WorkerStatus{generation, *notification.status, notification.trouble});
    }
    if (notification.ready) report_(id, event::WorkerReady{generation});
    if (notification.watchdog) report_(id, event::WorkerProgress{generation});
}

void Supervisor::report_later(std::string const& stream_id, Event event) {
    asio::post(io_, [this, alive = alive_, stream_id, event = std::move(event)] {
        if (*alive) report_(stream_id, event);
    });
}

asio::awaitable<void> Supervisor::stop_all(std::chrono::milliseconds deadline) {
    for (auto const& [id, worker] : workers_) worker.process->signal_group(SIGTERM);
    auto const kill_at = Clock::now() + deadline;
    bool killed = false;
    asio::steady_timer timer(io_);
    while (!workers_.empty()) {
        if (!killed && Clock::now() >= kill_at) {
            killed = true;
            for (auto const& [id, worker] : workers_) worker.process->signal_group(SIGKILL);
        }
        timer.expires_after(kStopPoll);
        boost::system::error_code ignored;
        co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
}

}  // namespace tidegate::orchestrator
