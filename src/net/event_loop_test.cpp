// The slow clock of a loop: who asks whether deadlines have passed, the timer or a read.
#include "net/event_loop.hpp"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <string>

namespace tidegate::net {
namespace {

using namespace std::chrono_literals;

struct Deadlines final : Watched {
    explicit Deadlines(EventLoop& loop) : loop_(loop) { loop.watch(*this); }
    ~Deadlines() override { loop_.unwatch(*this); }
    void check(LoopClock::time_point now) override {
        EXPECT_EQ(now, loop_.now());
        ++checks;
    }
    int checks = 0;

private:
    EventLoop& loop_;
};

void ignore(std::string const&, std::string const&) {}

TEST(EventLoopClock, TicksByItself) {
    asio::io_context io{1};
    EventLoop loop(io, 0, ignore, {.period = 5ms});
    Deadlines deadlines(loop);
    auto const end = LoopClock::now() + 20s;
    while (deadlines.checks < 3 && LoopClock::now() < end) io.run_one_for(50ms);
    EXPECT_EQ(deadlines.checks, 3);
}

TEST(EventLoopClock, ReadsTickInPlaceOfALazyTimer) {
    asio::io_context io{1};
    EventLoop loop(io, 0, ignore, {.period = 1ms, .timer_while_reading = 1h});
    Deadlines deadlines(loop);
    auto const end = LoopClock::now() + 20s;
    // The first tick finds that data comes, and makes the timer lazy.
    while (deadlines.checks == 0 && LoopClock::now() < end) {
        loop.begin_read();
        io.run_one_for(10us);
    }
    auto const by_timer = deadlines.checks;
    while (deadlines.checks < by_timer + 3 && LoopClock::now() < end) {
        loop.begin_read();
        loop.after_read();
        io.poll();
    }
    EXPECT_EQ(deadlines.checks, by_timer + 3);
}

TEST(EventLoopClock, TheTimerTakesOverWhenReadsEnd) {
    asio::io_context io{1};
    EventLoop loop(io, 0, ignore, {.period = 1ms, .timer_while_reading = 20ms});
    Deadlines deadlines(loop);
    loop.begin_read();
    loop.after_read();
    auto const before = deadlines.checks;
    auto const end = LoopClock::now() + 20s;
    while (deadlines.checks < before + 5 && LoopClock::now() < end) io.run_one_for(50ms);
    EXPECT_EQ(deadlines.checks, before + 5);
}

TEST(EventLoopClock, ReadsOfABusyLoopDoNotTick) {
    asio::io_context io{1};
    EventLoop loop(io, 0, ignore, {.period = 1ms});
    Deadlines deadlines(loop);
    for (int i = 0; i < 1000; ++i) {
        loop.begin_read();
        loop.after_read();
    }
    EXPECT_EQ(deadlines.checks, 0);
}

}  // namespace
}  // namespace tidegate::net
