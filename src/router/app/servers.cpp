#include "router/app/servers.hpp"

#include <ranges>
#include <utility>

#include "log/log.hpp"

namespace tidegate::router {

namespace asio = boost::asio;

namespace {

std::string_view port_of(std::string_view address) {
    return address.substr(address.rfind(':') + 1);
}

void log_failure(std::string const& what) {
    log::write(log::Level::error, "listener.failed", what);
}

config::mediamtx::HttpListener const& listener_of(ApiKind kind,
                                                  config::mediamtx::Global const& global) {
    if (kind == ApiKind::control) return global.api;
    return kind == ApiKind::metrics ? global.metrics : global.playback;
}

}  // namespace

Servers::Servers(Services& services, ApiContext api)
    : services_(services),
      api_context_(std::move(api)),
      tasks_(services.control, [](std::string const& name, std::string const& what) {
          log_failure("[" + name + "] internal error: " + what);
      }) {}

std::expected<void, std::string> Servers::start(std::function<void()> const& before_media) {
    auto const conf = services_.config.get();
    auto const& global = conf->global;
    for (auto* const http : {&metrics_, &playback_}) {
        auto const wish = wish_of(http->kind, global);
        if (!wish) continue;
        if (auto opened = open(*http, *wish); !opened) return opened;
    }
    before_media();
    for (auto const& module : api_context_.modules) {
        if (auto started = module->start(*conf); !started) return started;
    }
    auto const wish = wish_of(ApiKind::control, global);
    return wish ? open(api_, *wish) : std::expected<void, std::string>();
}

std::optional<Servers::HttpWish> Servers::wish_of(ApiKind kind,
                                                  config::mediamtx::Global const& global) {
    auto const& listener = listener_of(kind, global);
    if (!listener.enabled) return std::nullopt;
    return HttpWish{listener, global.read_timeout, global.write_timeout};
}

std::expected<void, std::string> Servers::open(Http& http, HttpWish const& wish) {
    auto server = std::make_unique<ApiServer>(services_.control, http.kind, api_context_);
    if (auto started = server->start(); !started) return started;
    http.server = std::move(server);
    http.running = wish;
    return {};
}

asio::awaitable<void> Servers::close(Http& http) {
    auto const server = std::exchange(http.server, nullptr);
    http.running.reset();
    if (server != nullptr) co_await server->stop(kShutdownGrace);
}

void Servers::reconfigure() {
    if (stopping_) return;
    changed_ = true;
    if (std::exchange(following_, true)) return;
    tasks_.spawn("reconfigure", follow());
}

asio::awaitable<void> Servers::follow() {
    while (std::exchange(changed_, false)) {
        auto const conf = services_.config.get();
        auto const& global = conf->global;
        co_await follow(metrics_, wish_of(ApiKind::metrics, global));
        co_await follow(playback_, wish_of(ApiKind::playback, global));
        for (auto const& module : api_context_.modules) co_await module->configure(*conf);
        co_await follow(api_, wish_of(ApiKind::control, global));
    }
    following_ = false;
}

// A new port is opened before the old one is closed, so that a bad address costs nothing.
asio::awaitable<void> Servers::follow(Http& http, std::optional<HttpWish> wish) {
    if (http.running == wish) co_return;
    if (!wish) co_return co_await close(http);
    Http old{http.kind, std::move(http.server), std::exchange(http.running, std::nullopt)};
    bool const same_port =
        old.running && port_of(old.running->listener.address) == port_of(wish->listener.address);
    if (same_port) co_await close(old);
    auto const opened = open(http, *wish);
    if (opened) co_return co_await close(old);
    log_failure(opened.error());
    http.server = std::move(old.server);
    http.running = std::move(old.running);
}

asio::awaitable<void> Servers::stop() {
    stopping_ = true;
    co_await tasks_.join();
    co_await close(api_);
    for (auto const& module : api_context_.modules | std::views::reverse) co_await module->stop();
    co_await close(playback_);
    co_await close(metrics_);
}

}  // namespace tidegate::router
