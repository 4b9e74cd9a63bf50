// What the HTTP client's requests share: URLs, connections in clear or over TLS, and the pool of
// those that are idle. Internal to this folder. One event loop.
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/system/error_code.hpp>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "net/tls_client.hpp"

namespace tidegate::http {

namespace asio = boost::asio;

// An operation's result is its error and what it gives: auto const [error, ...] = co_await ....
inline constexpr auto kAsTuple = asio::as_tuple(asio::use_awaitable);

// One read of an answer; its usual size on loopback.
inline constexpr std::size_t kAnswerReadSize = 64 * 1024;

// Idle connections that are kept for one host. A program that has more requests under way than that
// sets up the others anew.
inline constexpr std::size_t kMaxIdleConnections = 16;

using ClientTrust = std::shared_ptr<net::TlsClientContext const>;  // null: in clear

struct ClientUrl {
    std::string host;  // without brackets
    std::uint16_t port = 0;
    std::string target;
    std::string host_header;
    bool secure = false;

    std::string shown() const;  // "127.0.0.1:80", for messages
};
// The error is a sentence.
std::expected<ClientUrl, std::string> parse_client_url(std::string const& text);

// What went wrong, and whether the server could have seen the request.
struct ClientFailure {
    std::string sentence;
    bool before_first_byte = false;
};
ClientFailure client_failure(std::string_view what, ClientUrl const& url,
                             boost::system::error_code const& error, bool early = false);

struct ClientConnection {
    using Plain = asio::ip::tcp::socket;
    using Tls = asio::ssl::stream<Plain>;

    explicit ClientConnection(asio::any_io_executor const& executor)
        : stream(std::in_place_type<Plain>, executor) {}

    Plain& socket() {
        auto* const tls = std::get_if<Tls>(&stream);
        return tls != nullptr ? tls->next_layer() : std::get<Plain>(stream);
    }
    Tls& secure(net::TlsPtr state) {
        auto plain = std::move(socket());
        return stream.emplace<Tls>(std::move(plain), state.release());
    }

    std::variant<Plain, Tls> stream;
    boost::beast::flat_buffer buffer;
};
using ClientConnectionPtr = std::unique_ptr<ClientConnection>;

// Resolves, connects and shakes hands. REQUIRES: trust is null just if the URL is not secure.
asio::awaitable<std::expected<ClientConnectionPtr, ClientFailure>> connect_client(
    ClientUrl const& url, ClientTrust const& trust);

class ClientPool {
public:
    // Connections that may be exchanged for one another: to the same host, of those who trust the
    // same.
    struct Key {
        std::string host;
        std::uint16_t port;
        ClientTrust trust;
        auto operator<=>(Key const&) const = default;
    };
    // trust: what the request says; null: the certificates of the system, if the URL is secure.
    static Key key_of(ClientUrl const& url, ClientTrust const& trust);

    // Null: there is none that is still idle.
    ClientConnectionPtr take(Key const& key);
    void keep(Key const& key, ClientConnectionPtr connection);

private:
    std::map<Key, std::vector<ClientConnectionPtr>> idle_;
};

}  // namespace tidegate::http
