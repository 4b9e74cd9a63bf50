#include "http/client_connection.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <utility>

#include "base/lower_case.hpp"
#include "base/number.hpp"

namespace tidegate::http {

namespace {

using asio::ip::tcp;
using boost::system::error_code;

constexpr std::uint16_t kHttpPort = 80;
constexpr std::uint16_t kHttpsPort = 443;

asio::awaitable<std::expected<void, ClientFailure>> shake_hands(ClientConnection& connection,
                                                                ClientUrl const& url,
                                                                ClientTrust const& trust) {
    auto& tls = connection.secure(trust->connect(url.host));
    auto const [error] = co_await tls.async_handshake(asio::ssl::stream_base::client, kAsTuple);
    if (!error) co_return std::expected<void, ClientFailure>();
    auto const why = net::handshake_problem(tls.native_handle());
    co_return std::unexpected(
        ClientFailure{"TLS with " + url.shown() + ": " +
                      (why.empty() ? base::lower_case(error.message()) : why)});
}

// What is readable on an idle connection is its end, or an answer that nobody asked for.
bool still_idle(ClientConnection& connection) {
    error_code error;
    connection.socket().non_blocking(true, error);
    char byte = 0;
    connection.socket().receive(asio::buffer(&byte, 1), tcp::socket::message_peek, error);
    return error == asio::error::would_block;
}

}  // namespace

std::string ClientUrl::shown() const {
    return (host.find(':') == std::string::npos ? host : "[" + host + "]") + ":" +
           std::to_string(port);
}

std::expected<ClientUrl, std::string> parse_client_url(std::string const& text) {
    auto const parsed = boost::urls::parse_uri(text);
    if (!parsed) return std::unexpected("invalid URL \"" + text + "\"");
    if (parsed->scheme() != "http" && parsed->scheme() != "https")
        return std::unexpected("URL \"" + text + "\": only http:// and https:// are supported");
    if (parsed->host().empty()) return std::unexpected("URL \"" + text + "\" has no host");
    ClientUrl url;
    url.host = parsed->host_address();
    url.secure = parsed->scheme() == "https";
    url.port = url.secure ? kHttpsPort : kHttpPort;
    if (parsed->has_port() && !parsed->port().empty()) {
        auto const port = base::parse_port(std::string(parsed->port()));
        if (!port) return std::unexpected("URL \"" + text + "\": the port is not 1 to 65535");
        url.port = *port;
    }
    url.target = std::string(parsed->encoded_path());
    if (url.target.empty()) url.target = "/";
    if (parsed->has_query()) url.target += "?" + std::string(parsed->encoded_query());
    url.host_header = std::string(parsed->encoded_host_and_port());
    return url;
}

ClientFailure client_failure(std::string_view what, ClientUrl const& url, error_code const& error,
                             bool early) {
    auto reason = error == boost::beast::http::error::end_of_stream
                      ? "the server closed the connection"
                      : base::lower_case(error.message());
    return {std::string(what) + " " + url.shown() + ": " + reason, early};
}

asio::awaitable<std::expected<ClientConnectionPtr, ClientFailure>> connect_client(
    ClientUrl const& url, ClientTrust const& trust) {
    auto const executor = co_await asio::this_coro::executor;
    auto connection = std::make_unique<ClientConnection>(executor);
    error_code error;
    auto const address = asio::ip::make_address(url.host, error);
    if (!error) {
        auto const [refused] =
            co_await connection->socket().async_connect(tcp::endpoint(address, url.port), kAsTuple);
        if (refused) co_return std::unexpected(client_failure("connect", url, refused));
    } else {
        tcp::resolver resolver(executor);
        auto const [unknown, found] = co_await resolver.async_resolve(
            url.host, std::to_string(url.port), tcp::resolver::numeric_service, kAsTuple);
        if (unknown) co_return std::unexpected(client_failure("resolve", url, unknown));
        auto const [refused, used] =
            co_await asio::async_connect(connection->socket(), found, kAsTuple);
        if (refused) co_return std::unexpected(client_failure("connect", url, refused));
    }
    connection->socket().set_option(tcp::no_delay(true), error);
    if (url.secure) {
        auto const secured = co_await shake_hands(*connection, url, trust);
        if (!secured) co_return std::unexpected(secured.error());
    }
    co_return connection;
}

ClientPool::Key ClientPool::key_of(ClientUrl const& url, ClientTrust const& trust) {
    if (!url.secure) return {url.host, url.port, nullptr};
    return {url.host, url.port, trust != nullptr ? trust : net::TlsClientContext::system()};
}

ClientConnectionPtr ClientPool::take(Key const& key) {
    auto const found = idle_.find(key);
    if (found == idle_.end()) return nullptr;
    ClientConnectionPtr taken;
    while (taken == nullptr && !found->second.empty()) {
        taken = std::move(found->second.back());
        found->second.pop_back();
        if (!still_idle(*taken)) taken.reset();
    }
    if (found->second.empty()) idle_.erase(found);
    return taken;
}

void ClientPool::keep(Key const& key, ClientConnectionPtr connection) {
    auto& connections = idle_[key];
    if (connections.size() < kMaxIdleConnections) connections.push_back(std::move(connection));
}

}  // namespace tidegate::http
