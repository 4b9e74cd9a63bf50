// When a lost source is asked again: three times, after 1, 2 and 4 s; counted anew once media has
// flowed. Pure; one per run (issue: source lost).
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

namespace tidegate::worker {

// Long enough for a publisher to come back, short enough for the supervisor to know soon.
inline std::vector<std::chrono::milliseconds> reconnect_delays() {
    using std::chrono::milliseconds;
    return {milliseconds{1000}, milliseconds{2000}, milliseconds{4000}};
}

class Reconnection {
public:
    struct Attempt {
        std::size_t number;  // from 1
        std::chrono::milliseconds delay;
    };

    explicit Reconnection(std::vector<std::chrono::milliseconds> delays)
        : delays_(std::move(delays)) {}

    // After a connection has ended, or could not be made. nullopt: give up.
    std::optional<Attempt> next(bool media_flowed) {
        if (media_flowed) made_ = 0;
        if (made_ == delays_.size()) return std::nullopt;
        auto const delay = delays_[made_++];
        return Attempt{made_, delay};
    }
    std::size_t limit() const { return delays_.size(); }

private:
    std::vector<std::chrono::milliseconds> const delays_;
    std::size_t made_ = 0;
};

}  // namespace tidegate::worker
