// A request as a handler sees it, and what it answers. Plain values; one thread at a time.
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
    std::string path;                                        // percent-decoded, without the query
    std::vector<std::pair<std::string, std::string>> query;  // decoded, in order, duplicates kept
    std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
    std::string body;
    std::string remote_address;  // ip:port
    std::string remote_ip;
    std::map<std::string, std::string, std::less<>> params;  // of the route's pattern

    std::optional<std::string_view> header(std::string_view lower_case_name) const;
    std::optional<std::string_view> query_value(std::string_view name) const;  // the first
};

// Where a streaming handler writes; the connection closes when the handler ends.
class BodyStream {
public:
    virtual ~BodyStream() = default;
    // False once the client has gone or is too slow (write deadline).
    virtual asio::awaitable<bool> write(std::string_view bytes) = 0;
};

struct Response {
    unsigned status = 200;
    std::string content_type{};  // empty: no header
    std::string body{};
    std::vector<std::pair<std::string, std::string>> headers{};
    // When set, body is ignored: status and headers go out, then the stream runs on the
    // connection's loop until it ends, the client leaves or the server stops (cancellation).
    std::function<asio::awaitable<void>(BodyStream&)> stream{};
};

using Handler = std::function<Response(Request const&)>;

}  // namespace tidegate::http
