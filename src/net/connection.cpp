#include "net/connection.hpp"

#include <sys/socket.h>

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/lower_case.hpp"
#include "net/address.hpp"
#include "net/tls_channel.hpp"

namespace tidegate::net {

namespace {

// Receives in a row from one connection before others get their turn.
constexpr int kReadsPerTurn = 4;

// A wake ends the pause at once; this only bounds one pause.
constexpr std::chrono::minutes kWakeCheckPeriod{1};

constexpr char kTimeout[] = "i/o timeout";

// A write to a connection that the peer has reset before fails with EPIPE.
bool is_reset(int error) {
    return error == ECONNRESET || error == EPIPE;
}

}  // namespace

struct Connection::Handle {
    asio::io_context& io;
    Connection* target;  // the loop's thread only; null once the connection has gone
};

Connection::Connection(Link link, EventLoop& loop, WriteQueueLimits limits)
    : socket_(std::move(link.socket)),
      loop_(loop),
      tls_(link.tls ? loop.memory().make<TlsChannel>(std::move(link.tls), loop.tls_buffers())
                    : nullptr),
      writes_(loop.memory().make<WriteQueue>(
          socket_, limits,
          [this](boost::system::error_code error) {
              end_write(is_reset(error.value()) ? EndCause::write_reset : EndCause::write_failed,
                        "write: " + base::lower_first(error.message()));
          },
          tls_.get())),
      pause_timer_(loop.io()),
      read_ended_(loop.io()),
      handle_(std::make_shared<Handle>(loop.io(), this)),
      handshake_until_(LoopClock::now() + kHandshakeTime) {
    boost::system::error_code ignored;
    auto const remote = socket_.remote_endpoint(ignored);
    remote_address_ = to_string(remote);
    remote_ip_ = to_string(remote.address());
    local_address_ = to_string(socket_.local_endpoint(ignored));
    loop_.watch(*this);
}

Connection::~Connection() {
    handle_->target = nullptr;
    loop_.unwatch(*this);
}

Connection::Closer Connection::closer() const {
    return [handle = handle_](std::string const& reason) {
        asio::post(handle->io, [handle, reason] {
            if (handle->target != nullptr) handle->target->close(reason);
        });
    };
}

std::function<void()> Connection::waker() const {
    return [handle = handle_] {
        asio::post(handle->io, [handle] {
            if (handle->target != nullptr) handle->target->pause_timer_.cancel();
        });
    };
}

void Connection::close(std::string reason) {
    end(EndCause::closed, std::move(reason));
}

void Connection::end_read(EndCause cause, std::string const& what) {
    end(cause, network_error("read", what));
}

void Connection::end_write(EndCause cause, std::string const& what) {
    end(cause, network_error("write", what));
}

void Connection::end(EndCause cause, std::string text) {
    if (closing()) return;
    end_.emplace(cause, std::move(text));
    boost::system::error_code ignored;
    socket_.cancel(ignored);
    pause_timer_.cancel();
}

void Connection::close_after_writes(std::string reason) {
    if (closing()) return;
    linger_ = true;
    writes_->flush();
    close(std::move(reason));
}

void Connection::set_read_timeout(std::optional<LoopClock::duration> timeout) {
    read_timeout_ = timeout;
    last_read_ = LoopClock::now();
}

void Connection::check(LoopClock::time_point now) {
    if (closing()) return;
    bool const silent = read_timeout_ && now - last_read_ > *read_timeout_;
    if (silent || (deadline_ && now > *deadline_)) {
        return end_read(EndCause::read_timeout, kTimeout);
    }
    if (tls_ && !tls_->established() && now > handshake_until_) {
        return end(EndCause::read_timeout, std::string("TLS handshake: ") + kTimeout);
    }
    auto const blocked = writes_->blocked_since();
    if (blocked && now - *blocked > write_timeout_) {
        return end_write(EndCause::write_timeout, kTimeout);
    }
    on_watch(now);
}

std::string Connection::network_error(char const* operation, std::string const& what) const {
    return std::string(operation) + " tcp " + local_address_ + "->" + remote_address_ + ": " + what;
}

asio::awaitable<ConnectionEnd> Connection::serve() {
    if (tls_) {
        tls_->start();
        writes_->flush();
    }
    co_await read_loop();
    if (linger_) {
        co_await linger();
    } else {
        say_goodbye();
    }
    co_return *end_;
}

// A peer that misses the end of TLS takes the stream for cut off. So it gets none if there is more
// to say.
void Connection::say_goodbye() {
    if (!tls_ || !writes_->empty() || writes_->failed()) return;
    tls_->seal_end();
    if (tls_->has_unsent()) tls_->send(socket_.native_handle());
}

// Reading itself is a chain of plain callbacks: a coroutine's round for each read costs a process
// that wakes for every picture more than the reading does. This one sleeps until it is needed.
asio::awaitable<void> Connection::read_loop() {
    while (!closing()) {
        read_ended_.expires_at(asio::steady_timer::time_point::max());
        wait_readable();
        boost::system::error_code error;
        co_await read_ended_.async_wait(asio::redirect_error(asio::use_awaitable, error));
        if (read_failure_) std::rethrow_exception(std::exchange(read_failure_, nullptr));
        bool const cancelled = !closing() && !turn_wanted_;  // the task, by its group
        if (cancelled) close(error.message());
        if (!closing() && std::exchange(turn_wanted_, false)) co_await before_next_read();
    }
}

void Connection::wait_readable() {
    socket_.async_wait(tcp::socket::wait_read, [handle = handle_](boost::system::error_code error) {
        if (handle->target != nullptr) handle->target->on_readable(error);
    });
}

void Connection::on_readable(boost::system::error_code error) {
    try {
        for (int i = 0; !error && !closing() && i < kReadsPerTurn && read_available(); ++i) {
        }
    } catch (...) {  // ends this connection's task, not the loop
        read_failure_ = std::current_exception();
        return static_cast<void>(read_ended_.cancel());
    }
    if (error && !closing()) close(error.message());
    loop_.after_read();
    if (closing() || turn_wanted_) {
        read_ended_.cancel();
    } else {
        wait_readable();
    }
}

// True when more may wait.
bool Connection::read_available() {
    before_bytes();
    auto const buffer = loop_.read_buffer();
    auto const count = ::recv(socket_.native_handle(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (count < 0) {
        if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) return false;
        end_read(is_reset(errno) ? EndCause::read_reset : EndCause::read_failed,
                 "read: " + base::lower_first(std::strerror(errno)));
        return false;
    }
    if (count == 0) {
        end(EndCause::end_of_stream, "EOF");
        return false;
    }
    auto const size = static_cast<std::size_t>(count);
    last_read_ = loop_.begin_read();
    if (tls_) return take_sealed(buffer.first(size));
    bytes_received_ += size;
    turn_wanted_ = on_bytes(buffer.first(size)) == Turn::wait;
    return size == buffer.size() && !turn_wanted_;
}

bool Connection::take_sealed(base::ByteView sealed) {
    bool const was_established = tls_->established();
    auto const received = tls_->receive(sealed);
    if (tls_->has_unsent() || tls_->established() != was_established) writes_->flush();
    if (auto const plain = tls_->opened(); !plain.empty() && !closing()) {
        bytes_received_ += plain.size();
        turn_wanted_ = on_bytes(plain) == Turn::wait;
    }
    if (received == TlsChannel::Received::ended) end(EndCause::end_of_stream, "EOF");
    if (received == TlsChannel::Received::failed) end(EndCause::tls_failed, tls_->problem());
    return sealed.size() == loop_.read_buffer().size() && !turn_wanted_;
}

asio::awaitable<void> Connection::before_next_read() {
    co_return;
}

asio::awaitable<bool> Connection::pause(std::chrono::milliseconds duration) {
    if (closing()) co_return false;
    pause_timer_.expires_after(duration);
    boost::system::error_code error;
    co_await pause_timer_.async_wait(asio::redirect_error(asio::use_awaitable, error));
    co_return !closing();
}

// Gives what is queued its time, then waits for the peer's end: closing with unread input would
// reset the connection, and the peer might never see our last words.
asio::awaitable<void> Connection::linger() {
    asio::steady_timer timer(loop_.io());
    auto const cancel_after = [&](std::chrono::milliseconds time) {
        timer.expires_after(time);
        timer.async_wait([handle = handle_](boost::system::error_code cancelled) {
            boost::system::error_code ignored;
            if (!cancelled && handle->target != nullptr) handle->target->socket_.cancel(ignored);
        });
    };
    cancel_after(kDrainTime);
    if (!tls_ || tls_->established()) co_await drain();
    say_goodbye();
    boost::system::error_code ignored;
    socket_.shutdown(tcp::socket::shutdown_send, ignored);
    cancel_after(kLingerTime);
    co_await discard_input();
    timer.cancel();
}

asio::awaitable<void> Connection::drain() {
    boost::system::error_code error;
    while (!error && !writes_->empty() && !writes_->failed()) {
        co_await socket_.async_wait(tcp::socket::wait_write,
                                    asio::redirect_error(asio::use_awaitable, error));
        writes_->flush();
    }
}

asio::awaitable<void> Connection::discard_input() {
    boost::system::error_code error;
    while (true) {
        co_await socket_.async_wait(tcp::socket::wait_read,
                                    asio::redirect_error(asio::use_awaitable, error));
        if (error) co_return;
        auto const buffer = loop_.read_buffer();
        auto const count =
            ::recv(socket_.native_handle(), buffer.data(), buffer.size(), MSG_DONTWAIT);
        if (count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR)) co_return;
    }
}

}  // namespace tidegate::net
