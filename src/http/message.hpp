// A request as a handler gets it, and the response that it returns. Plain values; one thread at a
// time.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

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
    // If it is set, `body` is ignored. Status and headers are sent. Then this coroutine runs on the
    // server's loop until it ends; it is cancelled when the client leaves or the server stops.
    std::function<asio::awaitable<void>(BodyStream&)> stream{};
};

// Answers one request. Runs on the server's loop and must not block.
using Handler = std::function<Response(Request const&)>;

}  // namespace tidegate::http
