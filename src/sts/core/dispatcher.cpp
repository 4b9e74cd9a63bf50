#include "sts/core/dispatcher.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace tidegate::sts {

namespace {

// Errors of the stream that mean the same as a backpressure event (§5.9, §5.11).
constexpr std::array<std::string_view, 4> kTooFast{"QUEUE_FULL", "RATE_LIMIT",
                                                   "RATE_LIMIT_EXCEEDED", "BACKPRESSURE_EXCEEDED"};

}  // namespace

Dispatcher::Dispatcher(StreamConfig config, std::string token, ClientPolicy policy, Chance chance)
    : config_(std::move(config)),
      token_(std::move(token)),
      policy_(policy),
      chance_(std::move(chance)),
      breaker_(policy.breaker),
      reconnection_(policy.first_retry, policy.longest_retry) {}

void Dispatcher::on_connecting(Now now) {
    now_ = now;
    if (done_) return;
    if (link_ != Link::none) ++counters_.reconnections;
    link_ = Link::connecting;
    settle(now);
}

void Dispatcher::on_connected(Now now) {
    now_ = now;
    if (done_) return;
    session_.emplace(config_, token_, now.time);
    limit_ = 0;
    pacing_ = Pacing{};
    settle(now);
}

void Dispatcher::on_message(std::string_view text, Now now) {
    now_ = now;
    counters_.bytes_received += text.size();
    if (session_ && !done_) session_->on_message(text, now, *this);
    settle(now);
}

std::chrono::milliseconds Dispatcher::on_disconnected(SessionEnd end, Now now) {
    using Kind = SessionEnd::Kind;
    now_ = now;
    if (session_ && session_->closed()) end = *session_->closed();
    // A service that breaks off is as bad as one that answers with an error, for one failure.
    if (end.kind == Kind::hostile || !sent_.empty()) count_failure(now.time);
    session_.reset();
    bool const refused = end.kind == Kind::refused;
    link_ = refused ? Link::refused : Link::waiting;
    fail_sent(FailureReason::connection_lost, end.reason);
    last_failure_ = end.reason;
    if (ending_) done_ = true;
    settle(now);
    if (!done_) set_state(current_state(now.time), std::move(end.reason));
    return refused ? reconnection_.after_refusal(chance_.bits())
                   : reconnection_.after_failure(chance_.bits());
}

void Dispatcher::check(Now now) {
    now_ = now;
    if (session_) session_->check(now.time);
    settle(now);
}

std::optional<SessionEnd> Dispatcher::closing() const {
    if (session_) return session_->closed();
    return std::nullopt;
}

std::optional<Message> Dispatcher::next_message() {
    if (!session_ || session_->output().empty()) return std::nullopt;
    auto message = std::move(session_->output().front());
    session_->output().pop_front();
    counters_.bytes_sent += message.size();
    return message;
}

std::optional<Report> Dispatcher::next_report() {
    if (reports_.empty()) return std::nullopt;
    auto report = std::move(reports_.front());
    reports_.pop_front();
    return report;
}

// Why a fragment that is given now would fail in any case; nullopt: it would not.
std::optional<FailureReason> Dispatcher::refusal(Time now) const {
    if (ending_ || done_) return FailureReason::stopped;
    if (!session_ || !session_->ready()) return FailureReason::not_connected;
    if (!breaker_.allows(now)) return FailureReason::breaker_open;
    if (pacing_.paused(now)) return FailureReason::paused;
    if (waiting_.size() >= kMostWaiting) return FailureReason::in_flight_full;
    return std::nullopt;
}

bool Dispatcher::can_send(Time now) const {
    return !refusal(now);
}

void Dispatcher::send(Fragment&& fragment, Now now) {
    now_ = now;
    settle(now);
    if (fragment.audio.base64.size() > kMaxAudioBase64) {
        return fail(fragment.id, FailureReason::too_large);
    }
    if (auto const reason = refusal(now.time)) return fail(fragment.id, *reason, reason_);
    waiting_.push_back({std::move(fragment), now.time + policy_.fragment_deadline});
    settle(now);
}

void Dispatcher::end(Now now) {
    now_ = now;
    ending_ = true;
    settle(now);
}

void Dispatcher::stop(Now now) {
    now_ = now;
    ending_ = true;
    done_ = true;
    fail_sent(FailureReason::stopped, {});
    fail_waiting(FailureReason::stopped);
    update_state(now.time);
}

// Brings everything up to date with what has just happened.
void Dispatcher::settle(Now now) {
    expire(now.time);
    pump(now);
    shed(now.time);
    try_to_finish(now);
    update_state(now.time);
}

void Dispatcher::expire(Time now) {
    for (std::size_t i = 0; i < sent_.size();) {
        if (now < sent_[i].deadline) {
            ++i;
            continue;
        }
        auto const fragment = sent_[i].fragment;
        sent_.erase(sent_.begin() + static_cast<std::ptrdiff_t>(i));
        last_failure_ = "no answer in time";
        count_failure(now);
        fail(fragment, FailureReason::timed_out, last_failure_);
    }
    // They stand in the order of their deadlines.
    while (!waiting_.empty() && now >= waiting_.front().deadline) {
        fail(waiting_.front().fragment.id, FailureReason::timed_out, "it was never its turn");
        waiting_.pop_front();
    }
}

void Dispatcher::pump(Now now) {
    while (!waiting_.empty() && session_ && session_->ready() && sent_.size() < limit_ &&
           pacing_.allows(now.time) && breaker_.allows(now.time)) {
        // A connection that does not take the last one yet: no more of them in memory.
        if (!session_->output().empty() && !session_->output().back().sound.empty()) return;
        auto next = std::move(waiting_.front());
        waiting_.pop_front();
        send_now(std::move(next), now);
    }
}

void Dispatcher::send_now(Waiting&& next, Now now) {
    breaker_.on_sent(now.time);
    ++counters_.fragments_sent;
    auto const id = chance_.uuid();
    FragmentData data{.fragment_id = id, .audio = std::move(next.fragment.audio)};
    auto const sequence = session_->send(std::move(data), next.fragment.pts, now);
    sent_.push_back({next.fragment.id, id, sequence, now.time, next.deadline});
}

// What cannot be sent soon fails now: the original is played at once, not after a deadline.
void Dispatcher::shed(Time now) {
    if (waiting_.empty()) return;
    if (!session_ || !session_->ready()) {
        fail_waiting(FailureReason::not_connected);
    } else if (!breaker_.allows(now)) {
        fail_waiting(FailureReason::breaker_open);
    } else if (pacing_.paused(now)) {
        fail_waiting(FailureReason::paused);
    }
}

void Dispatcher::try_to_finish(Now now) {
    if (!ending_ || done_ || !sent_.empty() || !waiting_.empty()) return;
    if (!session_) {
        done_ = true;
        return;
    }
    session_->finish("source ended", now.time);
}

void Dispatcher::report(std::uint64_t fragment, Outcome&& outcome) {
    if (!outcome) {
        ++counters_.failed[static_cast<std::size_t>(outcome.error().reason)];
    } else {
        ++counters_.dubbed;
        counters_.partial += outcome->partial ? 1 : 0;
    }
    reports_.push_back(FragmentOutcome{fragment, std::move(outcome)});
}

void Dispatcher::fail(std::uint64_t fragment, FailureReason reason, std::string detail) {
    report(fragment, std::unexpected(Failure{.reason = reason, .detail = std::move(detail)}));
}

void Dispatcher::fail_waiting(FailureReason reason) {
    for (auto const& waiting : std::exchange(waiting_, {})) {
        fail(waiting.fragment.id, reason, last_failure_);
    }
}

void Dispatcher::fail_sent(FailureReason reason, std::string const& detail) {
    for (auto const& sent : std::exchange(sent_, {})) fail(sent.fragment, reason, detail);
}

void Dispatcher::count_failure(Time now) {
    breaker_.on_failure(now);
}

void Dispatcher::on_ready(StreamReady&& ready) {
    ++counters_.connections;
    limit_ = std::clamp(std::min(ready.max_in_flight, config_.max_in_flight), 1U, kMostInFlight);
}

void Dispatcher::on_processed(FragmentProcessed&& processed) {
    auto const is_it = [&](Sent const& sent) {
        return processed.fragment_id.empty() ? sent.sequence == processed.sequence_number
                                             : sent.wire_id == processed.fragment_id;
    };
    auto const sent = std::ranges::find_if(sent_, is_it);
    if (sent == sent_.end()) {
        // Its fragment has failed already. The service's slot must still become free.
        ++counters_.late_answers;
        if (!processed.fragment_id.empty()) {
            session_->acknowledge(processed.fragment_id, "received", now_);
        }
        return;
    }
    session_->acknowledge(sent->wire_id, "applied", now_);
    if (processed.status == ProcessedStatus::failed) {
        return fail_by_service(sent, std::move(processed.error).value_or(ServiceError{}));
    }
    answer(sent, std::move(processed));
}

void Dispatcher::answer(std::vector<Sent>::iterator sent, FragmentProcessed&& processed) {
    auto const done = *sent;
    sent_.erase(sent);
    if (!processed.audio || processed.audio->base64.empty()) {
        breaker_.on_neutral();
        return fail(done.fragment, FailureReason::no_audio, "an answer without sound");
    }
    breaker_.on_success();
    reconnection_.on_success();
    report(done.fragment, Dub{.partial = processed.status == ProcessedStatus::partial,
                              .audio = std::move(*processed.audio),
                              .transcript = std::move(processed.transcript),
                              .translation = std::move(processed.translation),
                              .processing_time = processed.processing_time,
                              .timings = processed.timings,
                              .round_trip = now_.time - done.sent_at});
}

void Dispatcher::fail_by_service(std::vector<Sent>::iterator sent, ServiceError&& error) {
    auto const fragment = sent->fragment;
    sent_.erase(sent);
    last_failure_ = error.code.empty() ? "the service failed" : "the service says " + error.code;
    if (is_retryable(error.code, error.retryable)) {
        count_failure(now_.time);
    } else {
        breaker_.on_neutral();
    }
    report(fragment, std::unexpected(Failure{.reason = FailureReason::service_failed,
                                             .code = std::move(error.code),
                                             .detail = std::move(error.message)}));
}

void Dispatcher::on_backpressure(Backpressure const& backpressure) {
    auto& counter = backpressure.action == BackpressureAction::pause       ? counters_.pauses
                    : backpressure.action == BackpressureAction::slow_down ? counters_.slow_downs
                                                                           : counters_.all_clears;
    ++counter;
    pacing_.on_backpressure(backpressure, now_.time);
}

void Dispatcher::on_error(ServiceError&& error) {
    auto const sent = std::ranges::find_if(
        sent_, [&](Sent const& one) { return one.wire_id == error.fragment_id; });
    if (std::ranges::find(kTooFast, error.code) != kTooFast.end()) {
        pacing_.on_backpressure({BackpressureAction::slow_down, "high", {}}, now_.time);
    } else if (error.code == "STREAM_PAUSED") {
        pacing_.on_backpressure({BackpressureAction::pause, "high", {}}, now_.time);
    }
    if (sent != sent_.end()) fail_by_service(sent, std::move(error));
}

ClientState Dispatcher::current_state(Time now) const {
    if (done_) return ClientState::ended;
    if (ending_) return ClientState::ending;
    if (!session_ || !session_->ready()) {
        if (link_ == Link::waiting) return ClientState::waiting;
        return link_ == Link::refused ? ClientState::refused : ClientState::connecting;
    }
    if (breaker_.state(now) != Breaker::State::closed) return ClientState::breaker_open;
    return pacing_.paused(now) ? ClientState::paused : ClientState::ready;
}

void Dispatcher::update_state(Time now) {
    auto const state = current_state(now);
    if (state == state_ && !reason_.empty()) return;
    switch (state) {
        case ClientState::ready:
            return set_state(state, "the service takes fragments");
        case ClientState::paused:
            return set_state(state, "the service asks for a pause");
        case ClientState::breaker_open:
            return set_state(state, "too many failures in a row: " + last_failure_);
        case ClientState::connecting:
            return set_state(state, "connecting to the service");
        case ClientState::ending:
            return set_state(state, "waiting for the last answers");
        case ClientState::ended:
            return set_state(state, "the client has ended");
        default:
            return set_state(state, last_failure_);
    }
}

void Dispatcher::set_state(ClientState state, std::string reason) {
    if (state == state_ && reason == reason_) return;
    state_ = state;
    reason_ = std::move(reason);
    reports_.push_back(StateChange{state_, reason_});
}

}  // namespace tidegate::sts
