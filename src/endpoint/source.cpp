#include "endpoint/source.hpp"

#include <utility>

#include "endpoint/rtmp_source.hpp"
#include "endpoint/rtsp_source.hpp"
#include "net/connect.hpp"

namespace tidegate::endpoint {

std::expected<SourceUrl, std::string> parse_source_url(std::string_view text) {
    if (text.starts_with("rtmp")) {
        auto url = rtmp::parse_client_url(text);
        if (!url) return std::unexpected(url.error());
        return std::move(*url);
    }
    auto url = rtsp::parse_url(text);
    if (!url) return std::unexpected(url.error());
    return std::move(*url);
}

std::string address_of(rtmp::ClientUrl const& url) {
    auto const path = url.key.empty() ? url.app : url.app + "/" + url.key;
    return (url.tls ? "rtmps://" : "rtmp://") + url.host + ":" + std::to_string(url.port) + "/" +
           path.substr(0, path.find('?'));
}

std::string address_of(SourceUrl const& url) {
    if (auto const* const rtmp = std::get_if<rtmp::ClientUrl>(&url)) return address_of(*rtmp);
    auto const& rtsp = std::get<rtsp::Url>(url);
    return rtsp.scheme + "://" + rtsp.authority + rtsp.raw_path;
}

void add_login(SourceUrl& url, Credentials const& credentials) {
    auto const add = [&](auto& one) {
        if (credentials.password.empty() || !one.user.empty()) return;
        one.user = credentials.user;
        one.password = credentials.password;
        if constexpr (requires { one.has_user; }) one.has_user = !one.user.empty();
    };
    std::visit(add, url);
}

bool is_secure(SourceUrl const& url) {
    auto const* const rtmp = std::get_if<rtmp::ClientUrl>(&url);
    return rtmp != nullptr ? rtmp->tls : std::get<rtsp::Url>(url).scheme == "rtsps";
}

boost::asio::awaitable<std::expected<net::Link, std::string>> dial(
    SourceUrl url, std::shared_ptr<net::TlsClientContext const> trust,
    std::chrono::milliseconds deadline, net::AddressCheck check) {
    if (is_secure(url) && !trust) co_return std::unexpected("no certificates are trusted");
    if (!is_secure(url)) trust.reset();
    auto const [host, port] =
        std::visit([](auto const& one) { return std::pair(one.host, one.port); }, url);
    co_return co_await net::connect_link(host, port, deadline, std::move(trust), std::move(check));
}

std::unique_ptr<Source> make_source(net::Link link, net::EventLoop& loop, SourceUrl const& url,
                                    std::chrono::milliseconds silence, std::string const& program,
                                    SourceHandler& handler) {
    if (auto const* const rtmp = std::get_if<rtmp::ClientUrl>(&url)) {
        return std::make_unique<RtmpSource>(std::move(link), loop, *rtmp, program, handler);
    }
    return std::make_unique<RtspSource>(std::move(link), loop, std::get<rtsp::Url>(url), silence,
                                        program, handler);
}

}  // namespace tidegate::endpoint
