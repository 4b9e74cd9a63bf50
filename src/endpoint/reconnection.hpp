// Decides when a lost source is tried again: three times, after 1, 2 and 4 s. Once media has flowed
// over a connection, the count begins anew. Pure. One for each run.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

namespace tidegate::endpoint {

// Seven seconds together: long enough for a publisher to come back, and short enough for
// media-service to learn soon that the source is gone.
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

    // To be called when a connection has ended or could not be made. media_flowed: units came over
    // it. nullopt: give up.
    std::optional<Attempt> next(bool media_flowed) {
        if (media_flowed) made_ = 0;
        if (made_ == delays_.size()) return std::nullopt;
        auto const delay = delays_[made_++];
        return Attempt{made_, delay};
    }
    // How many attempts there are in a row.
    std::size_t limit() const { return delays_.size(); }

private:
    std::vector<std::chrono::milliseconds> const delays_;
    std::size_t made_ = 0;  // attempts in a row so far
};

}  // namespace tidegate::endpoint
