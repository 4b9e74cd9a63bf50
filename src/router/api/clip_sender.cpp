#include "router/api/clip_sender.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <system_error>

#include "net/first_of.hpp"

namespace tidegate::router {

namespace asio = boost::asio;
using asio::ip::tcp;
using State = ClipPump::State;

namespace {

// Bytes of one turn. Others who wait for the threads have theirs between two turns.
constexpr std::uint64_t kTurnBytes = 1024 * 1024;
// A client that takes less than this for long holds its place for nothing: the thinnest sound has
// ten times as much.
constexpr std::uint64_t kSlowestClip = 512;  // bytes a second
constexpr std::chrono::seconds kSlowGrace{60};
// The client has this long to read the rest and to close the connection before we do.
constexpr std::chrono::seconds kClipLinger{1};

// So much waits in the kernel for the client, and not the megabytes that it would take. A socket is
// writable again when a third of that is gone, and a client that plays slowly would be taken for
// one that takes nothing.
constexpr int kMostUnsent = 256 * 1024;

// Over TLS, so much is read from the file at once: four records.
constexpr std::size_t kReadPiece = 64 * 1024;

constexpr std::string_view kShorter = "the file has become shorter";

constexpr auto kTupledWait = asio::as_tuple(asio::use_awaitable);

using SendClock = std::chrono::steady_clock;

bool is_too_slow(std::uint64_t sent, SendClock::duration elapsed) {
    auto const counted = std::chrono::floor<std::chrono::seconds>(elapsed) - kSlowGrace;
    return counted.count() > 0 && sent / kSlowestClip < static_cast<std::uint64_t>(counted.count());
}

asio::awaitable<boost::system::error_code> wait_writable(tcp::socket& socket) {
    auto const [error] = co_await socket.async_wait(tcp::socket::wait_write, kTupledWait);
    co_return error;
}

// Reads until the client has closed its side, so that no reset destroys what it has not read yet.
asio::awaitable<boost::system::error_code> wait_closed(tcp::socket& socket) {
    std::array<char, 1024> ignored;
    while (true) {
        auto const [error, count] =
            co_await socket.async_read_some(asio::buffer(ignored), kTupledWait);
        if (error) co_return error;
    }
}

asio::awaitable<void> close_clip(tcp::socket& socket) {
    boost::system::error_code ignored;
    socket.shutdown(tcp::socket::shutdown_send, ignored);
    co_await net::first_of(wait_closed(socket), net::sleep_for(kClipLinger));
}

}  // namespace

ClipPump::~ClipPump() {
    if (socket_ >= 0) ::close(socket_);
}

bool ClipPump::attach(int socket, net::TlsPtr tls) {
    socket_ = ::fcntl(socket, F_DUPFD_CLOEXEC, 0);
    tls_ = std::move(tls);
    if (socket_ < 0 || tls_ == nullptr) return socket_ >= 0;
    SSL_set_mode(tls_.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    return SSL_set_fd(tls_.get(), socket_) == 1;
}

void ClipPump::add_text(std::string_view text) {
    steps_.push_back({.bytes = base::SharedBytes::copy_of(base::as_bytes(text))});
}

// False: it has failed.
bool ClipPump::add_piece() {
    auto piece = next_();
    if (!piece) {
        problem_ = std::move(piece.error());
        return false;
    }
    ended_ = !*piece;
    if (ended_) {
        if (chunked_) add_text("0\r\n\r\n");
        return true;
    }
    if (chunked_) add_text(fmt::format("{:x}\r\n", (*piece)->size()));
    steps_.push_back({.bytes = std::move((*piece)->head)});
    for (auto& source : (*piece)->sources) steps_.push_back({.source = std::move(source)});
    if (chunked_) add_text("\r\n");
    return true;
}

State ClipPump::run() {
    auto left = kTurnBytes;
    while (left > 0) {
        if (steps_.empty()) {
            if (ended_) {
                // The client can tell the end from a cut.
                if (tls_ != nullptr) SSL_shutdown(tls_.get());
                return State::done;
            }
            if (!add_piece()) return State::failed;
            continue;
        }
        auto const state = send(steps_.front(), left);
        if (state != State::more) return state;
        auto const& step = steps_.front();
        bool const read = read_begin_ == read_.size();
        if (step.bytes.empty() && step.source.size == 0 && read) steps_.pop_front();
    }
    return State::more;
}

void ClipPump::count(std::size_t bytes, std::uint64_t& left) {
    sent_ += bytes;
    if (figures_) figures_->sent_bytes.fetch_add(bytes, std::memory_order_relaxed);
    left -= std::min<std::uint64_t>(left, bytes);
}

// Sends what the socket takes of the step. Below 0: errno says why nothing.
ssize_t ClipPump::send_plain(Step& step, std::uint64_t most) {
    if (!step.bytes.empty()) {
        // What follows fills the packet.
        auto const flags = MSG_NOSIGNAL | MSG_DONTWAIT | (steps_.size() > 1 ? MSG_MORE : 0);
        auto const sent = ::send(socket_, step.bytes.data(), step.bytes.size(), flags);
        if (sent > 0) step.bytes = step.bytes.slice(static_cast<std::size_t>(sent));
        return sent;
    }
    auto offset = static_cast<off_t>(step.source.offset);
    auto const sent = ::sendfile(socket_, step.source.file->descriptor(), &offset,
                                 static_cast<std::size_t>(std::min(step.source.size, most)));
    if (sent > 0) {
        step.source.offset += static_cast<std::uint64_t>(sent);
        step.source.size -= static_cast<std::uint64_t>(sent);
    }
    return sent;
}

State ClipPump::send(Step& step, std::uint64_t& left) {
    if (tls_ != nullptr) return send_sealed(step, left);
    if (step.bytes.empty() && step.source.size == 0) return State::more;
    bool const from_file = step.bytes.empty();
    auto const sent = send_plain(step, left);
    if (sent < 0) return send_error();
    if (sent == 0 && from_file) {
        problem_ = kShorter;
        return State::failed;
    }
    count(static_cast<std::size_t>(sent), left);
    return State::more;
}

// Reads the next piece of the file. False: there is none, and problem_ says why.
bool ClipPump::fill(Step& step) {
    read_.resize(static_cast<std::size_t>(std::min<std::uint64_t>(step.source.size, kReadPiece)));
    read_begin_ = 0;
    ssize_t count = 0;
    do {
        count = ::pread(step.source.file->descriptor(), read_.data(), read_.size(),
                        static_cast<off_t>(step.source.offset));
    } while (count < 0 && errno == EINTR);
    read_.resize(static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
    if (count < 0) problem_ = std::generic_category().message(errno);
    if (count == 0) problem_ = kShorter;
    step.source.offset += read_.size();
    step.source.size -= read_.size();
    return count > 0;
}

State ClipPump::send_sealed(Step& step, std::uint64_t& left) {
    bool const from_file = step.bytes.empty();
    if (from_file && read_begin_ == read_.size()) {
        read_.clear();
        read_begin_ = 0;
        if (step.source.size == 0) return State::more;
        if (!fill(step)) return State::failed;
    }
    auto const bytes = from_file ? base::ByteView(read_).subspan(read_begin_) : step.bytes.view();
    ERR_clear_error();
    std::size_t sent = 0;
    errno = 0;
    auto const result = SSL_write_ex(tls_.get(), bytes.data(), bytes.size(), &sent);
    if (result != 1) {
        auto const why = SSL_get_error(tls_.get(), result);
        if (why == SSL_ERROR_WANT_WRITE) return State::blocked;
        return why == SSL_ERROR_SYSCALL && errno != 0 ? send_error() : State::client_left;
    }
    if (from_file) {
        read_begin_ += sent;
    } else {
        step.bytes = step.bytes.slice(sent);
    }
    count(sent, left);
    return State::more;
}

State ClipPump::send_error() {
    auto const error = errno;
    if (error == EINTR) return State::more;
    if (error == EAGAIN || error == EWOULDBLOCK) return State::blocked;
    if (error == EPIPE || error == ECONNRESET || error == ETIMEDOUT || error == ENOTCONN) {
        return State::client_left;
    }
    problem_ = std::generic_category().message(error);
    return State::failed;
}

asio::awaitable<std::string> send_clip(net::Link link, net::FileThreads& files,
                                       std::shared_ptr<ClipPump> pump, SendLimits limits) {
    auto socket = std::move(link.socket);
    if (!pump->attach(socket.native_handle(), std::move(link.tls))) {
        co_return "too many open files";
    }
    // Only a hint: without it, the client is waited for as before.
    ::setsockopt(socket.native_handle(), IPPROTO_TCP, TCP_NOTSENT_LOWAT, &kMostUnsent,
                 sizeof kMostUnsent);
    auto const begun = SendClock::now();
    while (true) {
        auto const state = co_await files.run_brief([pump] { return pump->run(); });
        if (state == State::client_left) co_return std::string();
        if (state == State::failed) co_return pump->problem();
        if (state == State::done) break;
        if (is_too_slow(pump->sent(), SendClock::now() - begun)) co_return "the client is too slow";
        if (state == State::more) continue;
        auto const waited =
            co_await net::first_of(wait_writable(socket), net::sleep_for(limits.write_timeout));
        if (waited.index() == 1) co_return "the client has taken nothing for too long";
        if (std::get<0>(waited)) co_return std::string();
    }
    co_await close_clip(socket);
    co_return std::string();
}

}  // namespace tidegate::router
