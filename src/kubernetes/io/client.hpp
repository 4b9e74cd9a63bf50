// Requests to the Kubernetes API server: JSON in both directions, `Status` answers as failures, TLS
// with the cluster's own authority, a token that is read again when the cluster has exchanged it.
// It limits its own requests per second, and when the server asks for a pause (429, Retry-After)
// all requests make it. One event loop.
//
// A request waits for its turn behind those before it. What must not wait (the renewal of a
// leader's Lease) needs a client of its own.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/json/value.hpp>
#include <chrono>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "kubernetes/core/access.hpp"
#include "kubernetes/core/failure.hpp"
#include "kubernetes/core/reach.hpp"

namespace tidegate::kubernetes {

namespace asio = boost::asio;

struct ClientSettings {
    ClusterAccess access{};
    std::string user_agent = "tidegate";
    // A bucket of requests: this many at once, and then so many in a second. The server protects
    // itself, too (API Priority and Fairness); this is what we are content with.
    double requests_per_second = 50;
    std::size_t burst = 100;
    // Requests under way at the same time, besides watches: each has a connection of its own.
    std::size_t most_under_way = 8;
    // It is told how each request ended. When the server is lost or found, the log says so. Null:
    // nothing is told. Several clients may share it.
    std::shared_ptr<Reach> reach = {};
};

struct Request {
    std::string method = "GET";
    std::string target{};                           // "/api/v1/namespaces/media/pods?limit=500"
    boost::json::value body = nullptr;              // null: none
    std::string content_type = "application/json";  // of the body; of a PATCH, which kind it is
    // From its turn until the whole answer is there.
    std::chrono::milliseconds deadline{10'000};
    std::size_t max_answer_bytes = 32 * 1024 * 1024;  // a page of 500 Pods has about 5 MB
};

// The answer's object, or why there is none. What is not JSON is a failure.
using Answer = std::expected<boost::json::value, Failure>;

class Client {
public:
    // The error is a sentence: a certificate that cannot be read, a URL that is none.
    static std::expected<std::unique_ptr<Client>, std::string> make(ClientSettings settings);
    ~Client();
    Client(Client const&) = delete;
    Client& operator=(Client const&) = delete;

    // Sends the request once. Again only after 429, with which the server says that it has not
    // looked at it, and after 401 if there is a newer token.
    asio::awaitable<Answer> send(Request request);

    // Reads an endless answer (`watch=1`) and calls on_line with each of its lines, without the
    // line feed, until on_line returns false. Returns a value then, or when the server has ended
    // it; a failure when it was refused, has broken off, was silent for `idle`, or has a line of
    // more than kMaxWatchLine bytes. It takes a turn, but is not counted as under way.
    using OnLine = std::function<bool(std::string_view line)>;
    asio::awaitable<std::expected<void, Failure>> watch(std::string target,
                                                        std::chrono::milliseconds idle,
                                                        OnLine on_line);

    // The namespace that the access names.
    std::string const& name_space() const;

private:
    class Impl;
    explicit Client(std::shared_ptr<Impl> impl);
    std::shared_ptr<Impl> impl_;  // also held by requests under way
};

}  // namespace tidegate::kubernetes
