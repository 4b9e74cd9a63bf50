#include "net/event_loop.hpp"

#include <algorithm>
#include <utility>

namespace tidegate::net {

EventLoop::EventLoop(asio::io_context& io, std::size_t index, TaskGroup::OnException on_exception,
                     WatchClock clock)
    : io_(io), index_(index), clock_(clock), tasks_(io, std::move(on_exception)), timer_(io) {}

void EventLoop::watch(Watched& watched) {
    watched_.push_back(&watched);
    arm();
}

void EventLoop::unwatch(Watched& watched) {
    // Emptied, not erased: check_all may be walking the list.
    std::ranges::replace(watched_, &watched, nullptr);
}

void EventLoop::stop() {
    stopped_ = true;
    timer_.cancel();
}

void EventLoop::arm() {
    if (stopped_ || watched_.empty() || std::exchange(armed_, true)) return;
    timer_.expires_after(until_tick());
    timer_.async_wait([this](boost::system::error_code error) {
        armed_ = false;
        if (error) return;
        now_ = LoopClock::now();
        check_if_due();
        arm();
    });
}

// Reads within the last period: the next ones look at the clock, the timer only notices their end.
std::chrono::milliseconds EventLoop::until_tick() const {
    return now_ - last_read_ < clock_.period ? clock_.timer_while_reading : clock_.period;
}

void EventLoop::check_if_due() {
    if (now_ - last_check_ >= clock_.period) check_all();
}

void EventLoop::check_all() {
    last_check_ = now_;
    for (std::size_t i = 0; i < watched_.size(); ++i) {
        if (watched_[i] != nullptr) watched_[i]->check(now_);
    }
    std::erase(watched_, nullptr);
}

}  // namespace tidegate::net
