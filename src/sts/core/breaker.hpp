// A circuit breaker (§3.2): after kBreakerFailures failures in a row nothing is sent for
// kBreakerOpen. Then one fragment is sent as a probe; its success closes the breaker, its failure
// opens it again. Pure; the time is an argument. One for each client.
#pragma once

#include <chrono>
#include <cstdint>

#include "sts/core/clock.hpp"
#include "sts/core/limits.hpp"

namespace tidegate::sts {

class Breaker {
public:
    // The values are those of the metric.
    enum class State : std::uint8_t { closed = 0, half_open = 1, open = 2 };
    struct Policy {
        std::uint32_t failures = kBreakerFailures;
        std::chrono::milliseconds open = kBreakerOpen;
    };

    Breaker() = default;
    explicit Breaker(Policy policy) : policy_(policy) {}

    // A fragment may be sent now. Half open: only if no probe is under way.
    bool allows(Time now) const;
    // A fragment is sent. REQUIRES: allows(now).
    void on_sent(Time now);
    void on_success();
    // Returns true when this failure has opened the breaker.
    bool on_failure(Time now);
    // What came of a fragment tells nothing about the service's health.
    void on_neutral() { probing_ = false; }

    State state(Time now) const;
    // When a probe may be sent. REQUIRES: state() is open.
    Time open_until() const { return open_until_; }
    std::uint64_t openings() const { return openings_; }

private:
    Policy policy_;
    std::uint32_t failures_ = 0;
    bool tripped_ = false;  // open or half open
    bool probing_ = false;
    Time open_until_{};
    std::uint64_t openings_ = 0;
};

}  // namespace tidegate::sts
