// A request as a handler gets it, and the response that it returns. Plain values; one thread at a
// time.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/shared_bytes.hpp"

namespace tidegate::http {

namespace asio = boost::asio;

struct Request {
    std::string method;                                      // upper case
    std::string target;                                      // as sent, e.g. /v3/paths/list?page=1
    std::string path;                                        // percent-decoded, without query
    std::vector<std::pair<std::string, std::string>> query;  // decoded, in order, duplicates kept
    std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
    std::string body;
    std::string remote_address;  // ip:port
    std::string remote_ip;
    std::map<std::string, std::string, std::less<>> params;  // of the route's pattern

    // The first of this name; nullopt: there is none.
    std::optional<std::string_view> header(std::string_view lower_case_name) const;
    std::optional<std::string_view> query_value(std::string_view name) const;
};

// Where a response that streams writes its body. The connection closes when the stream ends.
class BodyStream {
public:
    virtual ~BodyStream() = default;
    // Returns when the bytes are written. False: the client is gone, or took longer than the write
    // deadline; the stream should end.
    virtual asio::awaitable<bool> write(std::string_view bytes) = 0;
};

struct Response {
    unsigned status = 200;
    std::string content_type{};  // empty: the response has no Content-Type
    std::string body{};
    std::vector<std::pair<std::string, std::string>> headers{};
    // Follow the body. They are written from where they are, so that many answers share one memory.
    std::vector<base::SharedBytes> slices{};
    // If it is set, `body` and `slices` are ignored. Status and headers are sent. Then this
    // coroutine runs on the server's loop until it ends; it is cancelled when the client leaves or
    // the server stops.
    std::function<asio::awaitable<void>(BodyStream&)> stream{};
    // Like `stream`, but the coroutine gets the connection itself, and owns it from then on. It is
    // cancelled when the server stops, but has to find out by itself that the client has left.
    std::function<asio::awaitable<void>(asio::ip::tcp::socket)> take_over{};
    // Only with `take_over`: nothing is sent. The coroutine answers the request itself, which has
    // asked for another protocol (Upgrade).
    bool unanswered = false;

    // The bytes that follow the header, unless it streams.
    std::size_t size() const;
    // Whether the body has no length and ends with the connection.
    bool is_endless() const { return stream || take_over; }
};

// Answers one request. Runs on the server's loop and must not block.
using Handler = std::function<Response(Request const&)>;
// The same, and may wait: it returns the response, or a coroutine that makes it. Other connections
// go on meanwhile. The request outlives the coroutine.
using NowOrLater = std::variant<Response, asio::awaitable<Response>>;
using WaitingHandler = std::function<NowOrLater(Request const&)>;

}  // namespace tidegate::http
