#include "rtsp/core/url.hpp"

#include <boost/url/encode.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/rfc/pchars.hpp>
#include <boost/url/url_view.hpp>
#include <charconv>

#include "rtsp/core/headers.hpp"
#include "rtsp/core/limits.hpp"

namespace tidegate::rtsp {

namespace {

constexpr std::uint16_t kDefaultPort = 554;

std::string text(boost::core::string_view view) {
    return {view.data(), view.size()};
}

bool is_absolute(std::string_view url) {
    return url.starts_with("rtsp://") || url.starts_with("rtsps://");
}

}  // namespace

std::string Url::request_url() const {
    return scheme + "://" + authority + raw_path + (has_query ? "?" + query : "");
}

std::expected<Url, std::string> parse_url(std::string_view value) {
    if (value.size() > kMaxUrl) return std::unexpected("URL is too long");
    auto const parsed = boost::urls::parse_uri({value.data(), value.size()});
    if (!parsed) return std::unexpected("URL is malformed");
    Url url;
    url.scheme = text(parsed->scheme());
    if (url.scheme != "rtsp" && url.scheme != "rtsps") {
        return std::unexpected("URL scheme is not rtsp or rtsps");
    }
    if (!parsed->has_authority() || parsed->host().empty()) {
        return std::unexpected("URL has no host");
    }
    url.host = parsed->host_type() == boost::urls::host_type::ipv6 ? parsed->host_address()
                                                                   : parsed->host();
    url.port = kDefaultPort;
    // Boost.URL cuts a number above 65535 down to 16 bits.
    if (auto const port = text(parsed->port()); !port.empty()) {
        auto const* const end = port.data() + port.size();
        auto const number = std::from_chars(port.data(), end, url.port);
        if (number.ec != std::errc{} || number.ptr != end || url.port == 0) {
            return std::unexpected("URL has an invalid port");
        }
    }
    url.authority = text(parsed->encoded_host_and_port());
    url.has_user = parsed->has_userinfo();
    url.user = parsed->user();
    url.password = parsed->password();
    url.raw_path = text(parsed->encoded_path());
    // Boost.URL 1.81 reads "rtsp://h:(x" as an empty port and a path that lacks its slash.
    if (!url.raw_path.empty() && !url.raw_path.starts_with('/')) {
        return std::unexpected("URL is malformed");
    }
    url.path = parsed->path();
    if (url.path.starts_with('/')) url.path.erase(0, 1);
    url.has_query = parsed->has_query();
    url.query = text(parsed->encoded_query());
    return url;
}

std::string encode_path(std::string_view path) {
    return boost::urls::encode({path.data(), path.size()}, boost::urls::pchars + '/');
}

std::string resolve_control(std::string_view base, std::string_view control) {
    if (control.empty() || control == "*") return std::string(base);
    if (is_absolute(control)) return std::string(control);
    std::string out(base);
    // A query stays in front of the control: that is what FFmpeg sends and MediaMTX expects.
    if (!out.ends_with('/') && !control.starts_with('?')) out += '/';
    if (control.starts_with('/')) control.remove_prefix(1);
    return out.append(control);
}

}  // namespace tidegate::rtsp
