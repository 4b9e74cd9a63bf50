#include "sts/core/breaker.hpp"

namespace tidegate::sts {

Breaker::State Breaker::state(Time now) const {
    if (!tripped_) return State::closed;
    return probing_ || now >= open_until_ ? State::half_open : State::open;
}

bool Breaker::allows(Time now) const {
    return !tripped_ || (!probing_ && now >= open_until_);
}

void Breaker::on_sent(Time) {
    if (tripped_) probing_ = true;
}

void Breaker::on_success() {
    failures_ = 0;
    tripped_ = false;
    probing_ = false;
}

bool Breaker::on_failure(Time now) {
    ++failures_;
    // Open already: those that were sent before it opened fail now, and change nothing.
    if (tripped_ && !probing_) return false;
    if (!tripped_ && failures_ < policy_.failures) return false;
    tripped_ = true;
    probing_ = false;
    open_until_ = now + policy_.open;
    ++openings_;
    return true;
}

}  // namespace tidegate::sts
