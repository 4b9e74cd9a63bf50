#include "router/hls/waiters.hpp"

#include <algorithm>

namespace tidegate::router {

void HlsWaiters::add(HlsWaiter& waiter, bool leading) {
    (leading ? leading_ : others_).push_back(waiter);
    // Rarely: all wait for about as long, so those who come later have later deadlines.
    if (waiter.deadline < rings_at_) arm(waiter.deadline);
}

void HlsWaiters::wake_all() {
    List woken;
    woken.splice(woken.end(), leading_);
    woken.splice(woken.end(), others_);
    while (!woken.empty()) {
        auto& waiter = woken.front();
        woken.pop_front();
        waiter.wake(HlsWaiter::Woken::news);
    }
}

void HlsWaiters::arm(HlsClock::time_point deadline) {
    rings_at_ = deadline;
    timer_.expires_at(deadline);
    timer_.async_wait([this, alive = alive_](boost::system::error_code const& error) {
        if (!error && *alive) wake_overdue();
    });
}

void HlsWaiters::wake_overdue() {
    rings_at_ = HlsClock::time_point::max();
    auto const now = HlsClock::now();
    auto earliest = HlsClock::time_point::max();
    List overdue;
    for (auto* const list : {&leading_, &others_}) {
        for (auto at = list->begin(); at != list->end();) {
            auto& waiter = *at++;
            if (waiter.deadline <= now) {
                list->erase(list->iterator_to(waiter));
                overdue.push_back(waiter);
            } else {
                earliest = std::min(earliest, waiter.deadline);
            }
        }
    }
    if (earliest != HlsClock::time_point::max()) arm(earliest);
    while (!overdue.empty()) {
        auto& waiter = overdue.front();
        overdue.pop_front();
        waiter.wake(HlsWaiter::Woken::overdue);
    }
}

}  // namespace tidegate::router
