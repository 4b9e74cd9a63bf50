#include "http/client_stream.hpp"

#include <netinet/tcp.h>

#include <boost/beast/http/error.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>
#include <limits>
#include <utility>

#include "http/client_message.hpp"
#include "net/deadline.hpp"

namespace tidegate::http {

namespace {

namespace beast = boost::beast::http;

// kDeadAfter = idle + probes * interval.
constexpr int kKeepAliveIdle = 15;
constexpr int kKeepAliveInterval = 5;
constexpr int kKeepAliveProbes = 3;
static_assert(std::chrono::seconds{kKeepAliveIdle + kKeepAliveInterval * kKeepAliveProbes} ==
              kDeadAfter);

template <int kName>
using TcpNumber = asio::detail::socket_option::integer<IPPROTO_TCP, kName>;

// Without it, a server that has vanished would only be missed when something is sent to it.
void notice_silence(asio::ip::tcp::socket& socket) {
    boost::system::error_code ignored;
    socket.set_option(asio::socket_base::keep_alive(true), ignored);
    socket.set_option(TcpNumber<TCP_KEEPIDLE>(kKeepAliveIdle), ignored);
    socket.set_option(TcpNumber<TCP_KEEPINTVL>(kKeepAliveInterval), ignored);
    socket.set_option(TcpNumber<TCP_KEEPCNT>(kKeepAliveProbes), ignored);
}

template <class Stream, class Parser>
asio::awaitable<std::expected<void, ClientFailure>> ask_over(Stream& stream,
                                                             boost::beast::flat_buffer& buffer,
                                                             ClientUrl const& url,
                                                             ClientMessage& message,
                                                             Parser& parser) {
    auto const [unsent, sent] = co_await beast::async_write(stream, message, kAsTuple);
    if (unsent) co_return std::unexpected(client_failure("send to", url, unsent));
    auto const [error, received] =
        co_await beast::async_read_header(stream, buffer, parser, kAsTuple);
    if (error) co_return std::unexpected(client_failure("receive from", url, error));
    co_return std::expected<void, ClientFailure>();
}

}  // namespace

StreamedAnswer::StreamedAnswer(ClientRequest const& request, ClientUrl const& url,
                               ClientTrust trust)
    : request_(request), url_(url), trust_(std::move(trust)), piece_(kAnswerReadSize) {
    parser_.header_limit(kMaxAnswerHeader);
    parser_.body_limit(boost::none);  // read() counts what it keeps
}

asio::awaitable<std::expected<StreamedAnswer::Begun, StreamedAnswer::Error>>
StreamedAnswer::open() {
    auto connected = co_await connect_client(url_, trust_);
    if (!connected) co_return Begun(std::unexpected(connected.error().sentence));
    connection_ = *std::move(connected);
    notice_silence(connection_->socket());
    auto message = client_message(request_, url_);
    auto const asked = co_await std::visit(
        [&](auto& stream) { return ask_over(stream, connection_->buffer, url_, message, parser_); },
        connection_->stream);
    if (!asked) co_return Begun(std::unexpected(asked.error().sentence));
    co_return Begun();
}

asio::awaitable<std::expected<void, std::string>> StreamedAnswer::begin() {
    auto begun = co_await net::with_deadline(request_.deadline, open());
    if (begun) co_return *std::move(begun);
    co_return std::unexpected(too_late(request_, url_));
}

asio::awaitable<std::expected<std::size_t, StreamedAnswer::Error>> StreamedAnswer::read_piece() {
    auto& body = parser_.get().body();
    body.data = piece_.data();
    body.size = piece_.size();
    connection_->buffer.reserve(kAnswerReadSize);
    auto const [error, received] = co_await std::visit(
        [&](auto& stream) {
            return beast::async_read_some(stream, connection_->buffer, parser_, kAsTuple);
        },
        connection_->stream);
    // need_buffer: the piece is full.
    if (error && error != beast::error::need_buffer) co_return std::unexpected(error);
    co_return piece_.size() - body.size;
}

asio::awaitable<std::expected<ClientResponse, std::string>> StreamedAnswer::read(
    std::chrono::milliseconds idle, Client::OnPiece const& on_piece) {
    auto response = client_response(parser_.get());
    bool const streamed = response.status / 100 == 2;
    // Not eager: an eager parser waits for the next chunk before it gives the present one away.
    while (!parser_.is_done()) {
        auto const size = co_await net::with_deadline(idle, read_piece());
        if (!size && size.error() == asio::error::timed_out) {
            co_return std::unexpected("receive from " + url_.shown() + ": silent for " +
                                      std::to_string(idle.count()) + " ms");
        }
        if (!size) {
            co_return std::unexpected(client_failure("receive from", url_, size.error()).sentence);
        }
        std::string_view const piece(piece_.data(), *size);
        if (piece.empty()) continue;
        if (streamed && !on_piece(piece)) break;
        if (streamed) continue;
        if (response.body.size() + piece.size() > request_.max_body_bytes) {
            co_return std::unexpected(too_large(url_, request_.max_body_bytes));
        }
        response.body += piece;
    }
    co_return response;
}

}  // namespace tidegate::http
