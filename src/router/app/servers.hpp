// Everything of the router that listens, in MediaMTX's order: metrics, playback, the protocols'
// modules, Control API. A changed configuration moves, opens or closes exactly what it concerns;
// the rest goes on undisturbed. One control event loop.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "net/task_group.hpp"
#include "router/api/protocol_module.hpp"
#include "router/api/server.hpp"
#include "router/session/services.hpp"

namespace tidegate::router {

// HTTP requests and media sessions have this long to end when their server closes.
inline constexpr std::chrono::seconds kShutdownGrace{3};

class Servers {
public:
    // api.modules: in the order in which they start; they outlive this.
    Servers(Services& services, ApiContext api);

    // Opens what the configuration wants; before_media runs between the HTTP servers and the
    // modules. The error is the sentence for the log.
    std::expected<void, std::string> start(std::function<void()> const& before_media);
    // The configuration has changed: what it changes follows soon. A server that cannot be opened
    // is logged, and its old one stays where there is one.
    void reconfigure();
    // HTTP servers end, modules accept nothing more; sessions go on.
    boost::asio::awaitable<void> stop();

private:
    // What an HTTP server is made from. When the configuration asks for another one of these, the
    // running server is replaced.
    struct HttpWish {
        config::mediamtx::HttpListener listener;
        config::mediamtx::Duration read_timeout, write_timeout;
        bool operator==(HttpWish const&) const = default;
    };
    struct Http {
        ApiKind kind;
        std::unique_ptr<ApiServer> server{};
        std::optional<HttpWish> running{};
    };

    static std::optional<HttpWish> wish_of(ApiKind kind, config::mediamtx::Global const& global);
    std::expected<void, std::string> open(Http& http, HttpWish const& wish);
    boost::asio::awaitable<void> follow();
    boost::asio::awaitable<void> follow(Http& http, std::optional<HttpWish> wish);
    boost::asio::awaitable<void> close(Http& http);

    Services& services_;
    ApiContext const api_context_;
    Http metrics_{ApiKind::metrics}, playback_{ApiKind::playback}, api_{ApiKind::control};
    net::TaskGroup tasks_;
    bool changed_ = false;
    bool following_ = false;
    bool stopping_ = false;
};

}  // namespace tidegate::router
