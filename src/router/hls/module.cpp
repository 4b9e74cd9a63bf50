#include "router/hls/module.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

namespace tidegate::router {

namespace asio = boost::asio;

namespace {

// Requests that are under way have this long when the server ends.
constexpr std::chrono::seconds kHlsStopGrace{3};

// Owns the server until it has ended.
asio::awaitable<void> end_at_once(std::shared_ptr<HlsServer> server) {
    co_await server->stop(std::chrono::milliseconds{0});
}

std::string_view hls_port(std::string_view address) {
    return address.substr(address.rfind(':') + 1);
}

}  // namespace

std::expected<void, std::string> HlsModule::start(config::mediamtx::Conf const& conf) {
    if (!enabled(conf.global)) return {};
    auto const server = std::make_shared<HlsServer>(services_, items_, conf);
    if (auto started = server->start(); !started) return started;
    server_ = server;
    running_ = conf;
    return {};
}

// The server is stopped on its loop; so are the last references to what lives there dropped.
asio::awaitable<void> HlsModule::end(std::shared_ptr<HlsServer> server) {
    if (server == nullptr) co_return;
    auto& web = services_.web.io();
    co_await asio::co_spawn(web, server->stop(kHlsStopGrace), asio::use_awaitable);
    asio::post(web, [server = std::move(server)] {});
}

// A new port is opened before the old one is closed, so that a bad address costs nothing. Any other
// change restarts the server, as in MediaMTX.
asio::awaitable<void> HlsModule::configure(config::mediamtx::Conf const& conf) {
    auto const& wish = conf.global.hls;
    if (running_ && running_->global.hls == wish) co_return;
    if (!running_ && !wish.listener.enabled) co_return;
    auto const old = std::exchange(server_, nullptr);
    auto const before = std::exchange(running_, std::nullopt);
    bool const frees_port =
        !wish.listener.enabled || (before && hls_port(before->global.hls.listener.address) ==
                                                 hls_port(wish.listener.address));
    if (frees_port) co_await end(old);
    auto started = start(conf);
    if (started) {
        if (!frees_port) co_await end(old);
        co_return;
    }
    log::write(log::Level::error, "listener.failed", started.error());
    if (!frees_port) {
        server_ = old;
        running_ = before;
    } else if (before) {
        if (auto restored = start(*before); !restored) {
            log::write(log::Level::error, "listener.failed", restored.error());
        }
    }
}

asio::awaitable<void> HlsModule::stop() {
    running_.reset();
    co_await end(std::exchange(server_, nullptr));
}

// What stop() has not ended. The loop runs until that is done.
void HlsModule::close_sessions() {
    running_.reset();
    auto server = std::exchange(server_, nullptr);
    if (server == nullptr) return;
    asio::co_spawn(services_.web.io(), end_at_once(std::move(server)), asio::detached);
}

}  // namespace tidegate::router
