#include "orchestrator/core/router_address.hpp"

#include <algorithm>
#include <boost/url/parse.hpp>
#include <boost/url/url.hpp>
#include <boost/url/url_view.hpp>
#include <ranges>
#include <utility>

#include "base/number.hpp"

namespace tidegate::orchestrator {

namespace {

constexpr std::string_view kByName = "dns:";
constexpr char const* kAccepted =
    "HOST[:PORT], API[+RTSP][+RTMP] such as "
    "http://10.0.0.5:9997+rtsp://10.0.0.5:8554+rtmp://10.0.0.5:1935, or dns:NAME:PORT";

using Urls = boost::urls::url;

// "http://a:1/b" -> "a:1"; empty: it is no URL.
std::string authority_of(std::string_view url) {
    auto const parsed = boost::urls::parse_uri(url);
    return parsed ? std::string(parsed->encoded_host_and_port()) : std::string();
}

std::string with_host(std::string const& url, std::string_view host) {
    auto const parsed = boost::urls::parse_uri(url);
    if (!parsed) return {};
    Urls changed(*parsed);
    changed.set_host(host);
    return std::string(changed.buffer());
}

bool has_scheme(std::string_view url, std::string_view scheme) {
    auto const found = url.substr(0, url.find("://"));
    return found == scheme || found == std::string(scheme) + "s";
}

// Scheme, host and port, and nothing else.
bool is_base(std::string_view text) {
    auto const url = boost::urls::parse_uri(text);
    return url && !url->host().empty() && !url->has_userinfo() && url->path().empty() &&
           !url->has_query() && !url->has_fragment() &&
           (!url->has_port() || base::parse_port(std::string(url->port())));
}

bool is_media_of(RouterAddress const& router, std::string_view url) {
    auto const authority = authority_of(url);
    return !authority.empty() &&
           ((has_scheme(url, "rtsp") && authority == authority_of(router.rtsp)) ||
            (has_scheme(url, "rtmp") && authority == authority_of(router.rtmp)));
}

std::vector<std::string> parts_of(std::string_view text, char separator) {
    std::vector<std::string> parts;
    while (true) {
        auto const end = text.find(separator);
        parts.emplace_back(text.substr(0, end));
        if (end == std::string_view::npos) return parts;
        text.remove_prefix(end + 1);
    }
}

// Adds one element of --routers. Returns what is accepted; empty: this one is.
std::string add(RouterAddresses& all, std::string const& text) {
    if (text.starts_with(kByName)) {
        auto name = parse_router_name(text);
        if (!name) return name.error();
        if (!all.named.host.empty()) return "one dns: name at most";
        all.named = *std::move(name);
        return {};
    }
    auto router = parse_router(text, all.pattern);
    if (!router) return router.error();
    auto const twice = std::ranges::find(all.listed, router->name, &RouterAddress::name);
    if (twice != all.listed.end())
        return "each router once, but " + router->name + " is there twice";
    all.listed.push_back(*std::move(router));
    return {};
}

}  // namespace

RouterAddress router_at(RouterAddress const& pattern, std::string_view host,
                        std::string_view port) {
    RouterAddress router{{},
                         with_host(pattern.api, host),
                         with_host(pattern.rtsp, host),
                         with_host(pattern.rtmp, host)};
    if (auto const api = boost::urls::parse_uri(router.api); api && !port.empty()) {
        Urls changed(*api);
        changed.set_port(port);
        router.api = std::string(changed.buffer());
    }
    router.name = authority_of(router.api);
    return router;
}

RouterAddresses one_router(std::string const& api, std::string const& rtsp,
                           std::string const& rtmp) {
    RouterAddress const router{authority_of(api), api, rtsp, rtmp};
    return {{router}, {}, router};
}

std::expected<RouterAddress, std::string> parse_router(std::string_view text,
                                                       RouterAddress const& pattern) {
    auto const parts = parts_of(text, '+');
    auto from = pattern;
    auto api = parts.front();
    if (auto const end = api.find("://"); end != std::string::npos) {
        from.api = api.substr(0, end) + from.api.substr(from.api.find("://"));
    } else {
        api = "http://" + api;  // only to read host and port
    }
    auto const url = boost::urls::parse_uri(api);
    if (!url || !is_base(api) || !has_scheme(api, "http")) return std::unexpected(kAccepted);
    auto router = router_at(from, url->encoded_host(), url->port());
    for (auto const& part : parts | std::views::drop(1)) {
        if (!is_base(part)) return std::unexpected(kAccepted);
        if (has_scheme(part, "rtsp")) {
            router.rtsp = part;
        } else if (has_scheme(part, "rtmp")) {
            router.rtmp = part;
        } else {
            return std::unexpected(kAccepted);
        }
    }
    return router;
}

std::expected<RouterName, std::string> parse_router_name(std::string_view text) {
    if (!text.starts_with(kByName)) return std::unexpected(kAccepted);
    text.remove_prefix(kByName.size());
    auto const colon = text.rfind(':');
    if (colon == std::string_view::npos || colon == 0) return std::unexpected(kAccepted);
    RouterName name{std::string(text.substr(0, colon)), std::string(text.substr(colon + 1))};
    if (!base::parse_port(name.port) || !is_base("http://" + name.host + ":" + name.port)) {
        return std::unexpected(kAccepted);
    }
    return name;
}

std::expected<RouterAddresses, std::string> parse_routers(std::vector<std::string> const& words,
                                                          RouterAddress const& pattern) {
    RouterAddresses all{{}, {}, pattern};
    for (auto const& word : words) {
        for (auto const& one : parts_of(word, ',')) {
            if (auto const problem = add(all, one); !problem.empty()) {
                return std::unexpected(problem);
            }
        }
    }
    return all;
}

RouterAddress RouterAddresses::find(std::string_view name) const {
    if (name.empty()) return listed.empty() ? pattern : listed.front();
    auto const found = std::ranges::find(listed, name, &RouterAddress::name);
    if (found != listed.end()) return *found;
    auto const text = "http://" + std::string(name);
    auto const url = boost::urls::parse_uri(text);
    if (!url) return pattern;
    return router_at(pattern, url->encoded_host(), url->port());
}

std::string RouterAddresses::router_of(std::vector<std::string> const& argv) const {
    if (auto const* const router = only()) return router->name;
    auto const flag = std::ranges::find(argv, "--input");
    if (flag == argv.end() || flag + 1 == argv.end()) return {};
    auto const& input = *(flag + 1);
    for (auto const& router : listed) {
        if (is_media_of(router, input)) return router.name;
    }
    auto const url = boost::urls::parse_uri(input);
    if (!url) return {};
    auto const router = router_at(pattern, url->encoded_host(), named.port);
    bool const is_named = !named.host.empty() && is_media_of(router, input);
    return is_named ? router.name : authority_of(input);
}

}  // namespace tidegate::orchestrator
