// The bytes of a connection: what it reads, and how its answers get to the client.
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "http/session.hpp"
#include "net/first_of.hpp"

namespace tidegate::http {
namespace {

using asio::ip::tcp;
using boost::system::error_code;

constexpr auto kTupled = asio::as_tuple(asio::use_awaitable);

// A client that is refused in the middle of its request gets this long, and may send this much, to
// read our answer before the socket is closed under it (a reset would destroy the answer).
constexpr std::chrono::milliseconds kLingerTime{1'000};
constexpr std::size_t kMaxLingerBytes = 1024 * 1024;

// The memory of an answer is kept for the next one, unless it was a large answer.
constexpr std::size_t kLargestSpareOutput = 64 * 1024;

// For people who have typed http:// instead of https://.
constexpr std::string_view kSpeaksTls =
    "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: 35\r\n"
    "Connection: close\r\n\r\nthis port takes https requests only";

// The first byte of TLS is the type of a record, and that of HTTP the letter of a method.
bool is_in_clear(std::string_view bytes) {
    return bytes.front() >= 'A' && bytes.front() <= 'Z';
}

void drop_front(auto& buffers, std::size_t count) {
    auto whole = buffers.begin();
    while (whole != buffers.end() && count >= whole->size()) count -= (whole++)->size();
    buffers.erase(buffers.begin(), whole);
    if (count > 0) buffers.front() += count;
}

}  // namespace

// A streaming handler's hold on its session.
class StreamWriter final : public BodyStream {
public:
    explicit StreamWriter(Session& session) : session_(session) {}
    asio::awaitable<bool> write(std::string_view bytes) override { return session_.write(bytes); }

private:
    Session& session_;
};

bool Session::has_output() const {
    return !out_.empty() || body_apart() || is_blocked();
}

Session::Buffers Session::output() const {
    Buffers all;
    all.push_back(asio::buffer(out_));
    if (!large_body_.empty()) all.push_back(asio::buffer(large_body_));
    for (auto const& slice : slices_) all.emplace_back(slice.data(), slice.size());
    drop_front(all, sent_);
    return all;
}

void Session::clear_output() {
    large_body_ = {};
    slices_ = {};
    sent_ = 0;
    if (out_.capacity() <= kLargestSpareOutput) {
        core_->spare_output.swap(out_);
        core_->spare_output.clear();
    }
    out_ = {};
}

error_code Session::send(Buffers& rest) {
    if (tls_ != nullptr) return send_sealed(rest);
    error_code error;
    while (!error && !rest.empty()) drop_front(rest, socket_.write_some(rest, error));
    return error;
}

// What fits into one record is one record, a header and its body for example; larger buffers are
// sealed from where they are. The piece is valid until the next call.
base::ByteView Session::next_piece(Buffers const& rest, std::size_t room) {
    auto const first =
        base::ByteView(static_cast<std::uint8_t const*>(rest.front().data()), rest.front().size());
    if (rest.size() == 1 || first.size() >= net::kRecordSize || room < net::kRecordSize) {
        return first.first(std::min(first.size(), room));
    }
    auto& record = tls_->record_buffer();
    record.clear();
    for (auto const& buffer : rest) {
        auto const count = std::min(buffer.size(), net::kRecordSize - record.size());
        auto const* const begin = static_cast<std::uint8_t const*>(buffer.data());
        record.insert(record.end(), begin, begin + count);
        if (record.size() == net::kRecordSize) break;
    }
    return record;
}

// Seals as much as one send takes. What the socket does not take, the channel keeps: then there is
// something to wait for even if nothing is left in `rest`.
error_code Session::send_sealed(Buffers& rest) {
    if (!tls_->established()) return asio::error::not_connected;
    drop_front(rest, 0);  // empty buffers
    while (true) {
        for (auto room = is_blocked() ? 0 : net::kMaxSealed; room > 0 && !rest.empty();) {
            auto const piece = next_piece(rest, room);
            if (!tls_->seal(piece)) return asio::error::connection_reset;
            room -= piece.size();
            drop_front(rest, piece.size());
        }
        if (!tls_->has_unsent()) return {};
        if (tls_->send(socket_.native_handle()) == net::TlsChannel::Sent::failed) {
            return asio::error::connection_reset;
        }
        if (is_blocked()) return asio::error::would_block;
    }
}

error_code Session::send_output() {
    auto rest = output();
    auto const unsent = asio::buffer_size(rest);
    auto const error = send(rest);
    if (error) {
        sent_ += unsent - asio::buffer_size(rest);
    } else {
        clear_output();
    }
    return error;
}

// What the socket has not taken at once.
asio::awaitable<bool> Session::send_rest(Buffers rest) {
    auto const& limits = core_->settings.limits;
    auto const bytes = asio::buffer_size(rest) + (is_blocked() ? net::kMaxSealed : 0);
    std::chrono::seconds const longest(bytes / limits.slowest_rate);
    auto const end = Clock::now() + limits.write_deadline + longest;
    while (!rest.empty() || is_blocked()) {
        deadline_ = std::min(Clock::now() + limits.write_deadline, end);
        auto const [waited] = co_await socket_.async_wait(tcp::socket::wait_write, kTupled);
        deadline_ = Clock::time_point::max();
        deadline_of_.reset();
        if (expired_ || (waited && waited != asio::error::operation_aborted)) co_return false;
        if (waited && stream_) co_return false;  // the server stops
        auto const error = send(rest);
        if (error && error != asio::error::would_block) co_return false;
    }
    co_return true;
}

asio::awaitable<bool> Session::write(std::string_view bytes) {
    Buffers rest;
    rest.push_back(asio::buffer(bytes.data(), bytes.size()));
    auto const error = send(rest);
    if (!error) co_return true;
    co_return error == asio::error::would_block&& co_await send_rest(std::move(rest));
}

asio::awaitable<bool> Session::flush() {
    auto rest = output();
    auto const error = send(rest);
    bool const written =
        !error || (error == asio::error::would_block && co_await send_rest(std::move(rest)));
    clear_output();
    co_return written;
}

// Before the connection waits. The bytes of the newest read are another's soon.
void Session::keep_rest() {
    if (input_.empty()) {
        rest_ = {};
        if (incoming_ != nullptr && incoming_->reader.untouched()) {
            core_->keep_incoming(std::move(incoming_));
        }
    } else if (input_.data() < rest_.data() || input_.data() > rest_.data() + rest_.size()) {
        rest_.assign(input_);
        input_ = rest_;
    }
}

void Session::set_read_deadline() {
    if (pending_) return;
    auto const now = state();
    if (deadline_of_ == now) return;  // the deadline is over the whole, not over each read
    deadline_of_ = now;
    auto const& limits = core_->settings.limits;
    bool const shaking_hands = tls_ != nullptr && !tls_->established();
    auto const allowed = shaking_hands                         ? net::kHandshakeTime
                         : now == RequestReader::State::idle   ? limits.idle_deadline
                         : now == RequestReader::State::header ? limits.header_deadline
                                                               : limits.body_deadline;
    deadline_ = Clock::now() + allowed;
}

// Takes what has come. False: the connection is at its end.
bool Session::read(error_code const& waited) {
    if (waited) return waited == asio::error::operation_aborted && after_interrupt();
    if (pending_ && tls_ == nullptr) return client_stays();
    error_code error;
    auto const count = socket_.read_some(asio::buffer(core_->read_buffer), error);
    if (error) return error == asio::error::would_block;
    // The reader refuses whatever stays unread and is larger than the header limit, so the rest
    // does not grow without end.
    std::string_view bytes(core_->read_buffer.data(), count);
    if (tls_ != nullptr) {
        auto const opened = open_sealed(bytes);
        if (!opened) return false;
        if (opened->empty()) return true;
        bytes = *opened;
        // A further request, behind one that waits. It stays where it is, and no more is read.
        if (pending_) sent_more_ = true;
    }
    if (input_.empty()) {
        input_ = bytes;
    } else {
        rest_.erase(0, rest_.size() - input_.size());
        input_ = rest_.append(bytes);
    }
    return true;
}

// nullopt: the connection is at its end. Alerts, tickets and what a handshake sends go out at once.
std::optional<std::string_view> Session::open_sealed(std::string_view sealed) {
    using net::TlsChannel;
    bool const first = !std::exchange(heard_, true);
    if (first && is_in_clear(sealed)) {
        error_code ignored;
        socket_.write_some(asio::buffer(kSpeaksTls), ignored);
        return std::nullopt;
    }
    bool const before = tls_->established();
    auto const received = tls_->receive(base::as_bytes(sealed));
    if (tls_->has_unsent() && tls_->send(socket_.native_handle()) == TlsChannel::Sent::failed) {
        return std::nullopt;
    }
    if (!before && tls_->established()) deadline_of_.reset();  // the time of a request begins
    auto const opened = base::as_text(tls_->opened());
    if (received == TlsChannel::Received::failed) return std::nullopt;
    if (received == TlsChannel::Received::ended && opened.empty()) return std::nullopt;
    return opened;
}

bool Session::after_interrupt() {
    if (!expired_) return true;  // see wake_for_stop() and answer()
    if (state() == RequestReader::State::idle) return false;
    expired_ = false;
    respond_refusal(Refusal::request_timeout, {});
    return true;
}

// While an answer is waited for: the client has sent a further request, or has left. What it has
// sent stays where it is, and only a broken connection is noticed then.
bool Session::client_stays() {
    if (sent_more_) return false;
    error_code error;
    char next = 0;
    auto const count = socket_.receive(asio::buffer(&next, 1), tcp::socket::message_peek, error);
    sent_more_ = count > 0;
    return sent_more_ || error == asio::error::would_block;
}

// Reads and forgets what comes. Returns how much that was; nullopt: the client has left.
asio::awaitable<std::optional<std::size_t>> Session::skip_input() {
    auto const [waited] = co_await socket_.async_wait(tcp::socket::wait_read, kTupled);
    if (waited) co_return std::nullopt;
    error_code error;
    auto const count = socket_.read_some(asio::buffer(core_->read_buffer), error);
    if (error && error != asio::error::would_block) co_return std::nullopt;
    co_return count;
}

asio::awaitable<bool> Session::wait_for_client_to_leave() {
    while (co_await skip_input()) {
    }
    co_return true;
}

asio::awaitable<void> Session::run_stream() {
    deadline_ = Clock::time_point::max();
    StreamWriter writer(*this);
    auto const handler = stream_;
    auto const produce = [](std::function<asio::awaitable<void>(BodyStream&)> const& produce_all,
                            BodyStream& body) -> asio::awaitable<bool> {
        co_await produce_all(body);
        co_return true;
    };
    auto producer = produce(handler, writer);
    auto watcher = wait_for_client_to_leave();
    if (core_->stopping) co_return;
    co_await net::first_of(std::move(producer), std::move(watcher));
    stream_ = nullptr;
    if (!core_->stopping && !expired_) co_await linger();
}

asio::awaitable<void> Session::linger() {
    error_code error;
    if (tls_ != nullptr) {  // the client can tell the end from a cut
        tls_->seal_end();
        if (tls_->has_unsent()) tls_->send(socket_.native_handle());
    }
    socket_.shutdown(tcp::socket::shutdown_send, error);
    deadline_ = Clock::now() + kLingerTime;
    std::size_t received = 0;
    while (!error && received < kMaxLingerBytes) {
        auto const count = co_await skip_input();
        if (!count) co_return;
        received += *count;
    }
}

asio::awaitable<void> Session::refuse_overloaded(std::shared_ptr<Session> self) {
    struct Ending {  // it was counted when it was accepted
        Session& session;
        ~Ending() {
            --session.core_->overload_replies;
            session.end();
        }
    } const ending{*self};
    self->respond_refusal(Refusal::overloaded, {});
    if (co_await self->flush()) co_await self->linger();
}

}  // namespace tidegate::http
