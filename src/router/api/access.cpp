#include "router/api/access.hpp"

#include <algorithm>

#include "base/crypto/base64.hpp"
#include "config/ip_network.hpp"

namespace tidegate::router {
namespace {

void take_credentials(std::string_view header, AuthRequest& made) {
    if (header.starts_with("Bearer ")) {
        auto const token = header.substr(7);
        auto const colon = token.find(':');
        if (colon == token.npos || token.find(':', colon + 1) != token.npos) {
            made.token = token;
            return;
        }
        made.user = token.substr(0, colon);
        made.password = token.substr(colon + 1);
    } else if (header.starts_with("Basic ") || header.starts_with("basic ")) {
        auto const decoded = base::base64_decode(header.substr(6));
        if (!decoded) return;
        std::string const pair(decoded->begin(), decoded->end());
        auto const colon = pair.find(':');
        if (colon == std::string::npos) return;
        made.user = pair.substr(0, colon);
        made.password = pair.substr(colon + 1);
    }
}

bool is_trusted(std::string_view address, std::vector<std::string> const& proxies) {
    return std::ranges::any_of(proxies, [&](std::string const& text) {
        auto const network = config::IpNetwork::parse(text);
        return network && network->contains(address);
    });
}

std::string_view trimmed(std::string_view text) {
    while (text.starts_with(' ')) text.remove_prefix(1);
    while (text.ends_with(' ')) text.remove_suffix(1);
    return text;
}

// The last address of the chain that is not a proxy of ours.
std::string client_ip(http::Request const& request, std::vector<std::string> const& proxies) {
    if (!is_trusted(request.remote_ip, proxies)) return request.remote_ip;
    auto chain = request.header("x-forwarded-for").value_or("");
    while (!chain.empty()) {
        auto const comma = chain.rfind(',');
        auto const last = trimmed(comma == chain.npos ? chain : chain.substr(comma + 1));
        if (!is_trusted(last, proxies)) return std::string(last);
        chain = comma == chain.npos ? std::string_view() : chain.substr(0, comma);
    }
    auto const real = request.header("x-real-ip").value_or("");
    return real.empty() ? request.remote_ip : std::string(trimmed(real));
}

}  // namespace

AuthRequest auth_request_of(http::Request const& request,
                            config::mediamtx::HttpListener const& listener, AuthAction action) {
    AuthRequest made;
    made.action = action;
    made.ip = client_ip(request, listener.trusted_proxies);
    auto const question = request.target.find('?');
    if (question != std::string::npos) made.query = request.target.substr(question + 1);
    made.user_agent = request.header("user-agent").value_or("");
    if (auto const header = request.header("authorization")) take_credentials(*header, made);
    return made;
}

bool is_trusted_proxy(std::string_view address, config::mediamtx::HttpListener const& listener) {
    return is_trusted(address, listener.trusted_proxies);
}

std::optional<net::TlsServerSettings> tls_of(config::mediamtx::HttpListener const& listener) {
    if (!listener.encryption) return std::nullopt;
    return net::TlsServerSettings{listener.server_cert, listener.server_key, {"http/1.1"}};
}

std::string started_line(config::mediamtx::HttpListener const& listener) {
    return "started with listener on " + listener.address +
           (listener.encryption ? " (TCP/HTTPS)" : " (TCP/HTTP)");
}

std::optional<http::Response> preflight(http::Request const& request, AuthAction action) {
    bool const asked = request.method == "OPTIONS" &&
                       !request.header("access-control-request-method").value_or("").empty();
    if (!asked) return std::nullopt;
    bool const is_api = action == AuthAction::api;
    std::string_view const media = action == AuthAction::read ? ", Range" : "";
    http::Response response;
    response.status = 204;
    response.headers = {
        {"Access-Control-Allow-Methods",
         is_api ? "OPTIONS, GET, POST, PATCH, DELETE" : "OPTIONS, GET"},
        {"Access-Control-Allow-Headers",
         is_api ? "Authorization, Content-Type" : "Authorization" + std::string(media)}};
    return response;
}

}  // namespace tidegate::router
