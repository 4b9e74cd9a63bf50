// Many media routers in one process, as far as a control plane asks them: the Control API's lists
// and single paths, and the hooks. Each has an address of its own in 127.0.0.0/8, as routers on
// machines of their own have. One event loop.
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "http/server.hpp"

namespace tidegate::plane {

namespace asio = boost::asio;
using asio::ip::tcp;
inline constexpr auto kAsTuple = asio::as_tuple(asio::use_awaitable);
using Clock = std::chrono::steady_clock;

struct Settings {
    unsigned routers = 50;
    std::size_t streams = 100'000;  // live at any time
    std::uint16_t port = 19'997;    // of every Control API
    std::string service = "127.0.0.1:8080";
    unsigned rate = 1000;  // publishers that come in a second, and as many that leave
};

// The address of router n: 127.1.0.1, 127.1.0.2, ...
std::string address_of(unsigned router);

struct Counts {
    std::uint64_t lists = 0, looks = 0, hooks = 0, failed_hooks = 0;
};

// One router, its paths and its hooks.
class Router {
public:
    Router(asio::io_context& io, unsigned number, Settings const& settings, Counts& counts);

    void start();
    void publish(std::string const& id, std::string const& source_id, bool with_hook);
    void end(std::string const& id);
    std::size_t size() const { return paths_.size(); }
    asio::awaitable<void> send_hooks();

private:
    struct Path {
        std::string head;  // of its JSON, up to the number of bytes
        std::string source_id;
        std::uint64_t bytes = 0;
    };
    http::Response list(http::Request const& request);
    http::Response one(http::Request const& request);
    void append(std::string& text, Path& path);
    void hook(std::string_view type, std::string const& id, std::string const& source_id);

    asio::io_context& io_;
    std::string const address_, service_;
    Counts& counts_;
    http::Server server_;
    std::map<std::string, Path> paths_;  // by name
    std::deque<std::string> hooks_;      // requests that wait
    asio::steady_timer wake_;
};

}  // namespace tidegate::plane
