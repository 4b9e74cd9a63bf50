// One TCP connection on its event loop: reads through the loop's shared buffer, writes through a
// WriteQueue, keeps deadlines, and can be closed from any thread. A protocol's session derives from
// it and is a local of its coroutine; everything but closer()'s result runs on the loop.
#pragma once

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/bytes.hpp"
#include "net/connection_end.hpp"
#include "net/event_loop.hpp"
#include "net/write_queue.hpp"

namespace tidegate::net {

// A peer that is closed after writes gets this long to take what is queued: a busy machine's pause,
// not a stalled reader's.
inline constexpr std::chrono::milliseconds kDrainTime{3000};
// And then this long to read our last words before the socket is closed under it.
inline constexpr std::chrono::milliseconds kLingerTime{1000};

class Connection : private Watched {
public:
    Connection(Connection const&) = delete;
    Connection& operator=(Connection const&) = delete;

    // A function that closes this connection with a reason. It may be called from any thread, also
    // after the connection has gone.
    using Closer = std::function<void(std::string const& reason)>;
    Closer closer() const;
    // A function that ends the pause() of the moment early, true. From any thread, like a Closer.
    std::function<void()> waker() const;

    std::string const& remote_address() const { return remote_address_; }
    std::string const& remote_ip() const { return remote_ip_; }

protected:
    enum class Turn : std::uint8_t { read_on, wait };  // wait: run before_next_read() first

    Connection(tcp::socket socket, EventLoop& loop, WriteQueueLimits limits);
    ~Connection() override;

    // Reads until the peer, a deadline or close() ends it. The text is in Go's words where it is
    // the network's: "EOF", "read tcp 127.0.0.1:1935->10.0.0.5:4000: i/o timeout".
    asio::awaitable<ConnectionEnd> serve();

    // Bytes are about to be received: the time to fetch the memory that they will touch, while the
    // kernel works (base::prefetch).
    virtual void before_bytes() const {}
    virtual Turn on_bytes(base::ByteView bytes) = 0;
    virtual asio::awaitable<void> before_next_read();
    // Every period of the loop's clock, after the deadlines were checked.
    virtual void on_watch(LoopClock::time_point) {}

    // Ends serve() soon. The first reason wins.
    void close(std::string reason);
    // The same, once what is queued has been written, for at most kDrainTime, and the peer had
    // kLingerTime to read it.
    void close_after_writes(std::string reason);
    bool closing() const { return end_.has_value(); }

    // No byte for this long ends the connection; nullopt: it may be silent for ever.
    void set_read_timeout(std::optional<LoopClock::duration> timeout);
    // The connection ends then, whatever it does; nullopt: it does not.
    void set_deadline(std::optional<LoopClock::time_point> deadline) { deadline_ = deadline; }
    // A peer that takes nothing for this long, although something waits, is closed.
    void set_write_timeout(LoopClock::duration timeout) { write_timeout_ = timeout; }

    // Ends early when woken, and when the connection is closing: false.
    asio::awaitable<bool> pause(std::chrono::milliseconds duration);

    WriteQueue& writes() { return *writes_; }
    WriteQueue const& writes() const { return *writes_; }
    EventLoop& loop() { return loop_; }
    std::uint64_t bytes_received() const { return bytes_received_; }

private:
    struct Handle;

    void check(LoopClock::time_point now) final;
    asio::awaitable<void> read_loop();
    void wait_readable();
    void on_readable(boost::system::error_code error);
    bool read_available();
    asio::awaitable<void> linger();
    asio::awaitable<void> drain();
    asio::awaitable<void> discard_input();
    void end(EndCause cause, std::string text);
    void end_read(EndCause cause, std::string const& what);
    void end_write(EndCause cause, std::string const& what);
    std::string network_error(char const* operation, std::string const& what) const;

    tcp::socket socket_;
    EventLoop& loop_;
    LoopPtr<WriteQueue> writes_;
    asio::steady_timer pause_timer_;
    asio::steady_timer read_ended_;    // a condition variable: turn_wanted_, closing() or a failure
    std::exception_ptr read_failure_;  // of on_bytes(): the task's own
    std::shared_ptr<Handle> handle_;
    std::string remote_address_, remote_ip_, local_address_;
    std::optional<ConnectionEnd> end_;
    bool linger_ = false;
    bool turn_wanted_ = false;
    std::uint64_t bytes_received_ = 0;
    LoopClock::time_point last_read_ = LoopClock::now();
    std::optional<LoopClock::duration> read_timeout_;
    std::optional<LoopClock::time_point> deadline_;
    LoopClock::duration write_timeout_ = std::chrono::seconds{10};
};

}  // namespace tidegate::net
