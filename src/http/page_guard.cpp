#include "http/page_guard.hpp"

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include "base/lower_case.hpp"

namespace tidegate::http {
namespace {

namespace urls = boost::urls;

constexpr std::string_view kForeignHost =
    "Host is a DNS name, which anybody may point at this machine: ask by address or as localhost, "
    "or have the name allowed";
constexpr std::string_view kForeignPage =
    "Origin or Sec-Fetch-Site names a page of another origin; pages command from the server's own "
    "address, programs send neither";
constexpr std::string_view kTwice = "Host, Origin or Sec-Fetch-Site is given more than once";

struct Place {
    std::string host;  // lower case, without the root's dot
    std::string port;
    bool is_address = false;
};

Place place_of(urls::authority_view const& authority, std::string_view default_port) {
    Place place{base::lower_case(authority.host_address()), std::string(authority.port()),
                authority.host_type() == urls::host_type::ipv4 ||
                    authority.host_type() == urls::host_type::ipv6};
    if (place.host.ends_with('.')) place.host.pop_back();
    if (place.port.empty()) place.port = default_port;
    return place;
}

std::string_view default_port(std::string_view scheme) {
    if (scheme == "http") return "80";
    return scheme == "https" ? "443" : "";
}

// A name that somebody else's name server may point at us.
bool may_be_rebound(Place const& place) {
    return !place.is_address && place.host.contains('.') && !place.host.ends_with(".localhost");
}

// "*.example.com" is example.com and every name below it.
bool host_matches(std::string_view host, std::string_view allowed) {
    if (!allowed.starts_with("*.")) return host == allowed;
    auto const domain = allowed.substr(2);
    return host == domain ||
           (host.ends_with(domain) && host[host.size() - domain.size() - 1] == '.');
}

struct Origin {
    std::string scheme;
    Place place;
};

// Nothing for "null" and whatever else is no origin.
std::optional<Origin> parse_origin(std::string_view text) {
    auto const url = urls::parse_uri({text.data(), text.size()});
    if (!url || !url->has_authority() || url->host().empty()) return std::nullopt;
    auto const scheme = base::lower_case(std::string(url->scheme()));
    return Origin{scheme, place_of(url->authority(), default_port(scheme))};
}

bool is_listed(std::string_view text, std::vector<std::string> const& origins) {
    auto const asked = parse_origin(text);
    return asked && std::ranges::any_of(origins, [&](std::string const& item) {
               auto const listed = parse_origin(item);
               return listed && listed->scheme == asked->scheme &&
                      listed->place.port == asked->place.port &&
                      host_matches(asked->place.host, listed->place.host);
           });
}

bool is_named(Place const& place, PageRules const& rules) {
    auto const fits = [&](std::string const& host) { return host_matches(place.host, host); };
    return std::ranges::any_of(rules.hosts, fits,
                               [](auto const& text) { return base::lower_case(text); }) ||
           std::ranges::any_of(rules.origins, [&](std::string const& item) {
               auto const listed = parse_origin(item);
               return listed && fits(listed->place.host);
           });
}

bool lets_all_read(std::vector<std::string> const& origins) {
    return std::ranges::find(origins, "*") != origins.end();
}

bool changes_something(std::string_view method) {
    return method != "GET" && method != "HEAD" && method != "OPTIONS";
}

bool comes_over_loopback(Request const& request) {
    boost::system::error_code error;
    auto const address = asio::ip::make_address(request.remote_ip, error);
    return !error && address.is_loopback();
}

bool is_given_twice(Request const& request, std::string_view name) {
    return std::ranges::count(request.headers, name, [](auto const& header) {
               return std::string_view(header.first);
           }) > 1;
}

// The page that Origin names is the server's own: it has the address that it asks.
bool is_same_origin(std::string_view origin, std::string_view host) {
    auto const page = parse_origin(origin);
    auto const asked = urls::parse_authority({host.data(), host.size()});
    if (!page || !asked) return false;
    auto const own = place_of(*asked, default_port(page->scheme));
    return page->place.host == own.host && page->place.port == own.port;
}

bool is_of_this_site(std::string_view site) {
    return site.empty() || site == "none" || site == "same-origin";
}

}  // namespace

std::optional<std::string> allowed_origin(Request const& request,
                                          std::vector<std::string> const& origins) {
    auto const origin = request.header("origin").value_or("");
    if (is_listed(origin, origins)) return std::string(origin);
    // The wildcard last, and not for "null", as MediaMTX does.
    bool const unknown = !origin.empty() && !parse_origin(origin);
    return lets_all_read(origins) && !unknown ? std::optional<std::string>("*") : std::nullopt;
}

std::optional<std::string_view> page_refusal(Request const& request, PageRules const& rules) {
    for (auto const* const header : {"host", "origin", "sec-fetch-site"}) {
        if (is_given_twice(request, header)) return kTwice;
    }
    auto const host = request.header("host").value_or("");
    auto const origin = request.header("origin");
    auto const site = request.header("sec-fetch-site").value_or("");
    auto const asked = urls::parse_authority({host.data(), host.size()});
    if (!asked) return kForeignHost;
    auto const place = place_of(*asked, {});
    bool const rebound = may_be_rebound(place) && !is_named(place, rules);
    if (!changes_something(request.method)) {
        bool const foreign =
            rebound && !lets_all_read(rules.origins) && comes_over_loopback(request);
        return foreign ? std::optional(kForeignHost) : std::nullopt;
    }
    if (origin && is_listed(*origin, rules.origins)) return std::nullopt;
    bool const by_browser = origin || !site.empty();
    if (rebound && by_browser) return kForeignHost;
    if (origin && !is_same_origin(*origin, host)) return kForeignPage;
    return is_of_this_site(site) ? std::nullopt : std::optional(kForeignPage);
}

}  // namespace tidegate::http
