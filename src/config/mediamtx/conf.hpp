// mediamtx.yml as the embedded router reads it: typed settings for the keys that have an effect,
// and the value of every known key for the Control API. Plain values; any thread.
#pragma once

#include <boost/json/object.hpp>
#include <chrono>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/duration.hpp"
#include "config/process_environment.hpp"
#include "filler/slate.hpp"
#include "media/track.hpp"
#include "recording/format.hpp"
#include "recording/path_template.hpp"

namespace tidegate::config::mediamtx {

using base::Duration;

enum class LogLevel : std::uint8_t { error, warn, info, debug };
enum class AuthMethod : std::uint8_t { internal, http, jwt };
enum class AuthAction : std::uint8_t { publish, read, playback, api, metrics, pprof };
enum class RtspAuthMethod : std::uint8_t { basic, digest };

struct Permission {
    AuthAction action = AuthAction::publish;
    std::string path;  // a path's name, "~" and a regular expression, or empty: all paths
    bool operator==(Permission const&) const = default;
};

struct InternalUser {
    std::string user;              // "any": everybody
    std::string pass;              // plain or "sha256:<base64>"; argon2 is refused; empty: any
    std::vector<std::string> ips;  // addresses or networks; empty: any
    std::vector<Permission> permissions;
    bool operator==(InternalUser const&) const = default;
};

// One of the HTTP servers: api, metrics, playback, hls.
struct HttpListener {
    bool enabled = false;
    std::string address;
    std::vector<std::string> allow_origins{"*"};
    std::vector<std::string> trusted_proxies{};
    bool encryption = false;  // TLS, with these files
    std::string server_key = "server.key";
    std::string server_cert = "server.crt";
    bool operator==(HttpListener const&) const = default;
};

enum class HlsVariant : std::uint8_t { low_latency, fmp4, mpegts };

struct Hls {
    HttpListener listener{true, ":8888"};
    bool always_remux = false;
    HlsVariant variant = HlsVariant::low_latency;
    std::int64_t segment_count = 7;
    Duration segment_duration = std::chrono::seconds{1};
    Duration part_duration = std::chrono::milliseconds{200};
    std::uint64_t segment_max_size = 50 * 1024 * 1024;
    std::string directory;  // empty: segments are kept in memory only
    Duration muxer_close_after = std::chrono::seconds{60};
    std::string cdn_secret;
    bool operator==(Hls const&) const = default;
};

enum class Encryption : std::uint8_t { no, optional, strict };

// How RTSP and RTMP are served over TLS.
struct MediaEncryption {
    Encryption encryption = Encryption::no;
    std::string address;  // over TLS
    std::string server_key = "server.key";
    std::string server_cert = "server.crt";
    bool operator==(MediaEncryption const&) const = default;

    // Whether there is a listener over TLS, or in clear.
    bool has(bool secure) const {
        return encryption == Encryption::optional || secure == (encryption == Encryption::strict);
    }
};

struct Global {
    LogLevel log_level = LogLevel::info;
    bool log_structured = false;
    bool log_to_stdout = true;
    std::string log_file;  // empty: none
    Duration read_timeout = std::chrono::seconds{10};
    Duration write_timeout = std::chrono::seconds{10};
    std::size_t write_queue_size = 512;       // a power of two
    std::size_t udp_max_payload_size = 1452;  // the most bytes of an RTP packet, with its header
    std::string run_on_connect;
    bool run_on_connect_restart = false;
    std::string run_on_disconnect;

    AuthMethod auth_method = AuthMethod::internal;
    std::vector<InternalUser> auth_internal_users;
    std::string auth_http_address;
    std::string auth_http_fingerprint;  // of the server's certificate; empty: as the system trusts
    std::vector<Permission> auth_http_exclude;
    std::string auth_jwt_jwks;  // where the keys are
    std::string auth_jwt_jwks_fingerprint;
    std::string auth_jwt_claim_key = "mediamtx_permissions";
    std::vector<Permission> auth_jwt_exclude;
    bool auth_jwt_in_http_query = false;
    std::string auth_jwt_issuer;    // empty: any
    std::string auth_jwt_audience;  // empty: any

    HttpListener api{false, ":9997"};
    HttpListener metrics{false, ":9998"};
    HttpListener playback{false, ":9996"};

    bool rtsp = true;
    std::string rtsp_address = ":8554";
    MediaEncryption rtsps{.address = ":8322"};
    std::vector<RtspAuthMethod> rtsp_auth_methods{RtspAuthMethod::basic};
    bool rtmp = true;
    std::string rtmp_address = ":1935";
    MediaEncryption rtmps{.address = ":1936"};
    Hls hls;

    // The value of every known key that is not deprecated, or its default, in MediaMTX's order. As
    // the Control API prints them, but with passwords in plain text (see redacted_global).
    boost::json::object values;
};

// The keys `record...` of a path.
struct Recording {
    bool enabled = false;
    recording::Format format = recording::Format::fmp4;
    recording::PathTemplate files;  // recordPath, with the extension of the format
    Duration part_duration = std::chrono::seconds{1};
    std::uint64_t max_part_size = 50 * 1024 * 1024;
    Duration segment_duration = std::chrono::hours{1};
    Duration delete_after = std::chrono::hours{24};  // 0: never
    bool operator==(Recording const&) const = default;
};

// An entry of `forward`: where the path's stream is pushed to.
struct ForwardDest {
    std::string dest;  // an URL with "$MTX_PATH" and "$G1"; a secret, as it may have a stream key
    std::string fingerprint;  // of the server's certificate; empty: it must be signed
    std::string bearer_token;
    bool operator==(ForwardDest const&) const = default;
};

// The keys `alwaysAvailable...` of a path.
struct AlwaysAvailable {
    bool enabled = false;
    media::Tracks tracks;                        // of the stream, whoever publishes
    std::shared_ptr<filler::Slate const> slate;  // what is shown while nobody does
};

struct PathConf {
    std::string name;  // the entry's key: "live/a", "~^live/", "all_others"; empty in path_defaults
    std::string source = "publisher";  // publisher or redirect
    std::string source_redirect;
    std::optional<std::string> fallback;
    std::size_t max_readers = 0;  // 0: no limit
    bool override_publisher = true;
    Recording recording;
    std::vector<ForwardDest> forward;
    AlwaysAvailable always_available;

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
    std::string run_on_record_segment_create;
    std::string run_on_record_segment_complete;

    boost::json::object values;  // like Global::values; the first is "name"

    // True: the name is "all", "all_others" or begins with '~', so paths match it by a regular
    // expression.
    bool is_regex() const;
    // That expression, without '~'. REQUIRES: is_regex().
    std::string regex() const;
};

using PathConfPtr = std::shared_ptr<PathConf const>;

struct Conf {
    Global global;
    PathConfPtr path_defaults;
    std::vector<PathConfPtr> paths;  // by name, in byte order

    // Lines for the log: "parameter 'runOnReady' is deprecated and has been replaced with
    // 'runOnAvailable'".
    std::vector<std::string> warnings;
    // Keys that have another value than their default, but no effect in this router: "dumpPackets",
    // "pathDefaults.recordFormat", "paths.cam.useAbsoluteTimestamp".
    std::vector<std::string> no_effect;

    // The keys that file, environment and API have set, as they were given. A change by the API is
    // merged into it (edit.hpp), and build() checks the result as a whole.
    boost::json::object document;
};

// Reads the text of a file and the environment. The error is what MediaMTX prints after "ERR: ".
std::expected<Conf, std::string> parse(std::string_view yaml, Environment const& environment);
// What parse() does once it has read both into a document (see Conf::document).
std::expected<Conf, std::string> build(boost::json::object document);

struct Loaded {
    Conf conf;
    // The absolute path of the file; empty: there is none.
    std::string file;
    // The absolute paths that were tried in the working directory, for the log: MediaMTX names only
    // these.
    std::vector<std::string> candidates;
};

// Reads a configuration file. explicit_file empty: rtsp-simple-server.yml or mediamtx.yml of the
// working directory, else mediamtx.yml of /usr/local/etc, /usr/etc or /etc/mediamtx; if there is
// none, the configuration is empty. The error is like that of parse().
std::expected<Loaded, std::string> load(std::string const& explicit_file,
                                        Environment const& environment);

// The values as the Control API answers them, with "<redacted>" for secrets.
boost::json::object redacted_global(Global const& global);
boost::json::object redacted_path(PathConf const& path);

// A configuration file with more bytes is refused. One of 10,000 paths has 1 MiB.
inline constexpr std::size_t kMaxFileBytes = 8 * 1024 * 1024;

}  // namespace tidegate::config::mediamtx
