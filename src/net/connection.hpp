// One connection on its event loop, over TCP or TLS. It reads into the loop's shared buffer, writes
// through a WriteQueue and keeps deadlines. A protocol's session derives from it and is a local
// variable of its coroutine. The loop's thread only, except for what closer() and waker() return.
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
#include "net/link.hpp"
#include "net/write_queue.hpp"

namespace tidegate::net {

// After close_after_writes(), the peer has this long to take what is queued. A peer that is busy
// needs it; one that has stalled would need longer, and loses the rest.
inline constexpr std::chrono::milliseconds kDrainTime{3000};
// Then it has this long to read it and to close the connection itself, before we do.
inline constexpr std::chrono::milliseconds kLingerTime{1000};

class TlsChannel;

class Connection : private Watched {
public:
    Connection(Connection const&) = delete;
    Connection& operator=(Connection const&) = delete;

    // Returns a function that closes this connection with a reason. Any thread may call it, also
    // when the connection is gone.
    using Closer = std::function<void(std::string const& reason)>;
    Closer closer() const;
    // Returns a function that ends pause() early; pause() then returns true. It does nothing while
    // the connection does not pause. Any thread may call it, also when the connection is gone.
    std::function<void()> waker() const;

    std::string const& remote_address() const { return remote_address_; }
    std::string const& remote_ip() const { return remote_ip_; }
    bool is_secure() const { return tls_ != nullptr; }

protected:
    // What follows on_bytes(). wait: before_next_read() has to end before anything more is read.
    enum class Turn : std::uint8_t { read_on, wait };

    // A link with TLS shakes hands by itself, within kHandshakeTime. What is written before waits
    // for it. Counters count the plain bytes.
    Connection(Link link, EventLoop& loop, WriteQueueLimits limits);
    ~Connection() override;

    // Reads until the peer, an error, a deadline or close() ends the connection; returns how it
    // ended. An exception of on_bytes() or before_next_read() is passed on.
    asio::awaitable<ConnectionEnd> serve();

    // Called just before bytes are received. A session can prefetch the memory that they will touch
    // (base::prefetch), which then arrives while the kernel works.
    virtual void before_bytes() const {}
    // Bytes have come; they are valid during the call only.
    virtual Turn on_bytes(base::ByteView bytes) = 0;
    // Runs after on_bytes() has returned Turn::wait.
    virtual asio::awaitable<void> before_next_read();
    // Called once in each period of the loop's clock, after the deadlines were checked.
    virtual void on_watch(LoopClock::time_point) {}

    // Ends serve() soon, with this reason. If the connection is closing already, nothing changes.
    void close(std::string reason);
    // The same, but first the peer gets kDrainTime to take what is queued and kLingerTime to read
    // it. What the peer sends meanwhile is thrown away.
    void close_after_writes(std::string reason);
    bool closing() const { return end_.has_value(); }

    // The connection ends when no byte has come for this long; nullopt: it may be silent for ever.
    void set_read_timeout(std::optional<LoopClock::duration> timeout);
    // The connection ends at this time, whatever it does; nullopt: there is no such time.
    void set_deadline(std::optional<LoopClock::time_point> deadline) { deadline_ = deadline; }
    // The connection ends when the peer has taken nothing for this long although something waits.
    void set_write_timeout(LoopClock::duration timeout) { write_timeout_ = timeout; }

    // Waits for this long, or until a waker is called. False: the connection is closing.
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
    bool take_sealed(base::ByteView sealed);
    void say_goodbye();
    asio::awaitable<void> linger();
    asio::awaitable<void> drain();
    asio::awaitable<void> discard_input();
    void end(EndCause cause, std::string text);
    void end_read(EndCause cause, std::string const& what);
    void end_write(EndCause cause, std::string const& what);
    std::string network_error(char const* operation, std::string const& what) const;

    tcp::socket socket_;
    EventLoop& loop_;
    LoopPtr<TlsChannel> tls_;  // null: in clear
    LoopPtr<WriteQueue> writes_;
    asio::steady_timer pause_timer_;
    asio::steady_timer read_ended_;    // used as a condition variable: reading has stopped
    std::exception_ptr read_failure_;  // what on_bytes() has thrown; read_loop() throws it again
    std::shared_ptr<Handle> handle_;
    std::string remote_address_, remote_ip_, local_address_;
    std::optional<ConnectionEnd> end_;  // nullopt: it is not closing
    bool linger_ = false;               // close_after_writes() was called
    bool turn_wanted_ = false;          // on_bytes() has returned Turn::wait
    std::uint64_t bytes_received_ = 0;
    LoopClock::time_point last_read_ = LoopClock::now();
    std::optional<LoopClock::duration> read_timeout_;
    std::optional<LoopClock::time_point> deadline_;
    LoopClock::time_point const handshake_until_;
    LoopClock::duration write_timeout_ = std::chrono::seconds{10};
};

}  // namespace tidegate::net
