// One WebSocket connection (RFC 6455) with text messages, plain or over TLS, as client or as
// server. One event loop; one read and one write at a time.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <expected>
#include <memory>
#include <string>
#include <string_view>

#include "http/message.hpp"
#include "sts/core/client_session.hpp"
#include "sts/core/message.hpp"
#include "sts/core/service_url.hpp"

namespace tidegate::sts {

class WebSocket {
public:
    virtual ~WebSocket() = default;

    // The next message, valid until the next call. The error says how the connection has ended:
    // `hostile` for messages that are too large, or binary, or in pieces of a few bytes.
    virtual boost::asio::awaitable<std::expected<std::string_view, SessionEnd>> read() = 0;
    // Returns when the socket has taken the message, which must live as long.
    virtual boost::asio::awaitable<std::expected<void, SessionEnd>> write(
        Message const& message) = 0;
    // Says good-bye, and returns when the peer has, too. While it runs, messages should be read.
    virtual boost::asio::awaitable<void> close() = 0;
    // Ends everything under way at once.
    virtual void abort() = 0;
};

struct ConnectRequest {
    ServiceUrl url{};
    std::string token{};    // for the header Authorization; empty: none
    std::string ca_file{};  // see make_client_context()
    std::string stream_id{}, worker_id{};
    std::chrono::milliseconds deadline = kConnectDeadline;  // of everything
};
// The error is `refused` when another attempt would fail, too: HTTP 401 or 403, or a certificate
// that is not trusted.
boost::asio::awaitable<std::expected<std::unique_ptr<WebSocket>, SessionEnd>> connect_web_socket(
    ConnectRequest request);

// Whether a request wants to become a WebSocket.
bool is_upgrade(http::Request const& request);
// The server's side: answers the request that has come over the socket. nullptr: it failed.
boost::asio::awaitable<std::unique_ptr<WebSocket>> accept_web_socket(
    boost::asio::ip::tcp::socket socket, http::Request const& request);

}  // namespace tidegate::sts
