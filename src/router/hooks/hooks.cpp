#include "router/hooks/hooks.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <csignal>
#include <map>
#include <optional>

#include "base/lower_case.hpp"
#include "log/log.hpp"
#include "net/child_process.hpp"
#include "router/hooks/hook_command.hpp"
#include "router/hooks/hook_environment.hpp"
#include "router/hooks/hook_turns.hpp"

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
    return "fork/exec " + program + ": " + base::lower_first(error.message());
}

}  // namespace

// Everything but the counters is touched on the loop only.
class Hooks::Impl : public std::enable_shared_from_this<Impl> {
public:
    Impl(asio::io_context& io, Environment environment, HookTimes times)
        : io_(io),
          environment_(inherited_by_hooks(std::move(environment))),
          times_(times),
          wait_timer_(io),
          changed_(io, asio::steady_timer::time_point::max()) {}

    HookId start(HookCommand command) {
        if (command.command.empty()) return {};
        say(command, "started");
        HookId id{next_id(),
                  std::make_shared<std::string const>(command.prefix + " " + command.name)};
        auto const queue = command.restart || command.long_running ? lasting : brief;
        post([this, number = id.number, queue, hook = std::move(command)]() mutable {
            add(number, queue, std::move(hook));
        });
        return id;
    }

    void launch(HookCommand command) {
        if (command.command.empty()) return;
        command.restart = false;
        say(command, "launched");
        auto const id = next_id();
        post([this, id, hook = std::move(command)]() mutable {
            add(id, launched, std::move(hook));
        });
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
        // Those between two runs.
        remove_if([](Entry const& entry) { return entry.process == nullptr && !entry.ticket; });
        asio::steady_timer timer(io_, deadline);
        auto const self = shared_from_this();
        timer.async_wait([self](boost::system::error_code error) {
            if (!error) self->kill_all();
        });
        while (count_.load() != 0) {
            boost::system::error_code ignored;
            co_await changed_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
        }
        wait_timer_.cancel();
    }

    std::size_t running() const { return count_.load(); }

private:
    // Apart, so that none waits behind those of another nature.
    enum Queue : std::uint8_t {
        brief,     // belongs to a stream; usually a notice
        lasting,   // made to go on
        launched,  // nothing bounds their number but their turns, which they keep to their end
    };

    struct Entry {
        explicit Entry(asio::io_context& io) : timer(io), youth(io) {}
        HookCommand hook;
        Queue queue = brief;
        std::unique_ptr<net::ChildProcess> process;
        asio::steady_timer timer;  // until the restart, or until SIGKILL
        asio::steady_timer youth;
        std::optional<HookTurns::Ticket> ticket;  // waits for its turn
        bool young = false;
        bool stopped = false;
    };

    std::uint64_t next_id() {
        count_.fetch_add(1);
        return ids_.fetch_add(1) + 1;
    }

    template <class Function>
    void post(Function function) {
        asio::post(io_, [self = shared_from_this(), f = std::move(function)]() mutable { f(); });
    }

    HookTurns& turns_of(Entry const& entry) { return turns_[entry.queue]; }

    void add(std::uint64_t id, Queue queue, HookCommand hook) {
        auto entry = std::make_unique<Entry>(io_);
        entry->hook = std::move(hook);
        entry->queue = queue;
        if (turns_of(*entry).waiting() >= kMaxWaitingHooks) {
            log::write(log::Level::error, "hook.dropped",
                       entry->hook.prefix + " " + entry->hook.name + " command dropped: " +
                           std::to_string(kMaxWaitingHooks) + " commands are waiting already");
            return gone();
        }
        wait_for_turn(id, *entries_.emplace(id, std::move(entry)).first->second);
    }

    void wait_for_turn(std::uint64_t id, Entry& entry) {
        auto& turns = turns_of(entry);
        entry.ticket = turns.queue(id, HookTurns::Clock::now());
        run_waiting(turns);
        watch_waiting();
    }

    void run_waiting(HookTurns& turns) {
        while (auto const id = turns.next()) {
            auto& entry = *entries_.at(*id);
            entry.ticket.reset();
            entry.young = true;
            run(*id, entry);
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
        if (entry.queue == launched) return;
        entry.youth.expires_after(times_.youth);
        entry.youth.async_wait([self = weak_from_this(), id](boost::system::error_code failed) {
            if (auto const impl = self.lock(); impl && !failed) impl->goes_on(id);
        });
    }

    // It has run for so long that it is none of those that only come and go.
    void goes_on(std::uint64_t id) {
        auto const found = entries_.find(id);
        if (found == entries_.end()) return;
        grow(*found->second);
        run_waiting(turns_of(*found->second));
    }

    void grow(Entry& entry) {
        if (std::exchange(entry.young, false)) turns_of(entry).grown();
    }

    // One timer for all queues: it looks when the first of them has waited for long.
    void watch_waiting() {
        if (watching_ || waiting() == 0) return;
        watching_ = true;
        wait_timer_.expires_after(times_.wait_warning);
        wait_timer_.async_wait([self = weak_from_this()](boost::system::error_code failed) {
            auto const impl = self.lock();
            if (!impl || failed) return;
            impl->watching_ = false;
            impl->warn_of_waiting();
            impl->watch_waiting();
        });
    }

    std::size_t waiting() const {
        std::size_t count = 0;
        for (auto const& turns : turns_) count += turns.waiting();
        return count;
    }

    void warn_of_waiting() {
        auto const now = HookTurns::Clock::now();
        auto since = now;
        for (auto const& turns : turns_) since = std::min(since, turns.waits_since().value_or(now));
        if (now - since < times_.wait_warning) return;
        if (warned_at_ && now - *warned_at_ < kHookWaitWarningAgain) return;
        warned_at_ = now;
        auto const waited = std::chrono::duration_cast<std::chrono::milliseconds>(now - since);
        log::write(log::Level::warn, "hook.waiting",
                   std::to_string(waiting()) + " commands wait for their turn, the first for " +
                       std::to_string(waited.count()) +
                       " ms: " + std::to_string(times_.most_young) + " of its kind run");
    }

    void exited(std::uint64_t id, net::ExitStatus status) {
        auto const found = entries_.find(id);
        if (found == entries_.end()) return;
        auto& entry = *found->second;
        // The process object may be what is calling: it is freed after this returns.
        asio::post(io_, [process = std::shared_ptr(std::move(entry.process))] {});
        auto& turns = turns_of(entry);
        bool const worth_a_line = status != net::ExitStatus{} || entry.hook.restart;
        ended(id, entry, worth_a_line ? ending(status) : std::string());
        run_waiting(turns);
    }

    // A run is over, or did not come about. error: what the log says, unless it was asked to stop.
    void ended(std::uint64_t id, Entry& entry, std::string const& error) {
        entry.youth.cancel();
        grow(entry);
        if (entry.stopped) return remove(id);
        if (!error.empty()) say(entry.hook, "exited: " + error);
        if (!entry.hook.restart || draining_) return remove(id);
        entry.timer.expires_after(times_.restart);
        entry.timer.async_wait([self = weak_from_this(), id](boost::system::error_code failed) {
            if (auto const impl = self.lock(); impl && !failed) impl->restart(id);
        });
    }

    void restart(std::uint64_t id) {
        auto const found = entries_.find(id);
        if (found != entries_.end() && !found->second->stopped) wait_for_turn(id, *found->second);
    }

    void end(std::uint64_t id) {
        auto const found = entries_.find(id);
        if (found == entries_.end()) return;  // ended long ago
        auto& entry = *found->second;
        entry.stopped = true;
        if (entry.process == nullptr) return remove(id);  // waits for its turn, or for a restart
        entry.process->signal_group(SIGINT);
        entry.timer.expires_after(times_.kill);
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
        remove_if([](Entry const& entry) { return entry.process == nullptr; });
        for (auto& [id, entry] : entries_) {
            entry->stopped = true;
            kill(id);
        }
    }

    template <class Condition>
    void remove_if(Condition condition) {
        std::vector<std::uint64_t> chosen;
        for (auto const& [id, entry] : entries_) {
            if (condition(*entry)) chosen.push_back(id);
        }
        for (auto const id : chosen) remove(id);
    }

    void remove(std::uint64_t id) {
        auto const found = entries_.find(id);
        if (found == entries_.end()) return;
        if (auto const ticket = found->second->ticket) turns_of(*found->second).withdraw(*ticket);
        entries_.erase(found);
        gone();
    }

    void gone() {
        count_.fetch_sub(1);
        changed_.cancel();
    }

    asio::io_context& io_;
    std::vector<std::string> const environment_;
    HookTimes const times_;
    std::map<std::uint64_t, std::unique_ptr<Entry>> entries_;
    std::array<HookTurns, 3> turns_{HookTurns(times_.most_young), HookTurns(times_.most_young),
                                    HookTurns(times_.most_young)};  // by Queue
    bool draining_ = false;
    asio::steady_timer wait_timer_;
    bool watching_ = false;
    std::optional<HookTurns::Clock::time_point> warned_at_;
    asio::steady_timer changed_;  // cancelled on every end, for drain()
    std::atomic<std::uint64_t> ids_{0};
    std::atomic<std::size_t> count_{0};
};

Hooks::Hooks(asio::io_context& io, Environment environment, HookTimes times)
    : impl_(std::make_shared<Impl>(io, std::move(environment), times)) {}
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
