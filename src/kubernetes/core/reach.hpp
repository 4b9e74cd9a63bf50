// Whether the API server can be reached, as all clients of a program see it together. Pure; one
// thread.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "kubernetes/core/failure.hpp"

namespace tidegate::kubernetes {

class Reach {
public:
    using Time = std::chrono::steady_clock::time_point;

    // Failures that a person may have to look at. "Not found" and "conflict" are answers.
    enum class Cause : std::uint8_t { no_answer, overloaded, not_allowed };
    static constexpr std::array kCauses{Cause::no_answer, Cause::overloaded, Cause::not_allowed};

    enum class Change { none, lost, found };
    // What became of a request; null: the answer was good.
    Change note(Failure const* failure, Time now);

    // The last request was answered, and not with an error of the server itself. True before the
    // first request, too.
    bool reachable() const { return !lost_at_; }
    // When it was lost; nullopt: it is reachable.
    std::optional<Time> const& lost_at() const { return lost_at_; }
    std::uint64_t failures(Cause cause) const { return failures_[static_cast<std::size_t>(cause)]; }

private:
    std::optional<Time> lost_at_;
    std::array<std::uint64_t, kCauses.size()> failures_{};
};

// As the label of a metric has it: "no-answer".
std::string_view name(Reach::Cause cause);

}  // namespace tidegate::kubernetes
