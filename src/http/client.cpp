#include "http/client.hpp"

#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <variant>

#include "base/crypto/base64.hpp"
#include "http/client_connection.hpp"
#include "http/client_message.hpp"
#include "http/client_stream.hpp"
#include "net/deadline.hpp"

namespace tidegate::http {
namespace {

namespace beast_http = boost::beast::http;
using boost::system::error_code;
using Parser = beast_http::response_parser<beast_http::string_body>;

struct Exchange {
    ClientResponse response;
    bool reusable = false;
};

template <class Stream>
asio::awaitable<std::expected<Exchange, ClientFailure>> exchange_over(
    Stream& stream, boost::beast::flat_buffer& buffer, ClientUrl const& url, ClientMessage& message,
    std::size_t max_body) {
    auto const [unsent, sent] = co_await beast_http::async_write(stream, message, kAsTuple);
    if (unsent) co_return std::unexpected(client_failure("send to", url, unsent, true));
    Parser parser;
    parser.header_limit(kMaxAnswerHeader);
    parser.body_limit(max_body);
    parser.skip(message.method_string() == "HEAD");
    // Beast reads only as much as there is room for, 512 bytes at first: a thousand turns of a busy
    // loop for a list of a thousand paths.
    buffer.reserve(kAnswerReadSize);
    auto const [error, received] =
        co_await beast_http::async_read(stream, buffer, parser, kAsTuple);
    if (error == beast_http::error::body_limit) {
        co_return std::unexpected(ClientFailure{too_large(url, max_body), false});
    }
    if (error) {
        co_return std::unexpected(client_failure("receive from", url, error, !parser.got_some()));
    }
    bool const reusable = parser.keep_alive() && buffer.size() == 0;
    auto answer = parser.release();
    auto response = client_response(answer);
    response.body = std::move(answer.body());
    co_return Exchange{std::move(response), reusable};
}

asio::awaitable<std::expected<Exchange, ClientFailure>> exchange(ClientConnection& connection,
                                                                 ClientUrl const& url,
                                                                 ClientMessage& message,
                                                                 std::size_t max_body) {
    return std::visit(
        [&](auto& stream) {
            return exchange_over(stream, connection.buffer, url, message, max_body);
        },
        connection.stream);
}

bool idempotent(std::string_view method) {
    return method == "GET" || method == "HEAD" || method == "OPTIONS" || method == "PUT" ||
           method == "DELETE";
}

}  // namespace

class Client::Impl {
public:
    using Result = std::expected<ClientResponse, std::string>;

    static asio::awaitable<Result> send(std::shared_ptr<Impl> self, ClientRequest request);
    static asio::awaitable<Result> stream(std::shared_ptr<Impl> self, ClientRequest request,
                                          std::chrono::milliseconds idle, OnPiece on_piece);

private:
    using Inner = std::expected<Result, error_code>;

    // Its errors are in the inner result; the outer one is the deadline's.
    static asio::awaitable<Inner> attempt(std::shared_ptr<Impl> self, ClientRequest const& request,
                                          ClientUrl const& url);

    ClientPool pool_;
};

asio::awaitable<Client::Impl::Inner> Client::Impl::attempt(std::shared_ptr<Impl> self,
                                                           ClientRequest const& request,
                                                           ClientUrl const& url) {
    auto message = client_message(request, url);
    auto const key = ClientPool::key_of(url, request.tls);
    while (true) {
        auto connection = self->pool_.take(key);
        bool const reused = connection != nullptr;
        if (!reused) {
            auto connected = co_await connect_client(url, key.trust);
            if (!connected) co_return Result(std::unexpected(connected.error().sentence));
            connection = *std::move(connected);
        }
        auto done = co_await exchange(*connection, url, message, request.max_body_bytes);
        if (done) {
            if (done->reusable) self->pool_.keep(key, std::move(connection));
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
    auto const url = parse_client_url(request.url);
    if (!url) co_return std::unexpected(url.error());
    auto trying = attempt(self, request, *url);
    auto ended = co_await net::with_deadline(request.deadline, std::move(trying));
    if (ended) co_return *std::move(ended);
    co_return std::unexpected(too_late(request, *url));
}

asio::awaitable<Client::Impl::Result> Client::Impl::stream(std::shared_ptr<Impl> self,
                                                           ClientRequest request,
                                                           std::chrono::milliseconds idle,
                                                           OnPiece on_piece) {
    auto const url = parse_client_url(request.url);
    if (!url) co_return std::unexpected(url.error());
    StreamedAnswer answer(request, *url, ClientPool::key_of(*url, request.tls).trust);
    if (auto begun = co_await answer.begin(); !begun) co_return std::unexpected(begun.error());
    co_return co_await answer.read(idle, on_piece);
}

ClientMessage client_message(ClientRequest const& request, ClientUrl const& url) {
    ClientMessage message;
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

std::string const* ClientResponse::header(std::string_view name) const {
    for (auto const& [own, value] : headers) {
        if (own == name) return &value;
    }
    return nullptr;
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

asio::awaitable<std::expected<ClientResponse, std::string>> Client::stream(
    ClientRequest request, std::chrono::milliseconds idle, OnPiece on_piece) {
    return Impl::stream(impl_, std::move(request), idle, std::move(on_piece));
}

}  // namespace tidegate::http
