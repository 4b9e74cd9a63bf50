// What time of the stream it was when: the newest decoding time of all tracks, by the time of
// arrival. What goes out a fixed delay later goes by it, and so keeps the pace of the input, its
// bursts and pauses included, whatever the publisher's clock does. Before the first unit the
// stream's time passes like ours. Pure; one thread.
#pragma once

#include <algorithm>
#include <chrono>
#include <deque>
#include <optional>

#include "base/time.hpp"

namespace tidegate::worker {

class ArrivalClock {
public:
    using Time = std::chrono::steady_clock::time_point;

    // A unit has come. REQUIRES: `arrival` does not go back.
    void note(base::Timestamp dts, Time arrival) {
        if (!marks_.empty() && dts <= marks_.back().dts) return;
        if (marks_.empty()) first_ = {dts, arrival};
        marks_.push_back({dts, arrival});
    }

    bool started() const { return !marks_.empty(); }
    base::Timestamp newest() const { return marks_.back().dts; }
    Time newest_arrival() const { return marks_.back().arrival; }

    // The newest time of the stream that had arrived by then. REQUIRES: started().
    base::Timestamp at(Time when) const {
        if (when < first_.arrival) return first_.dts - (first_.arrival - when);
        auto const later = std::ranges::upper_bound(marks_, when, {}, &Mark::arrival);
        return later == marks_.begin() ? marks_.front().dts : std::prev(later)->dts;
    }
    // When that time of the stream had arrived; nullopt: it has not yet. REQUIRES: started().
    std::optional<Time> when(base::Timestamp dts) const {
        if (dts < first_.dts) return first_.arrival - (first_.dts - dts);
        auto const mark = std::ranges::lower_bound(marks_, dts, {}, &Mark::dts);
        if (mark == marks_.end()) return std::nullopt;
        return mark->arrival;
    }
    // Nobody will ask for earlier times any more.
    void forget_before(Time when) {
        while (marks_.size() > 1 && marks_[1].arrival <= when) marks_.pop_front();
    }

private:
    struct Mark {
        base::Timestamp dts{};
        Time arrival{};
    };
    std::deque<Mark> marks_;  // both times rise
    Mark first_;
};

}  // namespace tidegate::worker
