#include "router_options.hpp"

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <optional>

#include "base/number.hpp"

namespace {

using namespace tidegate;

// With or without TLS: "rtsp" is rtsp:// or rtsps://.
std::optional<std::string> check_base(std::string const& value, std::string const& scheme) {
    auto const url = boost::urls::parse_uri(value);
    auto const fits = url && (url->scheme() == scheme || url->scheme() == scheme + "s") &&
                      !url->host().empty() && !url->has_userinfo() && url->path().empty() &&
                      !url->has_query() && !url->has_fragment() &&
                      (!url->has_port() || base::parse_port(std::string(url->port())));
    if (fits) return std::nullopt;
    return scheme + "://HOST[:PORT] or " + scheme + "s://HOST[:PORT], without a path";
}

// In clear or over TLS: workers get the URL.
std::optional<std::string> check_media_base(std::string const& value, std::string const& scheme) {
    auto const over_tls = scheme + "s";
    if (value.starts_with(over_tls + ":")) return check_base(value, over_tls);
    auto problem = check_base(value, scheme);
    if (problem) *problem += ", or " + over_tls + "://";
    return problem;
}

void add_trust(config::Flags& flags, RouterOptions& options) {
    auto const file = flags
                          .text("router-ca-file", "ROUTER_CA_FILE",
                                "certificates of the router's HTTP servers that are trusted "
                                "besides the system's",
                                options.ca_file)
                          .accepts("FILE");
    auto const fingerprint =
        flags
            .text("router-fingerprint", "ROUTER_FINGERPRINT",
                  "the SHA-256 of the router's certificate: this one is accepted, and no other",
                  options.fingerprint)
            .accepts("64 hexadecimal digits");
    flags.together({file, fingerprint}, [&options]() -> std::optional<std::string> {
        auto const made = router_trust(options);
        return made ? std::nullopt : std::optional("--router-ca-file: " + made.error());
    });
}

}  // namespace

void add_routers(config::Flags& flags, RouterOptions& options) {
    flags.text("router-api", "ROUTER_API", "the router's Control API", options.api)
        .check([](std::string const& value) { return check_base(value, "http"); });
    auto const several =
        flags
            .list(
                "routers", "ROUTERS",
                "several routers in place of router-api, separated by commas. Each is HOST[:PORT] "
                "of its Control API, or API[+RTSP][+RTMP] with the URLs of its media; what is "
                "left out is that of router-api, router-rtsp and router-rtmp, with this host. "
                "dns:NAME:PORT stands for all addresses of a DNS name, such as a headless Service",
                options.several)
            .accepts("ROUTER");
    flags.together({several}, [&options]() -> std::optional<std::string> {
        auto const parsed = router_addresses(options);
        if (parsed) return std::nullopt;
        return "--routers is not accepted: expected " + parsed.error();
    });
    add_trust(flags, options);
    flags
        .text("router-rtsp", "ROUTER_RTSP", "the URL from which workers read over RTSP",
              options.rtsp)
        .check([](std::string const& value) { return check_media_base(value, "rtsp"); });
    flags
        .text("router-rtmp", "ROUTER_RTMP",
              "the URL to which workers publish, and from which they read over RTMP", options.rtmp)
        .check([](std::string const& value) { return check_media_base(value, "rtmp"); });
}

std::expected<orchestrator::RouterAddresses, std::string> router_addresses(
    RouterOptions const& options) {
    if (options.several.empty()) {
        return orchestrator::one_router(options.api, options.rtsp, options.rtmp);
    }
    return orchestrator::parse_routers(options.several,
                                       {{}, options.api, options.rtsp, options.rtmp});
}

std::expected<std::shared_ptr<net::TlsClientContext const>, std::string> router_trust(
    RouterOptions const& options) {
    // Its playback server may speak TLS where the Control API does not.
    if (options.ca_file.empty() && options.fingerprint.empty()) return nullptr;
    return net::TlsClientContext::make(
        {.ca_file = options.ca_file, .fingerprint = options.fingerprint});
}
