// A request as a handler gets it, and the response that it returns. Plain values; one thread at a
// time.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/shared_bytes.hpp"
#include "net/link.hpp"

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
    bool http_1_0 = false;                                   // the client speaks HTTP/1.0
    bool secure = false;                                     // it came over TLS
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
    // Like `stream`, but the coroutine gets the connection itself, and owns it from then on, with
    // its TLS. It is cancelled when the server stops, but has to find out by itself that the client
    // has left.
    std::function<asio::awaitable<void>(net::Link)> take_over{};
    // Only with `take_over`: nothing is sent. The coroutine answers the request itself, which has
    // asked for another protocol (Upgrade).
    bool unanswered = false;

    // The bytes that follow the header, unless it streams.
    std::size_t size() const;
    // Whether the body has no length and ends with the connection.
    bool is_endless() const { return stream || take_over; }
};

// The connection that a PendingAnswer is for.
class Asker {
public:
    virtual ~Asker() = default;
    // The answer to the request. As much of it as the socket takes is written before this returns.
    // Called once, and never from PendingAnswer::start(). Destroys the PendingAnswer.
    virtual void answer(Response response) = 0;
};

// The answer to a request that waits for an event. Neither a coroutine nor the request is kept for
// it, so that thousands of connections may wait, each with little memory, and the event writes its
// answers itself. ServerSettings::after is not called for them: it needs the request. On the
// server's loop.
class PendingAnswer {
public:
    // It has been answered, or the client has left, or the server ends.
    virtual ~PendingAnswer() = default;
    // The connection waits from now on, and nothing stands before this answer. Returns the answer
    // if it can be given already. The asker outlives this.
    virtual std::optional<Response> start(Asker& asker) = 0;
};

// Answers one request: it returns the response, or what makes it later. Other connections go on
// meanwhile. Runs on the server's loop and must not block. The request outlives the coroutine.
using NowOrLater =
    std::variant<Response, asio::awaitable<Response>, std::unique_ptr<PendingAnswer>>;
using WaitingHandler = std::function<NowOrLater(Request const&)>;

}  // namespace tidegate::http
