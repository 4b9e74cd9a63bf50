#include "net/first_of.hpp"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

#include <csignal>
#include <optional>
#include <stdexcept>
#include <string>

#include "net/deadline.hpp"
#include "net/signal_wait.hpp"

namespace tidegate::net {
namespace {

using namespace std::chrono_literals;
using Outcome = std::expected<int, boost::system::error_code>;

template <class T>
T run(asio::awaitable<T> task) {
    asio::io_context io;
    std::exception_ptr failure;
    std::optional<T> result;
    asio::co_spawn(io, std::move(task), [&](std::exception_ptr const& thrown, T value) {
        failure = thrown;
        result = std::move(value);
    });
    io.run();
    if (failure) std::rethrow_exception(failure);
    return *std::move(result);
}

asio::awaitable<Outcome> after(std::chrono::milliseconds delay, Outcome value,
                               bool* ended = nullptr) {
    struct Mark {
        bool* flag;
        ~Mark() {
            if (flag != nullptr) *flag = true;
        }
    } const mark{ended};
    if (delay > 0ms && co_await sleep_for(delay))
        co_return std::unexpected(asio::error::operation_aborted);
    co_return value;
}

asio::awaitable<Outcome> fail_at_once() {
    throw std::runtime_error("bug");
    co_return 0;
}

TEST(FirstOf, TheWinnerDecidesAndTheLoserHasEnded) {
    for (bool const first_wins : {true, false}) {
        bool loser_ended = false;
        auto quick = after(1ms, 7);
        auto slow = after(1h, 8, &loser_ended);
        auto const ended = first_wins ? run(first_of(std::move(quick), std::move(slow)))
                                      : run(first_of(std::move(slow), std::move(quick)));
        EXPECT_EQ(ended.index(), first_wins ? 0U : 1U);
        EXPECT_EQ(first_wins ? std::get<0>(ended) : std::get<1>(ended), Outcome(7));
        EXPECT_TRUE(loser_ended);
    }
}

TEST(FirstOf, AnErrorAtOnceWinsOverALongWait) {
    auto const ended = run(first_of(after(0ms, std::unexpected(asio::error::eof)), after(1h, 1)));
    EXPECT_EQ(std::get<0>(ended).error(), asio::error::eof);
}

TEST(FirstOf, AnExceptionIsPassedOnWhoeverThrewIt) {
    EXPECT_THROW(run(first_of(fail_at_once(), after(1h, 1))), std::runtime_error);
    EXPECT_THROW(run(first_of(after(1h, 1), fail_at_once())), std::runtime_error);
}

TEST(Deadline, GivesTheTasksOwnResultInTime) {
    EXPECT_EQ(run(with_deadline(20s, after(1ms, 3))), Outcome(3));
}

TEST(Deadline, EndsATaskThatTakesTooLong) {
    bool ended = false;
    auto const result = run(with_deadline(5ms, after(1h, 3, &ended)));
    EXPECT_EQ(result.error(), asio::error::timed_out);
    EXPECT_TRUE(ended);
}

TEST(SignalWait, TellsWhichSignalCame) {
    asio::io_context io;
    int number = 0;
    asio::co_spawn(io, wait_for_stop_signal(),
                   [&](std::exception_ptr const&, int n) { number = n; });
    io.poll();  // the handler is installed now
    ::raise(SIGTERM);
    io.restart();
    io.run();
    EXPECT_EQ(number, SIGTERM);
}

}  // namespace
}  // namespace tidegate::net
