#include "router/rtsp/module.hpp"

#include <utility>

#include "router/rtsp/session.hpp"

namespace tidegate::router {

namespace asio = boost::asio;
using asio::ip::tcp;

RtspModule::RtspModule(Services& services)
    : listener_(
          "RTSP", services.loops,
          [this, &services](tcp::socket socket, net::EventLoop& loop) {
              return RtspSession::run(std::move(socket), loop, services, items_);
          },
          [this] { close_sessions(); }) {}

std::expected<void, std::string> RtspModule::start(config::mediamtx::Conf const& conf) {
    if (!conf.global.rtsp) return {};
    return listener_.start(conf.global.rtsp_address);
}

asio::awaitable<void> RtspModule::configure(config::mediamtx::Conf const& conf) {
    listener_.follow(conf.global.rtsp ? std::optional(conf.global.rtsp_address) : std::nullopt);
    co_return;
}

asio::awaitable<void> RtspModule::stop() {
    listener_.stop();
    co_return;
}

}  // namespace tidegate::router
