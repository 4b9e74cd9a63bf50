#include "config/mediamtx/bind.hpp"

#include "config/mediamtx/always_available.hpp"

#include <algorithm>

#include "config/mediamtx/validate.hpp"
#include "config/mediamtx/values.hpp"

namespace tidegate::config::mediamtx {
namespace {

LogLevel log_level_of(std::string_view text) {
    if (text == "error") return LogLevel::error;
    if (text == "warn") return LogLevel::warn;
    return text == "debug" ? LogLevel::debug : LogLevel::info;
}

AuthMethod auth_method_of(std::string_view text) {
    if (text == "http") return AuthMethod::http;
    return text == "jwt" ? AuthMethod::jwt : AuthMethod::internal;
}

AuthAction action_of(std::string_view text) {
    if (text == "read") return AuthAction::read;
    if (text == "playback") return AuthAction::playback;
    if (text == "api") return AuthAction::api;
    if (text == "metrics") return AuthAction::metrics;
    return text == "pprof" ? AuthAction::pprof : AuthAction::publish;
}

std::vector<Permission> permissions_of(json::object const& values, std::string_view name) {
    std::vector<Permission> permissions;
    for (auto const& item : values.at(name).get_array()) {
        auto const& permission = item.get_object();
        permissions.push_back(
            {action_of(text_of(permission, "action")), std::string(text_of(permission, "path"))});
    }
    return permissions;
}

std::vector<InternalUser> users_of(json::object const& values) {
    std::vector<InternalUser> users;
    for (auto const& item : values.at("authInternalUsers").get_array()) {
        auto const& user = item.get_object();
        users.push_back({std::string(text_of(user, "user")), std::string(text_of(user, "pass")),
                         texts_of(user, "ips"), permissions_of(user, "permissions")});
    }
    return users;
}

HttpListener listener_of(json::object const& values, std::string const& name) {
    return {is_set(values, name),
            std::string(text_of(values, name + "Address")),
            texts_of(values, name + "AllowOrigins"),
            texts_of(values, name + "TrustedProxies"),
            is_set(values, name + "Encryption"),
            std::string(text_of(values, name + "ServerKey")),
            std::string(text_of(values, name + "ServerCert"))};
}

MediaEncryption encryption_of(json::object const& values, std::string const& protocol) {
    auto const word = text_of(values, protocol + "Encryption");
    return {.encryption = word == "strict"     ? Encryption::strict
                          : word == "optional" ? Encryption::optional
                                               : Encryption::no,
            .address = std::string(text_of(values, protocol + "sAddress")),
            .server_key = std::string(text_of(values, protocol + "ServerKey")),
            .server_cert = std::string(text_of(values, protocol + "ServerCert"))};
}

HlsVariant hls_variant_of(std::string_view text) {
    if (text == "mpegts") return HlsVariant::mpegts;
    return text == "fmp4" ? HlsVariant::fmp4 : HlsVariant::low_latency;
}

Hls hls_of(json::object const& values) {
    return {.listener = listener_of(values, "hls"),
            .always_remux = is_set(values, "hlsAlwaysRemux"),
            .variant = hls_variant_of(text_of(values, "hlsVariant")),
            .segment_count = number_of(values, "hlsSegmentCount"),
            .segment_duration = duration_of(values, "hlsSegmentDuration"),
            .part_duration = duration_of(values, "hlsPartDuration"),
            .segment_max_size = size_of(values, "hlsSegmentMaxSize"),
            .directory = std::string(text_of(values, "hlsDirectory")),
            .muxer_close_after = duration_of(values, "hlsMuxerCloseAfter"),
            .cdn_secret = std::string(text_of(values, "hlsCDNSecret"))};
}

std::vector<RtspAuthMethod> rtsp_methods_of(json::object const& values) {
    std::vector<RtspAuthMethod> methods;
    for (auto const& text : texts_of(values, "rtspAuthMethods")) {
        methods.push_back(text == "digest" ? RtspAuthMethod::digest : RtspAuthMethod::basic);
    }
    return methods;
}

}  // namespace

Global bind_global(json::object values) {
    Global global;
    global.log_level = log_level_of(text_of(values, "logLevel"));
    global.log_structured = is_set(values, "logStructured");
    auto const destinations = texts_of(values, "logDestinations");
    auto const logs_to = [&](std::string_view name) {
        return std::ranges::find(destinations, name) != destinations.end();
    };
    if (logs_to("file")) global.log_file = text_of(values, "logFile");
    // There is no syslog here: the lines are not lost for it.
    global.log_to_stdout = logs_to("stdout") || !logs_to("file");
    global.read_timeout = duration_of(values, "readTimeout");
    global.write_timeout = duration_of(values, "writeTimeout");
    global.write_queue_size = static_cast<std::size_t>(number_of(values, "writeQueueSize"));
    global.udp_max_payload_size = static_cast<std::size_t>(number_of(values, "udpMaxPayloadSize"));
    global.run_on_connect = text_of(values, "runOnConnect");
    global.run_on_connect_restart = is_set(values, "runOnConnectRestart");
    global.run_on_disconnect = text_of(values, "runOnDisconnect");
    global.auth_method = auth_method_of(text_of(values, "authMethod"));
    global.auth_internal_users = users_of(values);
    global.auth_http_address = text_of(values, "authHTTPAddress");
    global.auth_http_fingerprint = text_of(values, "authHTTPFingerprint");
    global.auth_http_exclude = permissions_of(values, "authHTTPExclude");
    global.auth_jwt_jwks = text_of(values, "authJWTJWKS");
    global.auth_jwt_jwks_fingerprint = text_of(values, "authJWTJWKSFingerprint");
    global.auth_jwt_claim_key = text_of(values, "authJWTClaimKey");
    global.auth_jwt_exclude = permissions_of(values, "authJWTExclude");
    global.auth_jwt_in_http_query =
        values.contains("authJWTInHTTPQuery") && is_set(values, "authJWTInHTTPQuery");
    global.auth_jwt_issuer = text_of(values, "authJWTIssuer");
    global.auth_jwt_audience = text_of(values, "authJWTAudience");
    global.api = listener_of(values, "api");
    global.metrics = listener_of(values, "metrics");
    global.playback = listener_of(values, "playback");
    global.rtsp = is_set(values, "rtsp");
    global.rtsp_address = text_of(values, "rtspAddress");
    global.rtsps = encryption_of(values, "rtsp");
    global.rtsp_auth_methods = rtsp_methods_of(values);
    global.rtmp = is_set(values, "rtmp");
    global.rtmp_address = text_of(values, "rtmpAddress");
    global.rtmps = encryption_of(values, "rtmp");
    global.hls = hls_of(values);
    global.values = std::move(values);
    return global;
}

namespace {

void bind_hooks(PathConf& path, json::object const& values) {
    path.run_on_init = text_of(values, "runOnInit");
    path.run_on_init_restart = is_set(values, "runOnInitRestart");
    path.run_on_demand = text_of(values, "runOnDemand");
    path.run_on_demand_restart = is_set(values, "runOnDemandRestart");
    path.run_on_demand_start_timeout = duration_of(values, "runOnDemandStartTimeout");
    path.run_on_demand_close_after = duration_of(values, "runOnDemandCloseAfter");
    path.run_on_undemand = text_of(values, "runOnUnDemand");
    path.run_on_available = text_of(values, "runOnAvailable");
    path.run_on_available_restart = is_set(values, "runOnAvailableRestart");
    path.run_on_unavailable = text_of(values, "runOnUnavailable");
    path.run_on_online = text_of(values, "runOnOnline");
    path.run_on_online_restart = is_set(values, "runOnOnlineRestart");
    path.run_on_offline = text_of(values, "runOnOffline");
    path.run_on_read = text_of(values, "runOnRead");
    path.run_on_read_restart = is_set(values, "runOnReadRestart");
    path.run_on_unread = text_of(values, "runOnUnread");
    path.run_on_record_segment_create = text_of(values, "runOnRecordSegmentCreate");
    path.run_on_record_segment_complete = text_of(values, "runOnRecordSegmentComplete");
}

// What validate_path() has not seen, such as the defaults of paths, may have no such files.
Recording recording_of(json::object const& values) {
    auto const format = text_of(values, "recordFormat") == "mpegts" ? recording::Format::mpegts
                                                                    : recording::Format::fmp4;
    auto files = recording::PathTemplate::parse(text_of(values, "recordPath"),
                                                recording::extension_of(format));
    return {.enabled = is_set(values, "record"),
            .format = format,
            .files = files ? *std::move(files) : recording::PathTemplate(),
            .part_duration = duration_of(values, "recordPartDuration"),
            .max_part_size = size_of(values, "recordMaxPartSize"),
            .segment_duration = duration_of(values, "recordSegmentDuration"),
            .delete_after = duration_of(values, "recordDeleteAfter")};
}

std::vector<ForwardDest> forward_of(json::object const& values) {
    std::vector<ForwardDest> all;
    for (auto const& item : values.at("forward").get_array()) {
        auto const& entry = item.get_object();
        all.push_back({std::string(text_of(entry, "dest")),
                       std::string(text_of(entry, "destFingerprint")),
                       std::string(text_of(entry, "whipBearerToken"))});
    }
    return all;
}

}  // namespace

PathConf bind_path(json::object values) {
    PathConf path;
    path.name = text_of(values, "name");
    path.source = text_of(values, "source");
    path.source_redirect = text_of(values, "sourceRedirect");
    if (auto const* fallback = values.if_contains("fallback")) {
        path.fallback = std::string(fallback->get_string());
    }
    path.max_readers = static_cast<std::size_t>(number_of(values, "maxReaders"));
    path.override_publisher = is_set(values, "overridePublisher");
    path.recording = recording_of(values);
    path.forward = forward_of(values);
    path.always_available = always_available_of(values);
    bind_hooks(path, values);
    path.values = std::move(values);
    return path;
}

bool PathConf::is_regex() const {
    return is_regex_name(name);
}
std::string PathConf::regex() const {
    return regex_of_name(name);
}

}  // namespace tidegate::config::mediamtx
