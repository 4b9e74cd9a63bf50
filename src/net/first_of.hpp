// Runs two coroutines until one has ended. They must return what went wrong (std::expected,
// error_code, a reason). An exception is a bug, and is passed on, whichever of the two threw it.
// The caller's event loop only.
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/error_code.hpp>
#include <boost/system/system_error.hpp>
#include <chrono>
#include <exception>
#include <expected>
#include <utility>
#include <variant>

namespace tidegate::net {

namespace asio = boost::asio;

namespace detail {

// A coroutine that is cancelled usually ends by operation_aborted, thrown at its next co_await.
inline void rethrow_unless_cancelled(std::exception_ptr const& failure) {
    if (!failure) return;
    try {
        std::rethrow_exception(failure);
    } catch (boost::system::system_error const& error) {
        if (error.code() != asio::error::operation_aborted) throw;
    }
}

}  // namespace detail

// Returns the result of the one that ends first; the index of the variant tells which it was. The
// other is cancelled, and has ended when this returns. REQUIRES: A and B are default constructible.
template <class A, class B>
asio::awaitable<std::variant<A, B>> first_of(asio::awaitable<A> a, asio::awaitable<B> b) {
    auto const executor = co_await asio::this_coro::executor;
    auto [order, failure_a, result_a, failure_b, result_b] =
        co_await asio::experimental::make_parallel_group(
            asio::co_spawn(executor, std::move(a), asio::deferred),
            asio::co_spawn(executor, std::move(b), asio::deferred))
            .async_wait(asio::experimental::wait_for_one(), asio::use_awaitable);
    bool const a_won = order[0] == 0;
    auto const& winners_failure = a_won ? failure_a : failure_b;
    if (winners_failure) std::rethrow_exception(winners_failure);
    detail::rethrow_unless_cancelled(a_won ? failure_b : failure_a);
    if (a_won) co_return std::variant<A, B>(std::in_place_index<0>, std::move(result_a));
    co_return std::variant<A, B>(std::in_place_index<1>, std::move(result_b));
}

// Waits. The result is no error when the time has passed, operation_aborted when it was cancelled.
inline asio::awaitable<boost::system::error_code> sleep_for(std::chrono::nanoseconds duration) {
    asio::steady_timer timer(co_await asio::this_coro::executor, duration);
    auto const [error] = co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
    co_return error;
}

}  // namespace tidegate::net
