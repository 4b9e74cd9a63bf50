// The listeners of the router as the configuration wants them: RTSP, RTMP, Control API, metrics and
// playback. A changed configuration moves, opens or closes exactly those that it concerns, and with
// a media listener its sessions. One control event loop.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "net/event_loop.hpp"
#include "net/task_group.hpp"
#include "router/api/server.hpp"
#include "router/app/media_server.hpp"
#include "router/session/services.hpp"

namespace tidegate::router {

// HTTP requests and media sessions have this long to end when their server closes.
inline constexpr std::chrono::seconds kShutdownGrace{3};

class Servers {
public:
    Servers(boost::asio::io_context& control,
            std::span<std::unique_ptr<net::EventLoop> const> loops, Services& services,
            ApiContext api);

    // Opens what the configuration wants, in MediaMTX's order; before_media runs between the HTTP
    // servers and the media ones. The error is the sentence for the log.
    std::expected<void, std::string> start(std::function<void()> const& before_media);
    // The configuration has changed: what it changes follows soon. A listener that cannot be opened
    // is logged, and its old one stays where there is one.
    void reconfigure();
    // HTTP servers end, media listeners close, sessions go on.
    boost::asio::awaitable<void> stop();

private:
    // What a server was started with: a difference means another server.
    struct HttpWish {
        config::mediamtx::HttpListener listener;
        config::mediamtx::Duration read_timeout, write_timeout;
        bool rtsp = false, rtmp = false;  // decide the routes and the metrics
        bool operator==(HttpWish const&) const = default;
    };
    struct Http {
        ApiKind kind;
        std::unique_ptr<ApiServer> server{};
        std::optional<HttpWish> running{};
    };
    struct Media {
        MediaServer server;
        std::function<void()> close_sessions;
        std::optional<std::string> running{};  // its address
    };

    static std::optional<HttpWish> wish_of(ApiKind kind, config::mediamtx::Global const& global);
    std::expected<void, std::string> open(Http& http, HttpWish const& wish);
    static std::expected<void, std::string> open(Media& media, std::string const& address);
    boost::asio::awaitable<void> follow();
    boost::asio::awaitable<void> follow(Http& http, std::optional<HttpWish> wish);
    void follow(Media& media, std::optional<std::string> wish);
    boost::asio::awaitable<void> close(Http& http);
    static void close(Media& media);

    boost::asio::io_context& control_;
    Services& services_;
    ApiContext const api_context_;
    Http metrics_{ApiKind::metrics}, playback_{ApiKind::playback}, api_{ApiKind::control};
    Media rtsp_, rtmp_;
    net::TaskGroup tasks_;
    bool changed_ = false;
    bool following_ = false;
    bool stopping_ = false;
};

}  // namespace tidegate::router
