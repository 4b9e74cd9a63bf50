// Performs what the fleet commands: starts workers, signals them, watches them, and reports what
// becomes of each. It decides nothing. Workers outlive it unless they are told to stop: their
// leases let the next supervisor adopt them (design §6). The control loop only.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/child_process.hpp"
#include "orchestrator/core/fleet.hpp"
#include "orchestrator/core/login.hpp"
#include "orchestrator/io/process/notify_socket.hpp"
#include "orchestrator/io/process/worker_output.hpp"

namespace tidegate::orchestrator {

struct SupervisorSettings {
    std::vector<std::string> worker_command;  // argv[0] and leading arguments
    // Where workers read, over RTSP or RTMP: "rtsp://127.0.0.1:8554", without a trailing slash.
    std::string input_url;
    std::string rtmp_url;                  // where they publish: "rtmp://127.0.0.1:1935"
    std::string state_dir;                 // locks and the notify socket
    std::vector<std::string> environment;  // NAME=value each, inherited by workers
    Login worker_login;                    // what workers read and publish as
    // How often a worker with media says so; far below Policy::watchdog.
    std::chrono::microseconds watchdog{2'000'000};
};

class Supervisor {
public:
    // Called from the loop, never from inside perform().
    using Report = std::function<void(std::string const& stream_id, Event event)>;

    // Makes state_dir if it is missing. The error is a sentence.
    static std::expected<std::unique_ptr<Supervisor>, std::string> create(
        boost::asio::io_context& io, SupervisorSettings settings, Report report);
    ~Supervisor();
    Supervisor(Supervisor const&) = delete;
    Supervisor& operator=(Supervisor const&) = delete;

    // The live workers of an earlier service, by their leases; each is to be handed to the fleet.
    std::vector<std::pair<std::string, event::Adopted>> find_running() const;

    void perform(Command const& command);

    std::size_t running() const { return workers_.size(); }
    // SIGTERM to every worker, SIGKILL to those that remain at the deadline; ends when all are
    // reaped.
    boost::asio::awaitable<void> stop_all(std::chrono::milliseconds deadline);

private:
    struct Worker {
        Generation generation = 0;
        std::unique_ptr<net::ChildProcess> process;
        std::unique_ptr<WorkerOutput> output;  // null: adopted, and its stdout is no pipe
    };

    Supervisor(boost::asio::io_context& io, SupervisorSettings settings, Report report);
    void spawn(std::string const& stream_id, action::Spawn const& spawn);
    void watch(std::string const& stream_id, action::Watch const& watch);
    void signal(std::string const& stream_id, action::Signal const& signal);
    void keep(std::string const& stream_id, Generation generation,
              std::unique_ptr<net::ChildProcess> process, std::unique_ptr<WorkerOutput> output);
    net::ChildProcess::OnExit on_exit(std::string const& stream_id, Generation generation);
    // The worker whose lease this is, when it is none of ours.
    std::optional<event::Adopted> unknown_holder(std::string const& stream_id) const;
    void exited(std::string const& stream_id, Generation generation, WorkerExit exit);
    void on_notification(pid_t pid, Notification const& notification);
    void report_later(std::string const& stream_id, Event event);
    net::SpawnRequest request_for(std::string const& stream_id, action::Spawn const& spawn) const;
    std::string lease_file(std::string_view stream_id) const;

    boost::asio::io_context& io_;
    SupervisorSettings const settings_;
    Report report_;
    std::unique_ptr<NotifySocket> notify_;
    std::map<std::string, Worker, std::less<>> workers_;  // by stream: there is never a second one
    std::map<pid_t, std::string> streams_;                // for notifications
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace tidegate::orchestrator
