#include "router/rtsp/module.hpp"

#include <utility>

#include "router/rtsp/session.hpp"

namespace tidegate::router {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

char const* name_of(Security security) {
    return security == Security::tls ? "RTSPS" : "RTSP";
}

}  // namespace

RtspModule::RtspModule(Services& services, Security security)
    : tls_(name_of(security), security, services.control),
      listener_(
          name_of(security), security, services.loops,
          [this, &services](tcp::socket socket, net::EventLoop& loop) {
              return RtspSession::run(tls_.link(std::move(socket)), loop, services, items_);
          },
          [this] { close_sessions(); }) {}

std::optional<std::string> RtspModule::address(config::mediamtx::Global const& global) const {
    return tls_.address(global.rtsp, global.rtsps, global.rtsp_address);
}

std::expected<void, std::string> RtspModule::start(config::mediamtx::Conf const& conf) {
    auto const wanted = address(conf.global);
    if (!wanted) return {};
    if (auto usable = tls_.use(conf.global.rtsps); !usable) return usable;
    return listener_.start(*wanted);
}

asio::awaitable<void> RtspModule::configure(config::mediamtx::Conf const& conf) {
    auto const wanted = address(conf.global);
    if (!wanted) tls_.stop();
    if (!wanted || tls_.follow(conf.global.rtsps)) listener_.follow(wanted);
    co_return;
}

asio::awaitable<void> RtspModule::stop() {
    tls_.stop();
    listener_.stop();
    co_return;
}

}  // namespace tidegate::router
