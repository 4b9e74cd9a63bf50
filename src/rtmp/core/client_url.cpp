#include "rtmp/core/client_url.hpp"

#include <boost/url/encode.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>
#include <boost/url/url_view.hpp>

#include "base/number.hpp"
#include "rtmp/core/stream_address.hpp"

namespace tidegate::rtmp {

namespace {

constexpr std::uint16_t kRtmpPort = 1935;
constexpr std::uint16_t kRtmpsPort = 1936;

// The first two path elements are the app, the rest is the key; a single element is the app alone.
void split_path(ClientUrl& url, std::string_view path, std::string_view query) {
    while (path.starts_with('/')) path.remove_prefix(1);
    auto split = path.find('/');
    if (split != std::string_view::npos) {
        auto const second = path.find('/', split + 1);
        if (second != std::string_view::npos) split = second;
    }
    url.app = path.substr(0, split);
    if (split != std::string_view::npos) url.key = path.substr(split + 1);
    if (query.empty()) return;
    auto& holder = url.key.empty() ? url.app : url.key;
    holder.append("?").append(query);
}

std::string encode(std::string const& text) {
    return boost::urls::encode(text, boost::urls::unreserved_chars);
}

}  // namespace

void add_credentials_to_query(ClientUrl& url) {
    if (url.user.empty()) return;
    auto const& holder = url.key.empty() ? url.app : url.key;
    auto const mark = holder.find('?');
    bool const has_query = mark != std::string::npos;
    if (has_query && query_has(std::string_view(holder).substr(mark + 1), "user")) return;
    auto const credentials =
        (has_query ? "&user=" : "?user=") + encode(url.user) + "&pass=" + encode(url.password);
    if (!url.key.empty()) {
        url.key += credentials;
        return;
    }
    url.app += credentials;
    url.tc_url += credentials;
}

std::expected<ClientUrl, std::string> parse_client_url(std::string_view text) {
    auto const parsed = boost::urls::parse_uri({text.data(), text.size()});
    if (!parsed) return std::unexpected("invalid URL");
    ClientUrl url;
    auto const scheme = std::string(parsed->scheme());
    if (scheme != "rtmp" && scheme != "rtmps") {
        return std::unexpected("scheme must be rtmp or rtmps");
    }
    url.tls = scheme == "rtmps";
    url.host = parsed->host_address();
    if (url.host.empty()) return std::unexpected("the URL has no host");
    url.port = url.tls ? kRtmpsPort : kRtmpPort;
    if (parsed->has_port()) {
        auto const port = base::parse_port(std::string(parsed->port()));
        if (!port) return std::unexpected("the URL's port is not 1 to 65535");
        url.port = *port;
    }
    url.user = parsed->user();
    url.password = parsed->password();
    split_path(url, parsed->encoded_path(), parsed->encoded_query());
    if (url.app.empty() || url.app.starts_with('?')) return std::unexpected("the URL has no path");
    auto const is_ipv6 = parsed->host_type() == boost::urls::host_type::ipv6;
    url.tc_url = scheme + "://" + (is_ipv6 ? "[" + url.host + "]" : url.host) + ":" +
                 std::to_string(url.port) + "/" + url.app;
    return url;
}

}  // namespace tidegate::rtmp
