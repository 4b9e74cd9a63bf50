// What the echo does with the fragments of one connection: answers each after a while with the
// sound that came, or with another one, and misbehaves as it is told. One event loop; its
// connection owns it.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "sts/io/service_server.hpp"

namespace tidegate::echo {

enum class AnswerKind : std::uint8_t { echo, tone, silence, garbage };

// Percentages are 0 to 100, of all fragments.
struct Behaviour {
    AnswerKind answer = AnswerKind::echo;
    std::chrono::milliseconds delay{0};
    std::chrono::milliseconds jitter{0};       // added to the delay, up to this much
    std::int64_t loss = 0;                     // per cent that are never answered
    std::int64_t reorder = 0;                  // per cent that later ones overtake
    std::int64_t duration_variance = 0;        // per cent by which answers are longer or shorter
    std::int64_t disconnect_every = 0;         // breaks off at each n-th fragment; 0: never
    std::vector<sts::SimulationRule> rules{};  // fragments that fail
    std::uint64_t seed = 1;
};

struct EchoCounters {
    std::uint64_t answered = 0, failed = 0, lost = 0, broken_off = 0;
};

class Echo final : public sts::ServiceWorker {
public:
    // counters: of all connections; they outlive this.
    Echo(sts::ServiceConnection& connection, Behaviour behaviour, EchoCounters& counters);

    void on_fragment(sts::FragmentData&& fragment) override;
    void on_error_simulation(sts::ErrorSimulation&& simulation) override;
    void on_simulate_disconnect(sts::SimulateDisconnect const& request) override;
    sts::Time next() const override;
    void check(sts::Now now) override;

private:
    struct Job {
        sts::Time due;
        sts::FragmentData fragment;
        std::optional<sts::ServiceError> error;
    };

    bool happens(std::int64_t per_cent);
    std::optional<sts::ServiceError> simulated_error(sts::FragmentData const& fragment) const;
    void answer(Job&& job, sts::Now now);
    sts::AudioData sound_for(sts::FragmentData&& fragment);

    sts::ServiceConnection& connection_;
    Behaviour behaviour_;
    EchoCounters& counters_;
    std::mt19937_64 random_;
    std::deque<Job> jobs_;  // by when they are due
    sts::Time last_due_{};
    std::int64_t received_ = 0;
    std::optional<sts::Time> disconnect_at_;
};

// "nth_fragment=3:TIMEOUT", "sequence_number=7:MODEL_ERROR". The error is what is accepted.
std::expected<sts::SimulationRule, std::string> parse_rule(std::string const& text);

}  // namespace tidegate::echo
