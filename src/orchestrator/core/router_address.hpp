// Where the media routers are, and where each takes and gives media. Pure; any thread.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace tidegate::orchestrator {

struct RouterAddress {
    std::string name;  // host and port of its Control API: "10.0.0.5:9997"
    std::string api;   // "http://10.0.0.5:9997", or https://
    std::string rtsp;  // "rtsp://10.0.0.5:8554", or rtsps://, without a path
    std::string rtmp;  // "rtmp://10.0.0.5:1935", or rtmps://, without a path
    bool operator==(RouterAddress const&) const = default;
};

// Whose replicas are routers: each address of a DNS name is one.
struct RouterName {
    std::string host;  // "routers.media.svc"; empty: there is none
    std::string port;  // of the Control API
    bool operator==(RouterName const&) const = default;
};

struct RouterAddresses {
    std::vector<RouterAddress> listed;
    RouterName named;
    // The URLs of a router whose host is not known yet: of `named`, with any host.
    RouterAddress pattern;

    // The only router that there is and will be; null: there may be several.
    RouterAddress const* only() const {
        return named.host.empty() && listed.size() == 1 ? &listed.front() : nullptr;
    }
    // The router of this name, if there is one now or was one. An empty name is that of the first.
    RouterAddress find(std::string_view name) const;
    // The name of the router that a program with these arguments reads from (--input). If that is
    // none of ours, a name that none of ours has. Empty: the arguments do not tell.
    std::string router_of(std::vector<std::string> const& argv) const;
};

// Reads one element of --routers: API[+RTSP][+RTMP], such as
// "http://10.0.0.5:9997+rtsp://10.0.0.5:8554", or HOST[:PORT] alone. What is not there is that of
// `pattern`, at the same host. The error says what is accepted.
std::expected<RouterAddress, std::string> parse_router(std::string_view text,
                                                       RouterAddress const& pattern);
// Reads "dns:NAME:PORT". The error says what is accepted.
std::expected<RouterName, std::string> parse_router_name(std::string_view text);
// Reads --routers: elements, several in a word separated by commas.
std::expected<RouterAddresses, std::string> parse_routers(std::vector<std::string> const& words,
                                                          RouterAddress const& pattern);
// The router at this host and port of `pattern`'s kind.
RouterAddress router_at(RouterAddress const& pattern, std::string_view host, std::string_view port);
// One router, which is told by its URLs.
RouterAddresses one_router(std::string const& api, std::string const& rtsp,
                           std::string const& rtmp);

}  // namespace tidegate::orchestrator
