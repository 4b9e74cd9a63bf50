// The worker backend (core/worker_backend.hpp) whose workers are processes of this machine. Each
// worker leads a process group of its own, is watched by pidfd, reports by sd_notify, and locks a
// lease file while it lives. The next media-service finds the workers that this one leaves behind
// by their lease files. A handle is a process id. The control plane's loop only.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/stream_id.hpp"
#include "net/child_process.hpp"
#include "orchestrator/core/launch.hpp"
#include "orchestrator/core/worker_backend.hpp"
#include "orchestrator/core/worker_command.hpp"
#include "orchestrator/io/process/notify_socket.hpp"
#include "orchestrator/io/process/worker_log.hpp"

namespace tidegate::orchestrator {

struct ProcessBackendSettings {
    // How the program of this name is started.
    std::function<Launch(std::string const& name, std::string const& lease_file,
                         action::Spawn const& spawn)>
        launch;
    // What a program that was found running works with.
    std::function<WorksWith(RunningProgram const& program)> works_with;
    bool (*is_name)(std::string_view) = &base::is_stream_id;
    std::string state_dir;  // lease files; made if missing
    // The path of the notify socket; empty: notify.sock in state_dir. A socket's path has at most
    // 107 bytes (unix(7)), so forwarders, whose state_dir is below that of workers, have a short
    // one.
    std::string notify_socket;
    std::vector<std::string> environment;  // NAME=value each, inherited by workers
    // How often a worker is asked to report that media advances (WATCHDOG_USEC).
    std::chrono::microseconds heartbeat = kHeartbeat;
};

// For stream-workers.
ProcessBackendSettings worker_backend_settings(WorkerCommand const& command);

class ProcessBackend final : public WorkerBackend {
public:
    ProcessBackend(boost::asio::io_context& io, ProcessBackendSettings settings);
    ~ProcessBackend() override;
    ProcessBackend(ProcessBackend const&) = delete;
    ProcessBackend& operator=(ProcessBackend const&) = delete;

    std::expected<void, std::string> open(WorkerListener& listener) override;
    void close() override;
    void start(std::string const& name, action::Spawn const& spawn) override;
    void adopt(std::string const& name, action::Adopt const& adopt) override;
    void stop(std::string const& name, WorkerHandle handle) override;
    void kill(std::string const& name, WorkerHandle handle) override;
    void stop_all() override;
    void kill_all() override;
    std::size_t running() const override { return processes_.size(); }
    std::optional<int> pid_of(WorkerHandle handle) const override;

    // The workers that hold a lease and were neither started nor adopted by us.
    std::vector<std::pair<std::string, event::Adopted>> find_running() const;

private:
    struct Process {
        Generation generation = 0;
        std::unique_ptr<net::ChildProcess> child;
        std::unique_ptr<WorkerLog> log;  // null: adopted, and its stdout is no pipe
    };

    void keep(std::string const& name, Process process);
    void signal(std::string const& name, WorkerHandle handle, int number);
    void signal_all(int number);
    net::ChildProcess::OnExit on_exit(std::string const& name, Generation generation);
    WorkerLog::OnLine on_line(std::string const& name);
    void exited(std::string const& name, Generation generation, WorkerExit const& exit);
    // The process that holds the lease of this name; nullopt: nobody does, or a process of ours.
    std::optional<event::Adopted> unknown_holder(std::string const& name) const;
    void on_notification(pid_t pid, Notification const& notification);
    void report(std::string const& name, Event const& event);
    void report_later(std::string const& name, Event event);
    void post(std::function<void(WorkerListener&)> what);
    net::SpawnRequest request_for(std::string const& name, action::Spawn const& spawn) const;
    std::optional<WorksWith> works_with(pid_t pid) const;
    std::string lease_file(std::string_view name) const;

    boost::asio::io_context& io_;
    ProcessBackendSettings const settings_;
    // Null while closed. Shared with what is posted, which must not use it afterwards.
    std::shared_ptr<WorkerListener*> listener_ = std::make_shared<WorkerListener*>(nullptr);
    std::unique_ptr<NotifySocket> notify_;
    std::map<std::string, Process, std::less<>> processes_;  // by name: there is never a second one
    std::map<pid_t, std::string> names_;                     // by process id, for notifications
};

}  // namespace tidegate::orchestrator
