#include "orchestrator/io/process/process_backend.hpp"

#include <unistd.h>

#include <boost/asio/post.hpp>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <utility>

#include "net/lease.hpp"

namespace tidegate::orchestrator {

namespace asio = boost::asio;
namespace fs = std::filesystem;

namespace {

constexpr std::string_view kLeaseSuffix = ".lock";

WorkerHandle handle_of(pid_t pid) {
    return WorkerHandle{static_cast<std::uint64_t>(pid)};
}

pid_t process_of(WorkerHandle handle) {
    return static_cast<pid_t>(handle);
}

WorkerExit exit_of(net::ExitStatus status) {
    if (status.signal != 0) return {WorkerExit::Kind::signal, status.signal};
    if (status.code < 0)
        return {WorkerExit::Kind::unknown};  // it was not our child, so the kernel does not tell us
    return {WorkerExit::Kind::code, status.code};
}

// The time at which a process started, from the ticks since boot that /proc tells. Those ticks
// count the time that the machine slept; our monotonic clock does not.
Time time_of(unsigned long long ticks) {
    timespec since_boot{};
    ::clock_gettime(CLOCK_BOOTTIME, &since_boot);
    auto const now =
        std::chrono::seconds{since_boot.tv_sec} + std::chrono::nanoseconds{since_boot.tv_nsec};
    static auto const kTicksPerSecond = static_cast<double>(::sysconf(_SC_CLK_TCK));
    std::chrono::duration<double> const started{static_cast<double>(ticks) / kTicksPerSecond};
    return Clock::now() - std::chrono::duration_cast<Clock::duration>(now - started);
}

std::vector<DubReport> dubs_of(Notification const& notification) {
    std::vector<DubReport> dubs;
    for (auto const& line : notification.dubs) {
        if (auto report = parse_dub_report(line)) dubs.push_back(*std::move(report));
    }
    return dubs;
}

// The words of a file below /proc/<pid>; nullopt: it cannot be read.
std::optional<std::vector<std::string>> words_of(pid_t pid, char const* name) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/" + name, std::ios::binary);
    if (!file) return std::nullopt;
    std::vector<std::string> words;
    for (std::string word; std::getline(file, word, '\0');) words.push_back(std::move(word));
    return words;
}

}  // namespace

ProcessBackendSettings worker_backend_settings(WorkerCommand const& command) {
    ProcessBackendSettings settings;
    settings.launch = [command](std::string const& name, std::string const& lease_file,
                                action::Spawn const& spawn) {
        return Launch{worker_arguments(command, name, lease_file, spawn),
                      worker_secrets(command, spawn.params)};
    };
    settings.works_with = [command](RunningProgram const& program) {
        return worker_works_with(command, program);
    };
    return settings;
}

ProcessBackend::ProcessBackend(asio::io_context& io, ProcessBackendSettings settings)
    : io_(io), settings_(std::move(settings)) {}

ProcessBackend::~ProcessBackend() {
    close();
}

std::expected<void, std::string> ProcessBackend::open(WorkerListener& listener) {
    std::error_code error;
    std::signal(SIGPIPE, SIG_IGN);  // workers inherit it: they outlive the reader of their output
    fs::create_directories(settings_.state_dir, error);
    if (error) {
        return std::unexpected("state directory " + settings_.state_dir + ": " + error.message());
    }
    auto const socket_path = settings_.notify_socket.empty()
                                 ? fs::path(settings_.state_dir) / "notify.sock"
                                 : fs::path(settings_.notify_socket);
    auto socket =
        NotifySocket::open(io_, fs::absolute(socket_path).string(),
                           [this](pid_t pid, Notification const& n) { on_notification(pid, n); });
    if (!socket) return std::unexpected(socket.error());
    notify_ = std::move(*socket);
    *listener_ = &listener;
    for (auto& [name, found] : find_running()) report_later(name, std::move(found));
    post([](WorkerListener& to) { to.on_listed(); });
    return {};
}

void ProcessBackend::close() {
    *listener_ = nullptr;
    notify_.reset();
    names_.clear();
    processes_.clear();
}

std::vector<std::pair<std::string, event::Adopted>> ProcessBackend::find_running() const {
    std::vector<std::pair<std::string, event::Adopted>> found;
    std::error_code error;
    for (auto const& entry : fs::directory_iterator(settings_.state_dir, error)) {
        auto const& path = entry.path();
        auto const name = path.stem().string();
        if (path.extension() != kLeaseSuffix || !settings_.is_name(name)) continue;
        if (auto found_one = unknown_holder(name)) {
            found.emplace_back(name, *std::move(found_one));
        }
    }
    return found;
}

std::string ProcessBackend::lease_file(std::string_view name) const {
    return (fs::path(settings_.state_dir) / (std::string(name) + std::string(kLeaseSuffix)))
        .string();
}

net::SpawnRequest ProcessBackend::request_for(std::string const& name,
                                              action::Spawn const& spawn) const {
    auto launch = settings_.launch(name, lease_file(name), spawn);
    net::SpawnRequest request;
    request.argv = std::move(launch.argv);
    request.secret = std::move(launch.secret);
    request.environment = settings_.environment;
    request.environment.push_back("NOTIFY_SOCKET=" + notify_->path());
    request.environment.push_back("WATCHDOG_USEC=" + std::to_string(settings_.heartbeat.count()));
    for (auto& own : launch.environment) request.environment.push_back(std::move(own));
    return request;
}

std::optional<WorksWith> ProcessBackend::works_with(pid_t pid) const {
    auto argv = words_of(pid, "cmdline");
    auto environment = words_of(pid, "environ");
    if (!argv || !environment) return std::nullopt;
    return settings_.works_with({*std::move(argv), *std::move(environment)});
}

void ProcessBackend::start(std::string const& name, action::Spawn const& spawn) {
    auto const pipe = open_log_pipe();
    if (pipe.read < 0) {
        return report_later(name, event::SpawnFailed{spawn.generation, std::strerror(errno)});
    }
    auto log = std::make_unique<WorkerLog>(io_, pipe.read, name, on_line(name));
    auto request = request_for(name, spawn);
    request.stdout_fd = request.stderr_fd = pipe.write;
    request.ignores_sigpipe = true;
    auto child = net::ChildProcess::spawn(io_, request, on_exit(name, spawn.generation));
    ::close(pipe.write);
    if (!child) {
        return report_later(name, event::SpawnFailed{spawn.generation, child.error().message()});
    }
    auto const handle = handle_of((*child)->pid());
    keep(name, {spawn.generation, std::move(*child), std::move(log)});
    report_later(name, event::WorkerSpawned{spawn.generation, handle});
}

void ProcessBackend::adopt(std::string const& name, action::Adopt const& adopt) {
    auto const pid = process_of(adopt.handle);
    auto const started = net::process_start_time(pid);
    auto child =
        net::ChildProcess::adopt(io_, pid, started.value_or(0), on_exit(name, adopt.generation));
    if (!child) {
        return report_later(name,
                            event::WorkerExited{adopt.generation, {WorkerExit::Kind::unknown}});
    }
    keep(name,
         {adopt.generation, std::move(*child), WorkerLog::reopen(io_, pid, name, on_line(name))});
}

void ProcessBackend::keep(std::string const& name, Process process) {
    names_[process.child->pid()] = name;
    processes_[name] = std::move(process);
}

net::ChildProcess::OnExit ProcessBackend::on_exit(std::string const& name, Generation generation) {
    return [this, name, generation](net::ExitStatus status) {
        exited(name, generation, exit_of(status));
    };
}

WorkerLog::OnLine ProcessBackend::on_line(std::string const& name) {
    return [this, name](std::string_view line) {
        if (*listener_ != nullptr) (*listener_)->on_worker_line(name, line);
    };
}

void ProcessBackend::exited(std::string const& name, Generation generation,
                            WorkerExit const& exit) {
    auto const process = processes_.find(name);
    if (process == processes_.end() || process->second.generation != generation) return;
    if (process->second.log) process->second.log->finish();
    names_.erase(process->second.child->pid());
    processes_.erase(process);
    report(name, event::WorkerExited{generation, exit});
    // An earlier service may have started a worker just before it died. If that worker took its
    // lease only after find_running(), it serves the stream, and ours has ended because of it.
    if (auto const found = unknown_holder(name)) report(name, *found);
}

std::optional<event::Adopted> ProcessBackend::unknown_holder(std::string const& name) const {
    if (processes_.contains(name)) return std::nullopt;  // it is one of ours
    auto const file = lease_file(name);
    auto const holder = net::read_lease(file);
    if (!holder) return std::nullopt;
    if (!*holder) {  // a killed worker has left its file
        net::remove_stale_lease(file);
        return std::nullopt;
    }
    // A holder locks the file first and writes into it then, so the text may still be about the
    // holder before.
    auto const started = net::process_start_time((*holder)->pid);
    if (!started || *started != (*holder)->start_time) return std::nullopt;
    event::Adopted found{handle_of((*holder)->pid), (*holder)->run_id, std::nullopt,
                         time_of(*started)};
    if (auto with = works_with((*holder)->pid)) {
        found.params = std::move(with->params);
        found.router = std::move(with->router);
    }
    return found;
}

void ProcessBackend::stop(std::string const& name, WorkerHandle handle) {
    signal(name, handle, SIGTERM);
}

void ProcessBackend::kill(std::string const& name, WorkerHandle handle) {
    signal(name, handle, SIGKILL);
}

void ProcessBackend::stop_all() {
    signal_all(SIGTERM);
}

void ProcessBackend::kill_all() {
    signal_all(SIGKILL);
}

// The whole process group gets the signal, so that what a worker has started ends with it.
void ProcessBackend::signal(std::string const& name, WorkerHandle handle, int number) {
    auto const process = processes_.find(name);
    if (process == processes_.end()) return;
    auto& child = *process->second.child;
    if (handle_of(child.pid()) == handle) child.signal_group(number);
}

void ProcessBackend::signal_all(int number) {
    for (auto const& [name, process] : processes_) process.child->signal_group(number);
}

std::optional<int> ProcessBackend::pid_of(WorkerHandle handle) const {
    return process_of(handle);
}

void ProcessBackend::on_notification(pid_t pid, Notification const& notification) {
    auto const sender = names_.find(pid);
    if (sender == names_.end()) return;  // not a worker of ours, or one that is gone
    auto const name = sender->second;
    auto const generation = processes_.at(name).generation;
    if (notification.status) {
        report(name, event::WorkerStatus{generation, *notification.status, notification.trouble,
                                         notification.holding, parse_figures(notification.figures),
                                         dubs_of(notification),
                                         parse_forward_report(notification.forward)});
    }
    for (auto const& line : notification.captions) {
        if (auto const caption = parse_dub_caption(line); caption && *listener_ != nullptr) {
            (*listener_)->on_worker_caption(name, *caption);
        }
    }
    if (notification.ready) report(name, event::WorkerReady{generation});
    if (notification.watchdog) report(name, event::WorkerProgress{generation});
}

void ProcessBackend::report(std::string const& name, Event const& event) {
    if (*listener_ != nullptr) (*listener_)->on_worker_event(name, event);
}

void ProcessBackend::report_later(std::string const& name, Event event) {
    post([name, event = std::move(event)](WorkerListener& to) { to.on_worker_event(name, event); });
}

void ProcessBackend::post(std::function<void(WorkerListener&)> what) {
    asio::post(io_, [listener = listener_, what = std::move(what)] {
        if (*listener != nullptr) what(**listener);
    });
}

}  // namespace tidegate::orchestrator
