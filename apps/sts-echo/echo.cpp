#include "echo.hpp"

#include <algorithm>
#include <utility>

#include "base/number.hpp"
#include "sounds.hpp"
#include "sts/io/look_at_clock.hpp"

namespace tidegate::echo {

namespace {

// How much later than its neighbours a fragment is answered that they are to overtake.
constexpr std::chrono::milliseconds kOvertaken{300};
constexpr std::size_t kGarbageBytes = 4000;

bool matches(sts::SimulationRule const& rule, sts::FragmentData const& fragment,
             std::int64_t received) {
    using Trigger = sts::SimulationRule::Trigger;
    if (rule.trigger == Trigger::fragment_id) return rule.value == fragment.fragment_id;
    auto const number = base::parse_number<std::int64_t>(rule.value).value_or(-1);
    if (rule.trigger == Trigger::sequence_number) return number == fragment.sequence_number;
    return number > 0 && received % number == 0;
}

}  // namespace

Echo::Echo(sts::ServiceConnection& connection, Behaviour behaviour, EchoCounters& counters)
    : connection_(connection),
      behaviour_(std::move(behaviour)),
      counters_(counters),
      random_(behaviour_.seed) {}

bool Echo::happens(std::int64_t per_cent) {
    return static_cast<std::int64_t>(random_() % 100) < per_cent;
}

std::optional<sts::ServiceError> Echo::simulated_error(sts::FragmentData const& fragment) const {
    for (auto const& rule : behaviour_.rules) {
        if (!matches(rule, fragment, received_)) continue;
        return sts::ServiceError{.code = rule.code,
                                 .message = rule.message,
                                 .stage = rule.stage,
                                 .retryable = rule.retryable};
    }
    return std::nullopt;
}

void Echo::on_fragment(sts::FragmentData&& fragment) {
    auto const now = sts::look_at_clock();
    ++received_;
    if (behaviour_.disconnect_every > 0 && received_ % behaviour_.disconnect_every == 0) {
        ++counters_.broken_off;
        return connection_.abort();
    }
    if (happens(behaviour_.loss)) {
        ++counters_.lost;
        return connection_.session().drop(fragment.fragment_id, now);
    }
    auto const jitter =
        behaviour_.jitter.count() == 0
            ? std::chrono::milliseconds{0}
            : std::chrono::milliseconds{static_cast<std::int64_t>(
                  random_() % static_cast<std::uint64_t>(behaviour_.jitter.count() + 1))};
    // Answers come in the order of the fragments, unless this one is to be overtaken.
    auto due = std::max(now.time + behaviour_.delay + jitter, last_due_);
    last_due_ = due;
    if (happens(behaviour_.reorder)) due += kOvertaken;
    auto error = simulated_error(fragment);
    auto const later = std::ranges::upper_bound(jobs_, due, {}, &Job::due);
    jobs_.insert(later, {due, std::move(fragment), std::move(error)});
}

void Echo::on_error_simulation(sts::ErrorSimulation&& simulation) {
    behaviour_.rules.clear();
    if (simulation.enabled) behaviour_.rules = std::move(simulation.rules);
}

void Echo::on_simulate_disconnect(sts::SimulateDisconnect const& request) {
    disconnect_at_ = sts::Clock::now() + request.delay;
}

sts::Time Echo::next() const {
    auto const disconnect = disconnect_at_.value_or(sts::Time::max());
    return jobs_.empty() ? disconnect : std::min(disconnect, jobs_.front().due);
}

void Echo::check(sts::Now now) {
    if (disconnect_at_ && now.time >= *disconnect_at_) {
        disconnect_at_.reset();
        connection_.session().disconnect("a client has asked for it");
    }
    while (!jobs_.empty() && jobs_.front().due <= now.time) {
        auto job = std::move(jobs_.front());
        jobs_.pop_front();
        answer(std::move(job), now);
    }
}

void Echo::answer(Job&& job, sts::Now now) {
    auto const number = std::to_string(job.fragment.sequence_number);
    sts::ProcessedAnswer answer{.fragment_id = job.fragment.fragment_id};
    if (job.error) {
        ++counters_.failed;
        answer.status = sts::ProcessedStatus::failed;
        answer.error = std::move(job.error);
    } else {
        ++counters_.answered;
        answer.audio = sound_for(std::move(job.fragment));
        answer.transcript = "[ECHO] Original audio (seq=" + number + ")";
        answer.translation = "[ECHO] Audio original (seq=" + number + ")";
    }
    connection_.session().answer(std::move(answer), now);
}

sts::AudioData Echo::sound_for(sts::FragmentData&& fragment) {
    auto factor = 1.0;
    if (behaviour_.duration_variance > 0) {
        auto const most = static_cast<double>(behaviour_.duration_variance) / 100;
        factor += std::uniform_real_distribution(-most, most)(random_);
    }
    auto& audio = fragment.audio;
    if (behaviour_.answer == AnswerKind::garbage) {
        base::Bytes bytes(kGarbageBytes);
        for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random_());
        audio.base64 = sts::encode_sound(bytes);
        return std::move(audio);
    }
    if (behaviour_.answer == AnswerKind::tone) audio = tone_like(audio, fragment.sequence_number);
    if (behaviour_.answer == AnswerKind::silence) audio = silence_like(audio);
    return factor == 1.0 ? std::move(audio) : with_length(std::move(audio), factor);
}

std::expected<sts::SimulationRule, std::string> parse_rule(std::string const& text) {
    using Trigger = sts::SimulationRule::Trigger;
    auto const equals = text.find('=');
    auto const colon = text.rfind(':');
    if (equals == std::string::npos || colon == std::string::npos || colon < equals) {
        return std::unexpected("nth_fragment=N:CODE or sequence_number=N:CODE");
    }
    auto const trigger = text.substr(0, equals);
    sts::SimulationRule rule{.value = text.substr(equals + 1, colon - equals - 1),
                             .code = text.substr(colon + 1)};
    rule.trigger = trigger == "nth_fragment" ? Trigger::nth_fragment : Trigger::sequence_number;
    bool const known = trigger == "nth_fragment" || trigger == "sequence_number";
    if (!known || rule.code.empty() || !base::parse_number<std::uint32_t>(rule.value)) {
        return std::unexpected("nth_fragment=N:CODE or sequence_number=N:CODE");
    }
    rule.retryable = sts::is_retryable(rule.code, std::nullopt);
    return rule;
}

}  // namespace tidegate::echo
