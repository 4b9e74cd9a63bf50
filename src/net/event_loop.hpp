// What the connections of one event loop share: its io_context, one read buffer for all of them,
// their tasks, and a slow clock for their deadlines. The loop's thread only, except that another
// thread may construct it before the loop runs.
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
#include "net/tls_buffers.hpp"

namespace tidegate::net {

// How often deadlines are checked. Deadlines are seconds long, so this is exact enough; and a
// message costs no timer.
inline constexpr std::chrono::milliseconds kWatchPeriod{100};

// Bytes of one receive: more than a socket usually holds, and few enough for the L2 cache.
inline constexpr std::size_t kReadBufferSize = 64 * 1024;

using LoopClock = std::chrono::steady_clock;

// When an EventLoop checks deadlines: once in each period. While data comes, reads check them too,
// so the timer may tick less often then (timer_while_reading). That wakes a process less often that
// sleeps most of the time.
struct WatchClock {
    std::chrono::milliseconds period = kWatchPeriod;
    std::chrono::milliseconds timer_while_reading = period;
};

// Something that has deadlines.
class Watched {
public:
    virtual ~Watched() = default;
    // Called once in each period of the loop's clock.
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
    // Every connection of the loop reads into it, so its bytes are valid until the next co_await.
    std::span<std::uint8_t> read_buffer() { return read_buffer_; }
    TlsBuffers& tls_buffers() { return tls_buffers_; }

    // REQUIRES: unwatch() is called before `watched` is destroyed. Both may be called from check().
    void watch(Watched& watched);
    void unwatch(Watched& watched);

    // When the newest read or the clock's newest tick began. Costs no look at the clock.
    LoopClock::time_point now() const { return now_; }
    // A connection calls the first when bytes have come, and the second when it has read all of
    // them. The second checks the deadlines that are due, if the timer ticks less often now.
    LoopClock::time_point begin_read() { return now_ = last_read_ = LoopClock::now(); }
    void after_read() {
        if (clock_.timer_while_reading > clock_.period) check_if_due();
    }

    // Stops the clock for good, so that io_context::run() can return. It does not stop the tasks.
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
    TlsBuffers tls_buffers_;  // no memory before a connection speaks TLS
    std::vector<Watched*> watched_;
    LoopClock::time_point now_ = LoopClock::now();
    LoopClock::time_point last_read_{};
    LoopClock::time_point last_check_{};
    asio::steady_timer timer_;
    bool armed_ = false;
    bool stopped_ = false;
};

}  // namespace tidegate::net
