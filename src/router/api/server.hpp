// The router's three HTTP servers in MediaMTX's form: Control API, metrics and playback. Each lives
// on one control event loop, never on a media thread.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <expected>
#include <memory>
#include <string>

#include "router/api/context.hpp"

namespace tidegate::router {

namespace asio = boost::asio;

enum class ApiKind { control, metrics, playback };

class ApiServer {
public:
    ApiServer(asio::io_context& io, ApiKind kind, ApiContext context);
    ~ApiServer();

    // Binds the address of the configuration and logs "[API] started with listener on :9997
    // (TCP/HTTP)". The error: "listen tcp :9997: bind: address already in use".
    std::expected<void, std::string> start();
    unsigned short port() const;
    // Logs "[API] closing".
    asio::awaitable<void> stop(std::chrono::milliseconds deadline);

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace tidegate::router
