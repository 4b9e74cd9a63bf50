// A deadline over a whole dialogue (Boost 1.81 has no cancel_after). For single steps of a control
// plane; servers with thousands of connections check theirs from one timer instead.
#pragma once

#include "net/first_of.hpp"

namespace tidegate::net {

// The task's own result, or timed_out once it has been cancelled and has ended.
template <class T>
asio::awaitable<std::expected<T, boost::system::error_code>> with_deadline(
    std::chrono::nanoseconds duration,
    asio::awaitable<std::expected<T, boost::system::error_code>> task) {
    auto ended = co_await first_of(std::move(task), sleep_for(duration));
    if (ended.index() == 0) co_return std::move(std::get<0>(ended));
    co_return std::unexpected(boost::system::error_code(asio::error::timed_out));
}

}  // namespace tidegate::net
