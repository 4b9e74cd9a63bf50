// A deadline for a coroutine (Boost 1.81 has no cancel_after). It costs a timer each time, so it is
// for control planes; servers with thousands of connections check their deadlines from one timer.
// The caller's event loop only.
#pragma once

#include "net/first_of.hpp"

namespace tidegate::net {

// Runs the task and returns its result. When the time is over, cancels the task, waits until it has
// ended, and returns the error timed_out.
template <class T>
asio::awaitable<std::expected<T, boost::system::error_code>> with_deadline(
    std::chrono::nanoseconds duration,
    asio::awaitable<std::expected<T, boost::system::error_code>> task) {
    auto ended = co_await first_of(std::move(task), sleep_for(duration));
    if (ended.index() == 0) co_return std::move(std::get<0>(ended));
    co_return std::unexpected(boost::system::error_code(asio::error::timed_out));
}

}  // namespace tidegate::net
