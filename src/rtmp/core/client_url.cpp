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
constexpr std::uint16_t kIngestRtmpsPort = 443;  // of the platforms that people stream to

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

// What stands behind '#' is the key, or else what stands behind the last slash.
void split_target(ClientUrl& url, boost::urls::url_view const& parsed) {
    std::string_view path = parsed.encoded_path();
    while (path.starts_with('/')) path.remove_prefix(1);
    std::string const query =
        parsed.has_query() ? "?" + std::string(std::string_view(parsed.encoded_query())) : "";
    if (parsed.has_fragment()) {
        url.key = std::string_view(parsed.encoded_fragment());
        url.app = std::string(path) + query;
        return;
    }
    auto const slash = path.rfind('/');
    url.app = path.substr(0, slash);
    if (slash != std::string_view::npos) url.key = std::string(path.substr(slash + 1)) + query;
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

namespace {

// Everything but app and key.
std::expected<ClientUrl, std::string> read_server(boost::urls::url_view const& parsed,
                                                  std::uint16_t port_of_rtmps) {
    ClientUrl url;
    auto const scheme = std::string(parsed.scheme());
    if (scheme != "rtmp" && scheme != "rtmps") {
        return std::unexpected("scheme must be rtmp or rtmps");
    }
    url.tls = scheme == "rtmps";
    url.host = parsed.host_address();
    if (url.host.empty()) return std::unexpected("the URL has no host");
    url.port = url.tls ? port_of_rtmps : kRtmpPort;
    if (parsed.has_port()) {
        auto const port = base::parse_port(std::string(parsed.port()));
        if (!port) return std::unexpected("the URL's port is not 1 to 65535");
        url.port = *port;
    }
    url.user = parsed.user();
    url.password = parsed.password();
    return url;
}

void make_tc_url(ClientUrl& url, boost::urls::url_view const& parsed) {
    auto const is_ipv6 = parsed.host_type() == boost::urls::host_type::ipv6;
    url.tc_url = std::string(url.tls ? "rtmps" : "rtmp") + "://" +
                 (is_ipv6 ? "[" + url.host + "]" : url.host) + ":" + std::to_string(url.port) +
                 "/" + url.app;
}

}  // namespace

std::expected<ClientUrl, std::string> parse_client_url(std::string_view text) {
    auto const parsed = boost::urls::parse_uri({text.data(), text.size()});
    if (!parsed) return std::unexpected("invalid URL");
    auto url = read_server(*parsed, kRtmpsPort);
    if (!url) return url;
    split_path(*url, parsed->encoded_path(), parsed->encoded_query());
    if (url->app.empty() || url->app.starts_with('?')) {
        return std::unexpected("the URL has no path");
    }
    make_tc_url(*url, *parsed);
    return url;
}

std::expected<ClientUrl, std::string> parse_target_url(std::string_view text) {
    auto const parsed = boost::urls::parse_uri({text.data(), text.size()});
    if (!parsed) return std::unexpected("invalid URL");
    auto url = read_server(*parsed, kIngestRtmpsPort);
    if (!url) return url;
    split_target(*url, *parsed);
    if (url->app.empty() || url->app.starts_with('?')) {
        return std::unexpected("the URL has no app in front of the stream key");
    }
    if (url->key.empty() || url->key.starts_with('?')) {
        return std::unexpected("the URL has no stream key");
    }
    url->login = LoginForm::when_asked;
    make_tc_url(*url, *parsed);
    return url;
}

}  // namespace tidegate::rtmp
