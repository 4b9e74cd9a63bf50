#include "rtsp/core/url.hpp"

#include <algorithm>
#include <boost/url/encode.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/rfc/pchars.hpp>
#include <boost/url/url_view.hpp>
#include <optional>

#include "base/number.hpp"
#include "rtsp/core/limits.hpp"
#include "rtsp/core/message.hpp"

namespace tidegate::rtsp {

namespace {

constexpr std::uint16_t kDefaultPort = 554;
constexpr std::uint16_t kDefaultTlsPort = 322;

std::string text(boost::core::string_view view) {
    return {view.data(), view.size()};
}

// Interface names have 15 characters on Linux, a zone may also be a number.
constexpr std::size_t kMaxZone = 32;

bool has_scheme(std::string_view url, std::string_view scheme) {
    return equal_ignoring_case(url.substr(0, scheme.size()), scheme);
}

// Spaces and control characters: a query must not have them, because it stands in a request line.
bool is_forbidden(char c) {
    return static_cast<unsigned char>(c) <= 0x20 || c == 0x7F;
}

// Cuts the zone of "[fe80::1%25eth0]" (RFC 6874, and with a bare '%') out of the address: Boost.URL
// 1.81 knows no zones. Empty when there is none; nullopt when it is none that can be.
std::optional<std::string> cut_zone(std::string& address) {
    auto const slash = std::min(address.find('/', address.find("://") + 3), address.size());
    auto const end = address.rfind(']', slash);
    auto const open = address.rfind('[', end);
    if (end == std::string::npos || open == std::string::npos) return std::string{};
    auto const percent = address.find('%', open);
    if (percent >= end) return std::string{};
    auto zone = address.substr(percent + 1, end - percent - 1);
    if (zone.size() > 2 && zone.starts_with("25")) zone.erase(0, 2);
    auto const plain = [](char c) {
        return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '.' || c == '_' || c == '~';
    };
    if (zone.empty() || zone.size() > kMaxZone || !std::ranges::all_of(zone, plain)) {
        return std::nullopt;
    }
    address.erase(percent, end - percent);
    return zone;
}

constexpr std::string_view kTrack = "/trackID=";

// Cuts the text off before its last "/trackID=" and returns what stood behind it; nullopt when
// there is none.
std::optional<std::string> cut_track(std::string& text) {
    auto const at = text.rfind(kTrack);
    if (at == std::string::npos) return std::nullopt;
    auto id = text.substr(at + kTrack.size());
    text.resize(at);
    return id;
}

// "trackID=" without a number means the first track.
std::expected<std::uint16_t, std::string> track_number(std::string_view id) {
    if (id.empty()) return 0;
    auto const value = base::parse_number<std::uint16_t>(id);
    if (!value) return std::unexpected("invalid track id");
    return *value;
}

}  // namespace

bool is_absolute_url(std::string_view url) {
    return has_scheme(url, "rtsp://") || has_scheme(url, "rtsps://");
}

std::string Url::request_url() const {
    return scheme + "://" + authority + raw_path + (has_query ? "?" + query : "");
}

std::expected<Url, std::string> parse_url(std::string_view value) {
    if (value.size() > kMaxUrl) return std::unexpected("URL is too long");
    value = value.substr(0, value.find('#'));
    auto const question = value.find('?');
    std::string address(value.substr(0, question));
    Url url;
    url.has_query = question != std::string_view::npos;
    if (url.has_query) url.query = value.substr(question + 1);
    auto const zone = cut_zone(address);
    auto const parsed = boost::urls::parse_uri({address.data(), address.size()});
    if (!zone || !parsed || std::ranges::any_of(url.query, is_forbidden)) {
        return std::unexpected("URL is malformed");
    }
    if (!is_absolute_url(address)) return std::unexpected("URL scheme is not rtsp or rtsps");
    if (!parsed->has_authority() || parsed->host().empty()) {
        return std::unexpected("URL has no host");
    }
    url.scheme = has_scheme(address, "rtsps") ? "rtsps" : "rtsp";
    url.host = parsed->host_type() == boost::urls::host_type::ipv6 ? parsed->host_address()
                                                                   : parsed->host();
    url.port = url.scheme == "rtsps" ? kDefaultTlsPort : kDefaultPort;
    if (auto const digits = text(parsed->port()); !digits.empty()) {
        auto const port = base::parse_port(digits);
        if (!port) return std::unexpected("URL has an invalid port");
        url.port = *port;
    }
    url.authority = text(parsed->encoded_host_and_port());
    if (!zone->empty()) {
        url.host += "%" + *zone;
        url.authority.insert(url.authority.rfind(']'), "%25" + *zone);
    }
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
    return url;
}

std::string encode_path(std::string_view path) {
    return boost::urls::encode({path.data(), path.size()}, boost::urls::pchars + '/');
}

std::string resolve_control(std::string_view base, std::string_view control) {
    if (control.empty() || control == "*") return std::string(base);
    if (is_absolute_url(control)) return std::string(control);
    std::string out(base);
    // A query stays in front of the control: that is what FFmpeg sends and MediaMTX expects.
    if (!out.ends_with('/') && !control.starts_with('?')) out += '/';
    if (control.starts_with('/')) control.remove_prefix(1);
    return out.append(control);
}

StreamName without_trailing_slash(Url const& url) {
    StreamName name{url.path, url.query};
    if (name.query.ends_with('/')) {
        name.query.pop_back();
    } else if (name.path.ends_with('/')) {
        name.path.pop_back();
    }
    return name;
}

std::expected<TrackName, std::string> track_name(Url const& url) {
    TrackName name{{url.path, url.query}, 0};
    auto id = cut_track(name.stream.query);
    // The decoded path has lost its first slash; "trackID=0" alone names the empty stream.
    if (!id) {
        auto path = "/" + name.stream.path;
        id = cut_track(path);
        if (id) name.stream.path = path.empty() ? path : path.substr(1);
    }
    if (id) {
        auto const track = track_number(*id);
        if (!track) return std::unexpected(track.error());
        name.track = *track;
        return name;
    }
    if (!url.path.empty() && !url.path.ends_with('/') && !url.query.ends_with('/')) {
        return std::unexpected("invalid SETUP path: it names no track");
    }
    name.stream = without_trailing_slash(url);
    return name;
}

}  // namespace tidegate::rtsp
