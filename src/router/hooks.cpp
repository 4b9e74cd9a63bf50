#include "router/hooks.hpp"

#include <algorithm>
#include <atomic>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <csignal>
#include <deque>
#include <map>

#include "log/log.hpp"
#include "net/child_process.hpp"
#include "router/hook_command.hpp"

namespace tidegate::router {
namespace {

void say(HookCommand const& hook, std::string_view what) {
    log::write(log::Level::info, "hook",
               hook.prefix + " " + hook.name + " command " + std::string(what));
}

// "exited with code 3" or "killed by signal 9", MediaMTX's words for the first.
std::string ending(net::ExitStatus const& status) {
    if (status.signal != 0) return "command killed by signal " + std::to_string(status.signal);
    return "command exited with code " + std::to_string(status.code);
}

std::string_view value_in(HookVariables const& variables,
                          std::vector<std::string> const& environment, std::string_view name) {
    for (auto at = variables.rbegin(); at != variables.rend(); ++at) {
        if (at->first == name) return at->second;
    }
    for (std::string_view const entry : environment) {
        if (entry.size() > name.size() && entry[name.size()] == '=' && entry.starts_with(name)) {
            return entry.substr(name.size() + 1);
        }
    }
    return {};
}

// The server's environment with the hook's variables over it. NUL cannot be passed and ends a
// value.
std::vector<std::string> merged_environment(std::vector<std::string> const& environment,
                                            HookVariables const& variables) {
    std::map<std::string, std::string, std::less<>> merged;
    for (auto const& entry : environment) {
        auto const equals = std::min(entry.find('='), entry.size());
        merged[entry.substr(0, equals)] = entry;
    }
    for (auto const& [name, value] : variables) {
        merged[name] = name + "=" + value.substr(0, value.find('\0'));
    }
    std::vector<std::string> result;
    result.reserve(merged.size());
    for (auto& [name, entry] : merged) result.push_back(std::move(entry));
    return result;
}

std::expected<net::SpawnRequest, std::string> request_of(
    HookCommand const& hook, std::vector<std::string> const& environment) {
    auto words = split_command(hook.command);
    if (!words) return std::unexpected(words.error());
    if (words->empty()) return std::unexpected("the command is blank");
    net::SpawnRequest request;
    for (auto const& word : *words) {
        request.argv.push_back(expand_variables(word, [&](std::string_view name) {
            return value_in(hook.variables, environment, name);
        }));
    }
    request.environment = merged_environment(environment, hook.variables);
    return request;
}

// Go's words, so that an operator's search for them still finds them.
std::string spawn_error(std::string const& program, std::error_code error) {
    if (error == std::errc::no_such_file_or_directory && !program.contains('/')) {
        return "exec: \"" + program + "\": executable file not found in $PATH";
    }
    return "fork/exec " + program + ": " + error.message();
}

}  // namespace

// Everything but the counters is touched on the loop only.
class Hooks::Impl : public std::enable_shared_from_this<Impl> {
public:
    Impl(asio::io_context& io, std::vector<std::string> environment, HookDelays delays)
        : io_(io), environment_(std::move(environment)), delays_(delays), changed_(io) {
        changed_.expires_at(asio::steady_timer::time_point::max());
    }

    HookId start(HookCommand command) {
        if (command.command.empty()) return {};
        say(command, "started");
        HookId id{next_id(),
                  std::make_shared<std::string const>(command.prefix + " " + command.name)};
        post([this, number = id.number, hook = std::move(command)]() mutable {
            add(number, std::move(hook));
        });
        return id;
    }

    void launch(HookCommand command) {
        if (command.command.empty()) return;
        command.restart = false;
        say(command, "launched");
        auto const id = next_id();
        post([this, id, hook = std::move(command)]() mutable { add(id, std::move(hook)); });
    }

    void stop(HookId const& id, std::string_view reason) {
        if (id.label == nullptr) return;
        auto line = *id.label + " command stopped";
        if (!reason.empty()) line += ": " + std::string(reason);
        log::write(log::Level::info, "hook", line);
        post([this, number = id.number] { end(number); });
    }

    asio::awaitable<void> drain(std::chrono::milliseconds deadline) {
        draining_ = true;
        remove_idle();
        asio::steady_timer timer(io_, deadline);
        auto const self = shared_from_this();
        timer.async_wait([self](boost::system::error_code error) {
            if (!error) self->kill_all();
        });
        while (count_.load() != 0) {
            boost::system::error_code ignored;
            co_await changed_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
        }
    }

    std::size_t running() const { return count_.load(); }

private:
    struct Entry {
        explicit Entry(asio::io_context& io) : timer(io) {}
        HookCommand hook;
        std::unique_ptr<net::ChildProcess> process;
        asio::steady_timer timer;  // until the restart, or until SIGKILL
        bool stopped = false;
        bool waiting = false;  // for its turn
    };

    std::uint64_t next_id() {
        count_.fetch_add(1);
        return ids_.fetch_add(1) + 1;
    }

    template <class Function>
    void post(Function function) {
        asio::post(io_, [self = shared_from_this(), f = std::move(function)]() mutable { f(); });
    }

    void add(std::uint64_t id, HookCommand hook) {
        if (waiting_.size() >= kMaxWaitingHooks) {
            log::write(log::Level::error, "hook.dropped",
                       hook.prefix + " " + hook.name + " command dropped: " +
                           std::to_string(kMaxWaitingHooks) + " commands are waiting already");
            gone();
            return;
        }
        auto& entry = *entries_.emplace(id, std::make_unique<Entry>(io_)).first->second;
        entry.hook = std::move(hook);
        queue(id, entry);
    }

    void queue(std::uint64_t id, Entry& entry) {
        entry.waiting = true;
        waiting_.push_back(id);
        run_waiting();
    }

    void run_waiting() {
        while (processes_ < kMaxRunningHooks && !waiting_.empty()) {
            auto const found = entries_.find(waiting_.front());
            waiting_.pop_front();
            if (found == entries_.end()) continue;
            found->second->waiting = false;
            run(found->first, *found->second);
        }
    }

    void run(std::uint64_t id, Entry& entry) {
        auto const request = request_of(entry.hook, environment_);
        if (!request) return ended(id, entry, request.error());
        auto spawned = net::ChildProcess::spawn(
            io_, *request, [self = weak_from_this(), id](net::ExitStatus status) {
                if (auto const impl = self.lock()) impl->exited(id, status);
            });
        if (!spawned) return ended(id, entry, spawn_error(request->argv.front(), spawned.error()));
        entry.process = std::move(*spawned);
        ++processes_;
    }

    void exited(std::uint64_t id, net::ExitStatus status) {
        auto const found = entries_.find(id);
        if (found == entries_.end()) return;
        auto& entry = *found->second;
        // The process object may be what is calling: it is freed after this returns.
        asio::post(io_, [process = std::shared_ptr(std::move(entry.process))] {});
        --processes_;
        bool const worth_a_line = status != net::ExitStatus{} || entry.hook.restart;
        ended(id, entry, worth_a_line ? ending(status) : std::string());
        run_waiting();
    }

    // A run is over, or did not come about. error: what the log says, unless it was asked to stop.
    void ended(std::uint64_t id, Entry& entry, std::string const& error) {
        if (entry.stopped) return remove(id);
        if (!error.empty()) say(entry.hook, "exited: " + error);
        if (!entry.hook.restart || draining_) return remove(id);
        entry.timer.expires_after(delays_.restart);
        entry.timer.async_wait([self = weak_from_this(), id](boost::system::error_code failed) {
            if (auto const impl = self.lock(); impl && !failed) impl->restart(id);
        });
    }

    void restart(std::uint64_t id) {
        auto const found = entries_.find(id);
        if (found != entries_.end() && !found->second->stopped) queue(id, *found->second);
    }

    void end(std::uint64_t id) {
        auto const found = entries_.find(id);
        if (found == entries_.end()) return;  // ended long ago
        auto& entry = *found->second;
        entry.stopped = true;
        // Waiting for its turn: it still runs once and is told to stop at once, so that a start
        // hook is never lost in a storm; waiting for a restart: it is over.
        if (entry.process == nullptr) {
            if (entry.waiting) {
                entry.hook.restart = false;
                entry.stopped = false;
            } else {
                remove(id);
            }
            return;
        }
        entry.process->signal_group(SIGINT);
        entry.timer.expires_after(delays_.kill);
        entry.timer.async_wait([self = weak_from_this(), id](boost::system::error_code failed) {
            if (auto const impl = self.lock(); impl && !failed) impl->kill(id);
        });
    }

    void kill(std::uint64_t id) {
        auto const found = entries_.find(id);
        if (found == entries_.end() || found->second->process == nullptr) return;
        say(found->second->hook, "killed: it ignored SIGINT");
        found->second->process->signal_group(SIGKILL);
    }

    void kill_all() {
        for (auto const id : waiting_) {
            if (auto const found = entries_.find(id); found != entries_.end()) {
                found->second->waiting = false;
            }
        }
        waiting_.clear();
        remove_idle();
        for (auto& [id, entry] : entries_) {
            entry->stopped = true;
            kill(id);
        }
    }

    // Those between two runs.
    void remove_idle() {
        std::vector<std::uint64_t> idle;
        for (auto const& [id, entry] : entries_) {
            if (entry->process == nullptr && !entry->waiting) idle.push_back(id);
        }
        for (auto const id : idle) remove(id);
    }

    void remove(std::uint64_t id) {
        if (entries_.erase(id) != 0) gone();
    }

    void gone() {
        count_.fetch_sub(1);
        changed_.cancel();
    }

    asio::io_context& io_;
    std::vector<std::string> const environment_;
    HookDelays const delays_;
    std::map<std::uint64_t, std::unique_ptr<Entry>> entries_;
    std::deque<std::uint64_t> waiting_;
    std::size_t processes_ = 0;
    bool draining_ = false;
    asio::steady_timer changed_;  // cancelled on every end, for drain()
    std::atomic<std::uint64_t> ids_{0};
    std::atomic<std::size_t> count_{0};
};

Hooks::Hooks(asio::io_context& io, std::vector<std::string> environment, HookDelays delays)
    : impl_(std::make_shared<Impl>(io, std::move(environment), delays)) {}
Hooks::~Hooks() = default;

HookId Hooks::start(HookCommand command) {
    return impl_->start(std::move(command));
}
void Hooks::stop(HookId const& id, std::string_view reason) {
    impl_->stop(id, reason);
}
void Hooks::launch(HookCommand command) {
    impl_->launch(std::move(command));
}
asio::awaitable<void> Hooks::drain(std::chrono::milliseconds deadline) {
    return impl_->drain(deadline);
}
std::size_t Hooks::running() const {
    return impl_->running();
}

}  // namespace tidegate::router
