#include "orchestrator/io/http/dashboard_policy.hpp"

#include <algorithm>

namespace tidegate::orchestrator {

namespace {

bool is_host_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-';
}

// The name or the IPv4 address in Host. Empty if it is an IPv6 address, which the policy's grammar
// does not know, or nothing that belongs into a header.
std::string_view name_in(std::string_view host) {
    auto const name = host.substr(0, host.find(':'));
    return std::ranges::all_of(name, is_host_character) ? name : std::string_view();
}

void append_ports_of(std::string& policy, std::string_view name) {
    if (name.empty()) return;
    for (auto const* const scheme : {" http://", " https://"}) {
        policy.append(scheme).append(name).append(":*");
    }
}

}  // namespace

std::string dashboard_policy(std::string_view host, std::vector<std::string> const& routers) {
    auto const name = name_in(host);
    std::string media;
    append_ports_of(media, name);
    // Two names of this machine: a browser opens six connections to each, and a wall of pictures
    // needs more.
    if (name == "localhost") append_ports_of(media, "127.0.0.1");
    if (name == "127.0.0.1") append_ports_of(media, "localhost");
    for (auto const& router : routers) {
        auto const other = name_in(router);
        if (other != name && other != "localhost" && other != "127.0.0.1") {
            append_ports_of(media, other);
        }
    }
    return "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
           "connect-src 'self'" +
           media + "; media-src blob:" + media +
           "; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
           "require-trusted-types-for 'script'";
}

void add_dashboard_headers(http::Request const& request, std::vector<std::string> const& routers,
                           http::Response& response) {
    response.headers.emplace_back("Content-Security-Policy",
                                  dashboard_policy(request.header("host").value_or(""), routers));
    response.headers.emplace_back("Referrer-Policy", "no-referrer");
    response.headers.emplace_back("Cross-Origin-Opener-Policy", "same-origin");
    response.headers.emplace_back("Cross-Origin-Resource-Policy", "same-origin");
}

}  // namespace tidegate::orchestrator
