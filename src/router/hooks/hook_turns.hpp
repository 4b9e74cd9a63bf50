// Limits how many commands of one kind start at the same time. A command that has just started is
// "young" until it ends, or until it has run for kHookYouth (hooks.hpp). While most_young commands
// are young, others wait in a queue. Pure: the time is an argument. Control loop only.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>

namespace tidegate::router {

class HookTurns {
public:
    using Clock = std::chrono::steady_clock;
    using Ticket = std::uint64_t;

    explicit HookTurns(std::size_t most_young) : most_young_(most_young) {}

    std::size_t waiting() const { return waiting_.size(); }
    // Since when the first command in the queue has waited; nothing if the queue is empty.
    std::optional<Clock::time_point> waits_since() const {
        if (waiting_.empty()) return std::nullopt;
        return waiting_.begin()->second.since;
    }

    // Puts a command into the queue. The ticket takes it out again (withdraw()).
    Ticket queue(std::uint64_t id, Clock::time_point now) {
        waiting_.emplace(++last_, Waiting{id, now});
        return last_;
    }
    // Takes the command out of the queue: it is never started.
    void withdraw(Ticket ticket) { waiting_.erase(ticket); }

    // The id of the command to start now, which counts as young from here on. Nothing if no command
    // waits, or if none may start yet.
    std::optional<std::uint64_t> next() {
        if (young_ >= most_young_ || waiting_.empty()) return std::nullopt;
        auto const id = waiting_.begin()->second.id;
        waiting_.erase(waiting_.begin());
        ++young_;
        return id;
    }
    // A command that counted as young has ended, or has run for long enough.
    void grown() { --young_; }

private:
    struct Waiting {
        std::uint64_t id;
        Clock::time_point since;
    };

    std::size_t const most_young_;
    std::size_t young_ = 0;
    Ticket last_ = 0;
    std::map<Ticket, Waiting> waiting_;  // in order; any of them may be withdrawn
};

}  // namespace tidegate::router
