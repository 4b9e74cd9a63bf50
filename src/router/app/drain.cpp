#include "router/app/drain.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "log/log.hpp"

namespace tidegate::router {

namespace asio = boost::asio;

namespace {

// How often to look whether anybody still publishes.
constexpr std::chrono::milliseconds kLookAgain{100};

}  // namespace

Drain::Drain(asio::io_context& control, Paths& paths, std::chrono::milliseconds time)
    : paths_(paths), time_(time), pause_(control) {}

asio::awaitable<void> Drain::run() {
    if (time_.count() == 0) co_return;
    paths_.refuse_publishers();
    auto const publishers = paths_.foreign_publishers();
    log::write(
        log::Level::info, "router.draining",
        fmt::format("sending away {} publishers within {} ms", publishers.size(), time_.count()));
    auto const begun = std::chrono::steady_clock::now();
    for (std::size_t i = 0; i < publishers.size() && !hurried_; ++i) {
        publishers[i]("the router is about to end");
        co_await wait_until(begun + time_ * (i + 1) / publishers.size());
    }
    // Those that are not told: our own workers.
    if (publishers.empty()) co_await wait_until(begun + time_);
}

// Returns early when nobody publishes any more.
asio::awaitable<void> Drain::wait_until(std::chrono::steady_clock::time_point end) {
    while (!hurried_ && paths_.anybody_publishes()) {
        auto const left = end - std::chrono::steady_clock::now();
        if (left <= left.zero()) co_return;
        pause_.expires_after(std::min<std::chrono::nanoseconds>(left, kLookAgain));
        boost::system::error_code cancelled;
        co_await pause_.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
    }
}

void Drain::hurry() {
    hurried_ = true;
    pause_.cancel();
}

}  // namespace tidegate::router
