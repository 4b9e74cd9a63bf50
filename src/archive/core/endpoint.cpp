#include "archive/core/endpoint.hpp"

#include <algorithm>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include "archive/core/object_key.hpp"
#include "base/number.hpp"

namespace tidegate::archive {

namespace {

// S3's rules for the name of a bucket, which is also a name of DNS.
constexpr std::size_t kShortestBucket = 3;
constexpr std::size_t kLongestBucket = 63;
// libcurl's signer cuts a longer region off.
constexpr std::size_t kLongestRegion = 64;

bool is_lower_or_digit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool is_bucket(std::string_view name) {
    return name.size() >= kShortestBucket && name.size() <= kLongestBucket &&
           is_lower_or_digit(name.front()) && is_lower_or_digit(name.back()) &&
           !name.contains("..") && std::ranges::all_of(name, [](char c) {
               return is_lower_or_digit(c) || c == '-' || c == '.';
           });
}

bool is_region(std::string_view name) {
    return !name.empty() && name.size() <= kLongestRegion &&
           std::ranges::all_of(name, [](char c) { return is_lower_or_digit(c) || c == '-'; });
}

}  // namespace

bool is_loopback_host(std::string_view host) {
    if (host == "localhost" || host == "::1") return true;
    auto const parsed = boost::urls::parse_uri("http://" + std::string(host));
    return parsed && parsed->host_type() == boost::urls::host_type::ipv4 &&
           host.starts_with("127.");
}

std::expected<Endpoint, std::string> Endpoint::make(EndpointSettings const& settings) {
    if (!is_bucket(settings.bucket)) {
        return std::unexpected("a bucket has 3 to 63 lower-case letters, digits, dashes and dots");
    }
    if (!is_region(settings.region))
        return std::unexpected("a region is a word such as eu-central-1");
    auto const text = settings.endpoint.empty() ? "https://s3." + settings.region + ".amazonaws.com"
                                                : settings.endpoint;
    auto const url = boost::urls::parse_uri(text);
    bool const fits = url && !url->host().empty() && !url->has_userinfo() && !url->has_query() &&
                      !url->has_fragment() && (url->path().empty() || url->path() == "/") &&
                      (!url->has_port() || base::parse_port(std::string(url->port()))) &&
                      (url->scheme() == "https" || url->scheme() == "http");
    if (!fits) return std::unexpected("an endpoint is https://HOST[:PORT], without a path");
    Endpoint made;
    made.https_ = url->scheme() == "https";
    auto const host = std::string(url->host_address());
    if (!made.https_ && !settings.allow_http && !is_loopback_host(host)) {
        return std::unexpected(
            "an endpoint of another machine must be https://, unless --allow-http is given");
    }
    if (settings.virtual_host && url->host_type() != boost::urls::host_type::name) {
        return std::unexpected(
            "--addressing=virtual needs an endpoint with a name, not an address");
    }
    auto const authority = std::string(url->encoded_host_and_port());
    made.base_ = std::string(url->scheme()) + "://" +
                 (settings.virtual_host ? settings.bucket + "." + authority + "/"
                                        : authority + "/" + settings.bucket + "/");
    made.region_ = settings.region;
    return made;
}

std::string Endpoint::url(std::string_view key, Query const& query) const {
    auto url = base_ + percent_encode(key, true);
    char separator = '?';
    for (auto const& [name, value] : query) {
        url += separator + percent_encode(name, false) + "=" + percent_encode(value, false);
        separator = '&';
    }
    return url;
}

}  // namespace tidegate::archive
