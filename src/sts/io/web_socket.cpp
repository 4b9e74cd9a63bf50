#include "sts/io/web_socket.hpp"

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <utility>

#include "base/lower_case.hpp"
#include "base/stream_id.hpp"
#include "net/connect.hpp"
#include "net/first_of.hpp"
#include "sts/core/allowance.hpp"
#include "sts/io/transport.hpp"

namespace tidegate::sts {

namespace {

namespace asio = boost::asio;
namespace websocket = boost::beast::websocket;
using boost::system::error_code;
using Kind = SessionEnd::Kind;

constexpr auto kAsTuple = asio::as_tuple(asio::use_awaitable);

// A client masks what it sends, and writes it in pieces of this size: the bytes that a socket
// usually takes at once.
constexpr std::size_t kWritePiece = 64 * 1024;
constexpr std::size_t kReadPiece = 64 * 1024;

// A message that comes in so many pieces, each smaller than that, is an attack: a frame or a packet
// of a network has at least some hundred bytes.
constexpr std::size_t kManyPieces = 1000;
constexpr std::size_t kLeastPiece = 64;

// Pings and pongs of WebSocket itself. Servers send one in some seconds.
constexpr double kControlFramesPerSecond = 10;
constexpr double kControlFrameBurst = 100;

// A larger buffer is not kept for the next message.
constexpr std::size_t kKeptBuffer = 4 * 1024 * 1024;

SessionEnd end_of(error_code const& error) {
    if (error == websocket::error::closed) return {Kind::lost, "the peer closed the connection"};
    if (error == websocket::error::message_too_big) {
        return {Kind::hostile, "a message larger than 16 MiB"};
    }
    if (error.category() == websocket::make_error_code(websocket::error::closed).category()) {
        return {Kind::hostile, "not WebSocket: " + base::lower_case(error.message())};
    }
    return {Kind::lost, base::lower_case(error.message())};
}

class Socket final : public WebSocket {
public:
    using Stream = websocket::stream<Transport, false>;  // false: no compression

    explicit Socket(Transport transport)
        : stream_(std::move(transport)), buffer_(kMaxMessageBytes) {
        stream_.read_message_max(kMaxMessageBytes);
        stream_.write_buffer_bytes(kWritePiece);
        stream_.auto_fragment(false);
        stream_.text(true);
        stream_.control_callback([this](websocket::frame_type, boost::beast::string_view) {
            if (!control_frames_.take(1, Clock::now())) {
                flooded_ = true;
                abort();
            }
        });
    }

    Stream& stream() { return stream_; }

    asio::awaitable<std::expected<std::string_view, SessionEnd>> read() override {
        empty_buffer();
        for (std::size_t pieces = 1;; ++pieces) {
            auto const [error, count] =
                co_await stream_.async_read_some(buffer_, kReadPiece, kAsTuple);
            if (flooded_) co_return hostile("too many pings");
            if (error) co_return std::unexpected(end_of(error));
            if (pieces > kManyPieces && buffer_.size() / pieces < kLeastPiece) {
                co_return hostile("a message in pieces of a few bytes");
            }
            if (!stream_.is_message_done()) continue;
            if (!stream_.got_text()) co_return hostile("a binary message");
            auto const data = buffer_.data();
            co_return std::string_view(static_cast<char const*>(data.data()), data.size());
        }
    }

    asio::awaitable<std::expected<void, SessionEnd>> write(Message const& message) override {
        std::array<asio::const_buffer, 3> const parts{
            asio::buffer(message.head), asio::buffer(message.sound), asio::buffer(message.tail)};
        auto const [error, count] = co_await stream_.async_write(parts, kAsTuple);
        if (error) co_return std::unexpected(end_of(error));
        co_return std::expected<void, SessionEnd>();
    }

    asio::awaitable<void> close() override {
        co_await stream_.async_close(websocket::close_code::normal, kAsTuple);
    }

    void abort() override { stream_.next_layer().abort(); }

private:
    static std::unexpected<SessionEnd> hostile(std::string reason) {
        return std::unexpected(SessionEnd{Kind::hostile, std::move(reason)});
    }
    void empty_buffer() {
        buffer_.clear();
        if (buffer_.capacity() > kKeptBuffer) buffer_.shrink_to_fit();
    }

    Stream stream_;
    boost::beast::flat_buffer buffer_;
    Allowance control_frames_{kControlFramesPerSecond, kControlFrameBurst, Clock::now()};
    bool flooded_ = false;
};

using Connected = std::expected<std::unique_ptr<WebSocket>, SessionEnd>;

// The identifiers of §4 have at most 64 characters; longer ones stand in stream:init only.
void set_identifier(websocket::request_type& request, char const* name, std::string const& value) {
    constexpr std::size_t kMost = 64;
    if (base::is_stream_id(value) && value.size() <= kMost) request.set(name, value);
}

asio::awaitable<Connected> shake_hands(Transport transport, ConnectRequest const& request) {
    auto socket = std::make_unique<Socket>(std::move(transport));
    socket->stream().set_option(
        websocket::stream_base::decorator([&request](websocket::request_type& message) {
            message.set(boost::beast::http::field::user_agent, "Tidegate");
            set_identifier(message, "X-Stream-ID", request.stream_id);
            set_identifier(message, "X-Worker-ID", request.worker_id);
            if (request.token.empty()) return;
            message.set(boost::beast::http::field::authorization, "Bearer " + request.token);
        }));
    websocket::response_type response;
    auto const [error] = co_await socket->stream().async_handshake(
        response, request.url.host_header, request.url.target, kAsTuple);
    socket->stream().set_option(websocket::stream_base::decorator([](auto&) {}));
    if (!error) co_return std::move(socket);
    auto const status = response.result_int();
    if (error != websocket::error::upgrade_declined) {
        co_return std::unexpected(
            SessionEnd{Kind::lost, request.url.shown() + ": " + base::lower_case(error.message())});
    }
    bool const refused = status == 401 || status == 403;
    co_return std::unexpected(
        SessionEnd{refused ? Kind::refused : Kind::lost,
                   request.url.shown() + " answers with status " + std::to_string(status)});
}

asio::awaitable<Connected> upgrade_over_tls(asio::ip::tcp::socket socket,
                                            ConnectRequest const& request) {
    auto transport = Transport::over_tls(std::move(socket), request.url.host, request.ca_file);
    if (!transport) co_return std::unexpected(SessionEnd{Kind::refused, transport.error()});
    auto const error = co_await transport->shake_hands();
    if (!error) co_return co_await shake_hands(std::move(*transport), request);
    auto const problem = transport->certificate_problem();
    auto const kind = problem.empty() ? Kind::lost : Kind::refused;
    co_return std::unexpected(
        SessionEnd{kind, request.url.shown() + ": " +
                             (problem.empty() ? base::lower_case(error.message())
                                              : "certificate not accepted: " + problem)});
}

asio::awaitable<Connected> upgrade(asio::ip::tcp::socket socket, ConnectRequest const& request) {
    if (request.url.tls) return upgrade_over_tls(std::move(socket), request);
    return shake_hands(Transport(std::move(socket)), request);
}

}  // namespace

asio::awaitable<Connected> connect_web_socket(ConnectRequest request) {
    auto const until = Clock::now() + request.deadline;
    auto socket = co_await net::connect(request.url.host, request.url.port, request.deadline);
    if (!socket) co_return std::unexpected(SessionEnd{Kind::lost, socket.error()});
    auto upgraded = upgrade(std::move(*socket), request);
    auto ended = co_await net::first_of(std::move(upgraded), net::sleep_for(until - Clock::now()));
    if (auto* const connected = std::get_if<0>(&ended)) co_return std::move(*connected);
    co_return std::unexpected(
        SessionEnd{Kind::lost, request.url.shown() + " does not answer in time"});
}

bool is_upgrade(http::Request const& request) {
    auto const upgrade = request.header("upgrade");
    return request.method == "GET" && upgrade &&
           base::lower_case(std::string(*upgrade)) == "websocket";
}

asio::awaitable<std::unique_ptr<WebSocket>> accept_web_socket(asio::ip::tcp::socket socket,
                                                              http::Request const& request) {
    boost::beast::http::request<boost::beast::http::empty_body> message(
        boost::beast::http::verb::get, request.target, 11);
    for (auto const& [name, value] : request.headers) message.insert(name, value);
    auto accepted = std::make_unique<Socket>(Transport(std::move(socket)));
    auto const [error] = co_await accepted->stream().async_accept(message, kAsTuple);
    if (error) co_return nullptr;
    co_return std::move(accepted);
}

}  // namespace tidegate::sts
