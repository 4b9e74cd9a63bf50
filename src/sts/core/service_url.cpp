#include "sts/core/service_url.hpp"

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include "base/number.hpp"

namespace tidegate::sts {

namespace {

constexpr std::uint16_t kHttpPort = 80;
constexpr std::uint16_t kHttpsPort = 443;
constexpr std::string_view kEndpoint = "/socket.io/";
constexpr std::string_view kQuery = "EIO=4&transport=websocket";

std::string target_of(std::string path, std::string_view query) {
    while (path.ends_with('/')) path.pop_back();
    if (!path.ends_with(kEndpoint.substr(0, kEndpoint.size() - 1))) {
        path += kEndpoint;
    } else {
        path += '/';
    }
    path.append("?").append(kQuery);
    if (!query.empty()) path.append("&").append(query);
    return path;
}

}  // namespace

std::string ServiceUrl::shown() const {
    return (tls ? "wss://" : "ws://") + host_header;
}

std::expected<ServiceUrl, std::string> parse_service_url(std::string_view text) {
    auto const parsed = boost::urls::parse_uri({text.data(), text.size()});
    if (!parsed) return std::unexpected("invalid URL");
    auto const scheme = std::string(parsed->scheme());
    ServiceUrl url;
    url.tls = scheme == "wss" || scheme == "https";
    if (!url.tls && scheme != "ws" && scheme != "http") {
        return std::unexpected("scheme must be ws, wss, http or https");
    }
    if (parsed->has_userinfo()) {
        return std::unexpected("the URL must not have a user or password: there is a token");
    }
    url.host = parsed->host_address();
    if (url.host.empty()) return std::unexpected("the URL has no host");
    url.port = url.tls ? kHttpsPort : kHttpPort;
    if (parsed->has_port() && !parsed->port().empty()) {
        auto const port = base::parse_port(std::string(parsed->port()));
        if (!port) return std::unexpected("the URL's port is not 1 to 65535");
        url.port = *port;
    }
    url.host_header = std::string(parsed->encoded_host_and_port());
    url.target =
        target_of(std::string(parsed->encoded_path()), std::string(parsed->encoded_query()));
    return url;
}

}  // namespace tidegate::sts
