// Waits for the signals that end a program. The caller's event loop only.
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <csignal>

namespace tidegate::net {

namespace asio = boost::asio;

// Waits for SIGTERM or SIGINT and returns its number; 0: the wait was cancelled.
inline asio::awaitable<int> wait_for_stop_signal() {
    asio::signal_set signals(co_await asio::this_coro::executor, SIGTERM, SIGINT);
    auto const [error, number] = co_await signals.async_wait(asio::as_tuple(asio::use_awaitable));
    co_return error ? 0 : number;
}

}  // namespace tidegate::net
