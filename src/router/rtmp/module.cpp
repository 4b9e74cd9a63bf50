#include "router/rtmp/module.hpp"

#include <utility>

#include "router/rtmp/session.hpp"

namespace tidegate::router {

namespace asio = boost::asio;
using asio::ip::tcp;

RtmpModule::RtmpModule(Services& services)
    : listener_(
          "RTMP", services.loops,
          [this, &services](tcp::socket socket, net::EventLoop& loop) {
              return RtmpSession::run(std::move(socket), loop, services, conns_);
          },
          [this] { close_sessions(); }) {}

std::expected<void, std::string> RtmpModule::start(config::mediamtx::Conf const& conf) {
    if (!conf.global.rtmp) return {};
    return listener_.start(conf.global.rtmp_address);
}

asio::awaitable<void> RtmpModule::configure(config::mediamtx::Conf const& conf) {
    listener_.follow(conf.global.rtmp ? std::optional(conf.global.rtmp_address) : std::nullopt);
    co_return;
}

asio::awaitable<void> RtmpModule::stop() {
    listener_.stop();
    co_return;
}

}  // namespace tidegate::router
