#include "router/rtmp/module.hpp"

#include <utility>

#include "router/rtmp/session.hpp"

namespace tidegate::router {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

char const* name_of(Security security) {
    return security == Security::tls ? "RTMPS" : "RTMP";
}

}  // namespace

RtmpModule::RtmpModule(Services& services, Security security)
    : tls_(name_of(security), security, services.control),
      listener_(
          name_of(security), security, services.loops,
          [this, &services](tcp::socket socket, net::EventLoop& loop) {
              return RtmpSession::run(tls_.link(std::move(socket)), loop, services, conns_);
          },
          [this] { close_sessions(); }) {}

std::optional<std::string> RtmpModule::address(config::mediamtx::Global const& global) const {
    return tls_.address(global.rtmp, global.rtmps, global.rtmp_address);
}

std::expected<void, std::string> RtmpModule::start(config::mediamtx::Conf const& conf) {
    auto const wanted = address(conf.global);
    if (!wanted) return {};
    if (auto usable = tls_.use(conf.global.rtmps); !usable) return usable;
    return listener_.start(*wanted);
}

asio::awaitable<void> RtmpModule::configure(config::mediamtx::Conf const& conf) {
    auto const wanted = address(conf.global);
    if (!wanted) tls_.stop();
    if (!wanted || tls_.follow(conf.global.rtmps)) listener_.follow(wanted);
    co_return;
}

asio::awaitable<void> RtmpModule::stop() {
    tls_.stop();
    listener_.stop();
    co_return;
}

}  // namespace tidegate::router
