#include "endpoint/source.hpp"

#include "endpoint/rtmp_source.hpp"
#include "endpoint/rtsp_source.hpp"

namespace tidegate::endpoint {

std::expected<SourceUrl, std::string> parse_source_url(std::string_view text) {
    if (text.starts_with("rtmp")) {
        auto url = rtmp::parse_client_url(text);
        if (!url) return std::unexpected(url.error());
        if (url->tls) return std::unexpected("the scheme is not rtsp or rtmp");
        return std::move(*url);
    }
    auto url = rtsp::parse_url(text);
    if (!url) return std::unexpected(url.error());
    if (url->scheme != "rtsp") return std::unexpected("the scheme is not rtsp or rtmp");
    return std::move(*url);
}

std::string address_of(rtmp::ClientUrl const& url) {
    auto const path = url.key.empty() ? url.app : url.app + "/" + url.key;
    return "rtmp://" + url.host + ":" + std::to_string(url.port) + "/" +
           path.substr(0, path.find('?'));
}

std::string address_of(SourceUrl const& url) {
    if (auto const* const rtmp = std::get_if<rtmp::ClientUrl>(&url)) return address_of(*rtmp);
    auto const& rtsp = std::get<rtsp::Url>(url);
    return "rtsp://" + rtsp.authority + rtsp.raw_path;
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

HostAndPort server_of(SourceUrl const& url) {
    return std::visit([](auto const& one) { return HostAndPort{one.host, one.port}; }, url);
}

std::unique_ptr<Source> make_source(boost::asio::ip::tcp::socket socket, net::EventLoop& loop,
                                    SourceUrl const& url, std::chrono::milliseconds silence,
                                    std::string const& program, SourceHandler& handler) {
    if (auto const* const rtmp = std::get_if<rtmp::ClientUrl>(&url)) {
        return std::make_unique<RtmpSource>(std::move(socket), loop, *rtmp, program, handler);
    }
    return std::make_unique<RtspSource>(std::move(socket), loop, std::get<rtsp::Url>(url), silence,
                                        program, handler);
}

}  // namespace tidegate::endpoint
