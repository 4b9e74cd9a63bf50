// What the connections of one event loop share: its io_context, one read buffer for all of them,
// their tasks and a slow clock for their deadlines. The loop's thread only, except for
// construction.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "net/loop_memory.hpp"
#include "net/task_group.hpp"

namespace tidegate::net {

// How exactly deadlines are kept: far finer than the seconds they are set in, at no cost per
// message.
inline constexpr std::chrono::milliseconds kWatchPeriod{100};

// One receive: more than a socket usually holds at once, and still in the L2 cache.
inline constexpr std::size_t kReadBufferSize = 64 * 1024;

using LoopClock = std::chrono::steady_clock;

// A process that sleeps most of the time may keep its deadlines less exactly, and look at them when
// data wakes it anyhow: its timer then ticks only so often while data comes.
struct WatchClock {
    std::chrono::milliseconds period = kWatchPeriod;
    std::chrono::milliseconds timer_while_reading = period;
};

// Asked every period of the loop's clock whether a deadline has passed.
class Watched {
public:
    virtual ~Watched() = default;
    virtual void check(LoopClock::time_point now) = 0;
};

class EventLoop {
public:
    EventLoop(asio::io_context& io, std::size_t index, TaskGroup::OnException on_exception,
              WatchClock clock = {});

    asio::io_context& io() { return io_; }
    std::size_t index() const { return index_; }
    TaskGroup& tasks() { return tasks_; }
    LoopMemory& memory() { return memory_; }
    // Valid until the next co_await: every connection of the loop reads into it.
    std::span<std::uint8_t> read_buffer() { return read_buffer_; }

    void watch(Watched& watched);
    void unwatch(Watched& watched);

    // When the newest read or the clock's tick began: spares what follows it a look at the clock.
    LoopClock::time_point now() const { return now_; }
    // Around the reads of a connection, whose deadlines may be due while the timer sleeps.
    LoopClock::time_point begin_read() { return now_ = last_read_ = LoopClock::now(); }
    void after_read() {
        if (clock_.timer_while_reading > clock_.period) check_if_due();
    }

    // Ends the clock, so that the loop can run dry. Tasks are stopped by their owner.
    void stop();

private:
    void arm();
    void check_if_due();
    void check_all();
    std::chrono::milliseconds until_tick() const;

    asio::io_context& io_;
    std::size_t const index_;
    WatchClock const clock_;
    LoopMemory memory_;  // outlives the tasks
    TaskGroup tasks_;
    std::vector<std::uint8_t> read_buffer_ = std::vector<std::uint8_t>(kReadBufferSize);
    std::vector<Watched*> watched_;
    LoopClock::time_point now_ = LoopClock::now();
    LoopClock::time_point last_read_{};
    LoopClock::time_point last_check_{};
    asio::steady_timer timer_;
    bool armed_ = false;
    bool stopped_ = false;
};

}  // namespace tidegate::net
