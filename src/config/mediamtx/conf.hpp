// mediamtx.yml as the embedded router understands it: typed settings for the keys that take effect,
// and every known key's value for the Control API (contract §1.3-1.6). Plain values; any thread.
#pragma once

#include <boost/json/object.hpp>
#include <chrono>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/duration.hpp"
#include "config/process_environment.hpp"

namespace tidegate::config::mediamtx {

using base::Duration;

enum class LogLevel : std::uint8_t { error, warn, info, debug };
enum class AuthMethod : std::uint8_t { internal, http, jwt };
enum class AuthAction : std::uint8_t { publish, read, playback, api, metrics, pprof };
enum class RtspAuthMethod : std::uint8_t { basic, digest };

struct Permission {
    AuthAction action = AuthAction::publish;
    std::string path;  // empty: all; "~regex"; else exact
    bool operator==(Permission const&) const = default;
};

struct InternalUser {
    std::string user;              // "any": everybody
    std::string pass;              // plain, "sha256:<base64>", "argon2:<encoded>"; empty: any
    std::vector<std::string> ips;  // addresses or CIDR; empty: any
    std::vector<Permission> permissions;
    bool operator==(InternalUser const&) const = default;
};

// One of the HTTP servers: api, metrics, playback.
struct HttpListener {
    bool enabled = false;
    std::string address;
    std::vector<std::string> allow_origins{"*"};
    std::vector<std::string> trusted_proxies{};
    bool operator==(HttpListener const&) const = default;
};

struct Global {
    LogLevel log_level = LogLevel::info;
    bool log_structured = false;
    bool log_to_stdout = true;
    std::string log_file;  // empty: none
    Duration read_timeout = std::chrono::seconds{10};
    Duration write_timeout = std::chrono::seconds{10};
    std::size_t write_queue_size = 512;  // a power of two
    std::size_t udp_max_payload_size =
        1452;  // RTP packets are at most this, minus the 12-byte header
    std::string run_on_connect;
    bool run_on_connect_restart = false;
    std::string run_on_disconnect;

    AuthMethod auth_method = AuthMethod::internal;
    std::vector<InternalUser> auth_internal_users;
    std::string auth_http_address;
    std::vector<Permission> auth_http_exclude;

    HttpListener api{false, ":9997"};
    HttpListener metrics{false, ":9998"};
    HttpListener playback{false, ":9996"};

    bool rtsp = true;
    std::string rtsp_address = ":8554";
    std::vector<RtspAuthMethod> rtsp_auth_methods{RtspAuthMethod::basic};
    bool rtmp = true;
    std::string rtmp_address = ":1935";

    // Every known key that is not deprecated, in MediaMTX's order, defaults filled in; the values
    // as the Control API prints them, but passwords in clear (see redacted_global).
    boost::json::object values;
};

struct PathConf {
    std::string name;  // the entry's key: "live/a", "~^live/", "all_others"; empty in path_defaults
    std::string source = "publisher";  // publisher or redirect
    std::string source_redirect;
    std::optional<std::string> fallback;
    std::size_t max_readers = 0;  // 0: no limit
    bool override_publisher = true;
    std::string record_path;  // as playback names it; nothing is recorded

    std::string run_on_init;
    bool run_on_init_restart = false;
    std::string run_on_demand;
    bool run_on_demand_restart = false;
    Duration run_on_demand_start_timeout = std::chrono::seconds{10};
    Duration run_on_demand_close_after = std::chrono::seconds{10};
    std::string run_on_undemand;
    std::string run_on_available;
    bool run_on_available_restart = false;
    std::string run_on_unavailable;
    std::string run_on_online;
    bool run_on_online_restart = false;
    std::string run_on_offline;
    std::string run_on_read;
    bool run_on_read_restart = false;
    std::string run_on_unread;

    boost::json::object values;  // as Global::values; begins with "name"

    // Keys with '~', all and all_others (which match by regular expression).
    bool is_regex() const;
    // The expression, without '~'. REQUIRES: is_regex().
    std::string regex() const;
};

using PathConfPtr = std::shared_ptr<PathConf const>;

struct Conf {
    Global global;
    PathConfPtr path_defaults;
    std::vector<PathConfPtr> paths;  // by name, in byte order

    // One line each: "parameter 'runOnReady' is deprecated and has been replaced with
    // 'runOnAvailable'".
    std::vector<std::string> warnings;
    // Keys set to something else than their default that have no effect in this router:
    // "hlsVariant", "pathDefaults.recordFormat", "paths.cam.useAbsoluteTimestamp".
    std::vector<std::string> no_effect;

    // What was set, key by key as it was given (file and environment): the source that a change
    // through the API is merged into before build() validates the whole again.
    boost::json::object document;
};

// The error is the text after "ERR: " (contract §1.1).
std::expected<Conf, std::string> parse(std::string_view yaml, Environment const& environment);
// From a document: what parse() does after reading YAML and environment.
std::expected<Conf, std::string> build(boost::json::object document);

struct Loaded {
    Conf conf;
    // Absolute path of the file, or empty: none was found.
    std::string file;
    // Where was looked, absolute, for the line that says so.
    std::vector<std::string> candidates;
};

// explicit_file empty: the first that exists of the places of §1.2; none is an empty configuration.
std::expected<Loaded, std::string> load(std::string const& explicit_file,
                                        Environment const& environment);

// What the Control API answers: values with secrets replaced by "<redacted>".
boost::json::object redacted_global(Global const& global);
boost::json::object redacted_path(PathConf const& path);

// A configuration file larger than this is refused: the largest sensible one, 10,000 paths, is 1
// MiB.
inline constexpr std::size_t kMaxFileBytes = 8 * 1024 * 1024;

}  // namespace tidegate::config::mediamtx
