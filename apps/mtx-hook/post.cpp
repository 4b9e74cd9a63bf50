#include "post.hpp"

#include <boost/beast/core/buffers_range.hpp>
#include <boost/beast/http.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <ctime>

#include "base/number.hpp"
#include "socket.hpp"

namespace tidegate::hook {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace urls = boost::urls;

namespace {

// The answer's body is one short line that nobody reads; more than this is not media-service.
constexpr std::size_t kMaxAnswerBody = 64 * 1024;

using Request = http::request<http::string_body>;
using AnswerParser = http::response_parser<http::string_body>;

std::string to_wire(Request const& request) {
    http::request_serializer<http::string_body> serializer(request);
    std::string wire;
    boost::system::error_code error;
    while (!serializer.is_done()) {
        serializer.next(error, [&](auto&, auto const& buffers) {
            for (asio::const_buffer part : beast::buffers_range_ref(buffers)) {
                wire.append(static_cast<char const*>(part.data()), part.size());
            }
            serializer.consume(asio::buffer_size(buffers));
        });
    }
    return wire;
}

// Reads until the answer is whole or its header is all that will come: the status is what counts.
std::expected<unsigned, Error> read_status(Wire& socket) {
    AnswerParser parser;
    parser.eager(true);
    parser.body_limit(kMaxAnswerBody);
    std::string unread;
    char arrived[4096];
    boost::system::error_code error;
    while (!parser.is_done()) {
        auto const count = socket.receive(arrived);
        if (!count && !parser.is_header_done()) return std::unexpected(count.error());
        if (!count || *count == 0) break;
        unread.append(arrived, *count);
        unread.erase(0, parser.put(asio::buffer(unread), error));
        if (error && error != http::error::need_more) break;
    }
    if (parser.is_header_done()) return parser.get().result_int();
    return std::unexpected(Error{Failure::protocol, error && error != http::error::need_more
                                                        ? "answer is not HTTP: " + error.message()
                                                        : "connection closed before an answer"});
}

std::expected<void, Error> exchange(Wire& wire, Target const& target, std::string const& request) {
    if (auto sent = wire.send(request); !sent) return sent;
    auto const status = read_status(wire);
    if (!status) return std::unexpected(status.error());
    if (*status / 100 == 2) return {};
    return std::unexpected(Error{Failure::http_status,
                                 target.header + " answered " + std::to_string(*status), *status});
}

}  // namespace

std::expected<Target, Error> parse_target(std::string_view text) {
    auto const url = urls::parse_uri(text);
    bool const secure = url && url->scheme_id() == urls::scheme::https;
    if (!url || (!secure && url->scheme_id() != urls::scheme::http) || url->host().empty() ||
        url->has_userinfo() || url->has_query() || url->has_fragment() ||
        (url->has_port() && !base::parse_port(std::string(url->port())))) {
        return std::unexpected(
            Error{Failure::bad_url, "ORCHESTRATOR_URL is not http[s]://host[:port][/prefix]"});
    }
    std::string prefix(url->encoded_path());
    while (prefix.ends_with('/')) prefix.pop_back();
    auto const* const usual = secure ? "443" : "80";
    return Target{url->host_address(),
                  url->has_port() ? std::string(url->port()) : usual,
                  std::string(url->encoded_host_and_port()),
                  std::move(prefix),
                  secure,
                  {},
                  {}};
}

bool needs_security(Target const& target) {
    return target.secure || !target.secret.empty();
}

std::expected<void, Error> post(Target const& target, std::string_view what, std::string body,
                                std::string_view correlation_id, Security const* security,
                                std::chrono::milliseconds deadline) {
    Request request(http::verb::post, target.prefix + std::string(what), 11, std::move(body));
    request.set(http::field::host, target.header);
    request.set(http::field::content_type, "application/json");
    request.set("X-Correlation-ID", correlation_id);
    if (!target.secret.empty()) {
        request.set("X-Hook-Signature",
                    security->sign(target.secret, std::time(nullptr), what, request.body()));
    }
    request.keep_alive(false);
    request.prepare_payload();

    auto socket = Socket::connect(target.host, target.port, Socket::Clock::now() + deadline);
    if (!socket) return std::unexpected(socket.error());
    auto const wire = to_wire(request);
    if (!target.secure) return exchange(*socket, target, wire);
    auto secured = security->encrypt(*std::move(socket), target.host, target.trust);
    if (!secured) return std::unexpected(secured.error());
    return exchange(**secured, target, wire);
}

}  // namespace tidegate::hook
