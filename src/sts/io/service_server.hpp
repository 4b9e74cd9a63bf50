// A server for clients of the speech service's protocol: HTTP and WebSocket on one port. Each
// connection has a ServerSession and a ServiceWorker, which the program makes. One event loop.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "http/server.hpp"
#include "net/event_loop.hpp"
#include "sts/core/server_session.hpp"

namespace tidegate::sts {

// What a worker sees of its connection.
class ServiceConnection {
public:
    virtual ~ServiceConnection() = default;
    virtual ServerSession& session() = 0;
    // Sends bytes that are no message of the protocol.
    virtual void send_raw(std::string text) = 0;
    // Breaks the connection off, without a word.
    virtual void abort() = 0;
};

// Answers the fragments of one connection, which outlives it.
class ServiceWorker : public ServerSink {
public:
    // When check() is to be called; Time::max(): not before something has come.
    virtual Time next() const = 0;
    virtual void check(Now now) = 0;
};

struct ServiceSettings {
    std::string address{};  // see net::parse_listen_address
    ServerPolicy policy{};
    std::size_t connections = 10;  // of WebSocket; further ones are answered 503
    std::function<std::unique_ptr<ServiceWorker>(ServiceConnection&)> make_worker{};
};

struct ServiceCounters {
    std::uint64_t connections = 0;
    std::uint64_t rejected = 0;  // there were too many
    std::uint64_t hostile = 0;   // broke the protocol, or sent too much
};

class ServiceServer {
public:
    ServiceServer(net::EventLoop& loop, ServiceSettings settings);
    ~ServiceServer();
    ServiceServer(ServiceServer const&) = delete;
    ServiceServer& operator=(ServiceServer const&) = delete;

    // For further routes, before start().
    http::Server& http() { return http_; }
    std::expected<void, std::string> start() { return http_.start(); }
    unsigned short port() const { return http_.port(); }
    // Tells every client good-bye, and ends all connections within the deadline.
    boost::asio::awaitable<void> stop(std::chrono::milliseconds deadline);

    std::size_t open() const;       // connections
    std::size_t active() const;     // streams
    std::size_t in_flight() const;  // fragments
    ServiceCounters const& counters() const { return counters_; }

private:
    class Connection;

    http::Response upgrade(http::Request const& request);
    boost::asio::awaitable<void> serve(boost::asio::ip::tcp::socket socket,
                                       http::Request const& request);

    net::EventLoop& loop_;
    ServiceSettings settings_;
    http::Server http_;
    std::vector<Connection*> connections_;
    ServiceCounters counters_;
};

}  // namespace tidegate::sts
