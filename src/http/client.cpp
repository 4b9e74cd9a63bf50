#include "http/client.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <cstdint>
#include <map>
#include <optional>
#include <variant>

#include "base/crypto/base64.hpp"
#include "base/lower_case.hpp"
#include "base/number.hpp"
#include "net/deadline.hpp"

namespace tidegate::http {
namespace {

// One read of an answer; its usual size on loopback.
constexpr std::size_t kReadSize = 64 * 1024;

namespace beast_http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;
using RequestMessage = beast_http::request<beast_http::string_body>;
using Parser = beast_http::response_parser<beast_http::string_body>;

constexpr auto kAsTuple = asio::as_tuple(asio::use_awaitable);

// More than any server of the control plane sends.
constexpr std::uint32_t kMaxHeaderBytes = 32 * 1024;

constexpr std::uint16_t kHttpPort = 80;
constexpr std::uint16_t kHttpsPort = 443;

using Trust = std::shared_ptr<net::TlsClientContext const>;

struct Url {
    std::string host;  // without brackets
    std::uint16_t port = kHttpPort;
    std::string target;
    std::string host_header;
    bool secure = false;

    std::string shown() const {
        return (host.find(':') == std::string::npos ? host : "[" + host + "]") + ":" +
               std::to_string(port);
    }
};

std::expected<Url, std::string> parse_url(std::string const& text) {
    auto const parsed = boost::urls::parse_uri(text);
    if (!parsed) return std::unexpected("invalid URL \"" + text + "\"");
    if (parsed->scheme() != "http" && parsed->scheme() != "https")
        return std::unexpected("URL \"" + text + "\": only http:// and https:// are supported");
    if (parsed->host().empty()) return std::unexpected("URL \"" + text + "\" has no host");
    Url url;
    url.host = parsed->host_address();
    url.secure = parsed->scheme() == "https";
    if (url.secure) url.port = kHttpsPort;
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

struct Connection {
    using Tls = asio::ssl::stream<tcp::socket>;

    explicit Connection(asio::any_io_executor const& executor)
        : stream(std::in_place_type<tcp::socket>, executor) {}

    tcp::socket& socket() {
        auto* const tls = std::get_if<Tls>(&stream);
        return tls != nullptr ? tls->next_layer() : std::get<tcp::socket>(stream);
    }
    Tls& secure(net::TlsPtr state) {
        auto plain = std::move(socket());
        return stream.emplace<Tls>(std::move(plain), state.release());
    }

    std::variant<tcp::socket, Tls> stream;
    boost::beast::flat_buffer buffer;
};

// What went wrong, and whether the server could have seen the request.
struct Failure {
    std::string sentence;
    bool before_first_byte = false;
};

Failure failed(std::string_view what, Url const& url, error_code const& error, bool early = false) {
    auto reason = error == beast_http::error::end_of_stream ? "the server closed the connection"
                                                            : base::lower_case(error.message());
    return {std::string(what) + " " + url.shown() + ": " + reason, early};
}

RequestMessage to_message(ClientRequest const& request, Url const& url) {
    RequestMessage message;
    message.version(11);
    message.method_string(request.method);
    message.target(url.target);
    message.set(beast_http::field::host, url.host_header);
    for (auto const& [name, value] : request.headers) message.insert(name, value);
    message.body() = request.body;
    bool const takes_body =
        request.method == "POST" || request.method == "PUT" || request.method == "PATCH";
    if (takes_body || !request.body.empty()) message.content_length(request.body.size());
    return message;
}

ClientResponse to_response(Parser::value_type&& message) {
    ClientResponse response{.status = message.result_int(), .headers = {}, .body = {}};
    for (auto const& field : message) {
        response.headers.emplace_back(base::lower_case(std::string(field.name_string())),
                                      std::string(field.value()));
    }
    response.body = std::move(message.body());
    return response;
}

asio::awaitable<std::expected<void, Failure>> shake_hands(Connection& connection, Url const& url,
                                                          Trust const& trust) {
    auto& tls = connection.secure(trust->connect(url.host));
    auto const [error] = co_await tls.async_handshake(asio::ssl::stream_base::client, kAsTuple);
    if (!error) co_return std::expected<void, Failure>();
    auto const why = net::handshake_problem(tls.native_handle());
    co_return std::unexpected(Failure{"TLS with " + url.shown() + ": " +
                                      (why.empty() ? base::lower_case(error.message()) : why)});
}

asio::awaitable<std::expected<std::unique_ptr<Connection>, Failure>> connect(Url const& url,
                                                                             Trust const& trust) {
    auto const executor = co_await asio::this_coro::executor;
    auto connection = std::make_unique<Connection>(executor);
    error_code error;
    auto const address = asio::ip::make_address(url.host, error);
    if (!error) {
        auto const [refused] =
            co_await connection->socket().async_connect(tcp::endpoint(address, url.port), kAsTuple);
        if (refused) co_return std::unexpected(failed("connect", url, refused));
    } else {
        tcp::resolver resolver(executor);
        auto const [unknown, found] = co_await resolver.async_resolve(
            url.host, std::to_string(url.port), tcp::resolver::numeric_service, kAsTuple);
        if (unknown) co_return std::unexpected(failed("resolve", url, unknown));
        auto const [refused, used] =
            co_await asio::async_connect(connection->socket(), found, kAsTuple);
        if (refused) co_return std::unexpected(failed("connect", url, refused));
    }
    connection->socket().set_option(tcp::no_delay(true), error);
    if (url.secure) {
        auto const secured = co_await shake_hands(*connection, url, trust);
        if (!secured) co_return std::unexpected(secured.error());
    }
    co_return connection;
}

struct Exchange {
    ClientResponse response;
    bool reusable = false;
};

template <class Stream>
asio::awaitable<std::expected<Exchange, Failure>> exchange_over(Stream& stream,
                                                                boost::beast::flat_buffer& buffer,
                                                                Url const& url,
                                                                RequestMessage& message,
                                                                std::size_t max_body) {
    auto const [unsent, sent] = co_await beast_http::async_write(stream, message, kAsTuple);
    if (unsent) co_return std::unexpected(failed("send to", url, unsent, true));
    Parser parser;
    parser.header_limit(kMaxHeaderBytes);
    parser.body_limit(max_body);
    parser.skip(message.method_string() == "HEAD");
    // Beast reads only as much as there is room for, 512 bytes at first: a thousand turns of a busy
    // loop for a list of a thousand paths.
    buffer.reserve(kReadSize);
    auto const [error, received] =
        co_await beast_http::async_read(stream, buffer, parser, kAsTuple);
    if (error == beast_http::error::body_limit) {
        co_return std::unexpected(Failure{
            "answer of " + url.shown() + " is larger than " + std::to_string(max_body) + " bytes",
            false});
    }
    if (error) co_return std::unexpected(failed("receive from", url, error, !parser.got_some()));
    bool const reusable = parser.keep_alive() && buffer.size() == 0;
    co_return Exchange{to_response(parser.release()), reusable};
}

asio::awaitable<std::expected<Exchange, Failure>> exchange(Connection& connection, Url const& url,
                                                           RequestMessage& message,
                                                           std::size_t max_body) {
    return std::visit(
        [&](auto& stream) {
            return exchange_over(stream, connection.buffer, url, message, max_body);
        },
        connection.stream);
}

// What is readable on an idle connection is its end, or an answer that nobody asked for.
bool still_idle(Connection& connection) {
    error_code error;
    connection.socket().non_blocking(true, error);
    char byte = 0;
    connection.socket().receive(asio::buffer(&byte, 1), tcp::socket::message_peek, error);
    return error == asio::error::would_block;
}

bool idempotent(std::string_view method) {
    return method == "GET" || method == "HEAD" || method == "OPTIONS" || method == "PUT" ||
           method == "DELETE";
}

// Whom the request trusts; null: it goes in clear.
Trust trust_of(ClientRequest const& request, Url const& url) {
    if (!url.secure) return nullptr;
    return request.tls != nullptr ? request.tls : net::TlsClientContext::system();
}

}  // namespace

class Client::Impl {
public:
    using Result = std::expected<ClientResponse, std::string>;

    static asio::awaitable<Result> send(std::shared_ptr<Impl> self, ClientRequest request);

private:
    using Inner = std::expected<Result, error_code>;

    // Its errors are in the inner result; the outer one is the deadline's.
    static asio::awaitable<Inner> attempt(std::shared_ptr<Impl> self, ClientRequest const& request,
                                          Url const& url);
    // A connection is only used again for the same host by those who trust the same.
    struct Key {
        std::string host;
        std::uint16_t port;
        Trust trust;  // null: in clear
        auto operator<=>(Key const&) const = default;
    };
    std::unique_ptr<Connection> take_idle(Key const& key);
    std::map<Key, std::unique_ptr<Connection>> idle_;
};

std::unique_ptr<Connection> Client::Impl::take_idle(Key const& key) {
    auto node = idle_.extract(key);
    if (node.empty() || !still_idle(*node.mapped())) return nullptr;
    return std::move(node.mapped());
}

asio::awaitable<Client::Impl::Inner> Client::Impl::attempt(std::shared_ptr<Impl> self,
                                                           ClientRequest const& request,
                                                           Url const& url) {
    auto message = to_message(request, url);
    Key const key{url.host, url.port, trust_of(request, url)};
    while (true) {
        auto connection = self->take_idle(key);
        bool const reused = connection != nullptr;
        if (!reused) {
            auto connected = co_await connect(url, key.trust);
            if (!connected) co_return Result(std::unexpected(connected.error().sentence));
            connection = *std::move(connected);
        }
        auto done = co_await exchange(*connection, url, message, request.max_body_bytes);
        if (done) {
            if (done->reusable) self->idle_[key] = std::move(connection);
            co_return Result(std::move(done->response));
        }
        // The server closed it while it was idle, before it saw the request; a new one tells the
        // truth.
        bool const again = reused && done.error().before_first_byte && idempotent(request.method);
        if (!again) co_return Result(std::unexpected(done.error().sentence));
    }
}

asio::awaitable<Client::Impl::Result> Client::Impl::send(std::shared_ptr<Impl> self,
                                                         ClientRequest request) {
    auto const url = parse_url(request.url);
    if (!url) co_return std::unexpected(url.error());
    auto trying = attempt(self, request, *url);
    auto ended = co_await net::with_deadline(request.deadline, std::move(trying));
    if (ended) co_return *std::move(ended);
    co_return std::unexpected(request.method + " " + url->shown() + ": deadline of " +
                              std::to_string(request.deadline.count()) + " ms exceeded");
}

std::pair<std::string, std::string> basic_authorization(std::string_view user,
                                                        std::string_view password) {
    auto const pair = std::string(user) + ":" + std::string(password);
    return {"Authorization", "Basic " + base::base64_encode(base::as_bytes(pair))};
}

Client::Client() : impl_(std::make_shared<Impl>()) {}
Client::~Client() = default;

asio::awaitable<std::expected<ClientResponse, std::string>> Client::send(ClientRequest request) {
    return Impl::send(impl_, std::move(request));
}

}  // namespace tidegate::http
