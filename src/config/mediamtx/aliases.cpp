#include "config/mediamtx/aliases.hpp"

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>
#include <span>
#include <string_view>

namespace tidegate::config::mediamtx {
namespace {

namespace json = boost::json;

enum class How { copy, negate, wrap };  // wrap: into a list of one

struct Alias {
    std::string_view old_name;
    std::string_view new_name;
    How how = How::copy;
    std::string_view warned_as = {};  // where MediaMTX's warning names the old key differently
};

constexpr Alias kGlobal[] = {
    {"readBufferCount", "writeQueueSize"},
    {"apiAllowOrigin", "apiAllowOrigins", How::wrap},
    {"metricsAllowOrigin", "metricsAllowOrigins", How::wrap},
    {"pprofAllowOrigin", "pprofAllowOrigins", How::wrap},
    {"playbackAllowOrigin", "playbackAllowOrigins", How::wrap},
    {"rtspDisable", "rtsp", How::negate, "rtspDisabled"},
    {"protocols", "rtspTransports"},
    {"encryption", "rtspEncryption"},
    {"authMethods", "rtspAuthMethods"},
    {"serverCert", "rtspServerCert"},
    {"serverKey", "rtspServerKey"},
    {"rtmpDisable", "rtmp", How::negate, "rtmpDisabled"},
    {"hlsDisable", "hls", How::negate},
    {"hlsAllowOrigin", "hlsAllowOrigins", How::wrap},
    {"webrtcDisable", "webrtc", How::negate},
    {"webrtcICEUDPMuxAddress", "webrtcLocalUDPAddress"},
    {"webrtcICETCPMuxAddress", "webrtcLocalTCPAddress"},
    {"webrtcICEHostNAT1To1IPs", "webrtcAdditionalHosts"},
    {"webrtcAllowOrigin", "webrtcAllowOrigins", How::wrap},
    {"moqHTTPS2Address", "moqHTTP2Address"},
    {"moqHTTPS3Address", "moqHTTP3Address"},
};

// Moved from the top level into pathDefaults, under the same name.
constexpr std::string_view kRecord[] = {
    "record",           "recordPath", "recordFormat", "recordPartDuration", "recordSegmentDuration",
    "recordDeleteAfter"};

constexpr Alias kPath[] = {
    {"disablePublisherOverride", "overridePublisher", How::negate},
    {"runOnReady", "runOnAvailable"},
    {"runOnReadyRestart", "runOnAvailableRestart"},
    {"runOnNotReady", "runOnUnavailable"},
};

json::value successor(json::value const& value, How how) {
    if (how == How::negate) return json::value(!value.get_bool());
    if (how == How::wrap) return json::array{value};
    return value;
}

std::string replaced(std::string_view old_name, std::string_view new_name) {
    return "parameter '" + std::string(old_name) + "' is deprecated and has been replaced with '" +
           std::string(new_name) + "'";
}

void apply(std::span<Alias const> aliases, json::object& given,
           std::vector<std::string>& warnings) {
    for (auto const& alias : aliases) {
        auto const* value = given.if_contains(alias.old_name);
        if (value == nullptr) continue;
        warnings.push_back(
            replaced(alias.warned_as.empty() ? alias.old_name : alias.warned_as, alias.new_name));
        auto changed = successor(*value, alias.how);
        given[alias.new_name] = std::move(changed);
    }
}

}  // namespace

void apply_global_aliases(json::object& global, json::object& path_defaults,
                          std::vector<std::string>& warnings) {
    if (auto const* url = global.if_contains("externalAuthenticationURL")) {
        warnings.push_back(
            "parameter 'externalAuthenticationURL' is deprecated and has been "
            "replaced with 'authMethod' and 'authHTTPAddress'");
        auto address = *url;
        global["authMethod"] = "http";
        global["authHTTPAddress"] = std::move(address);
    }
    if (global.contains("authJWTInHTTPQuery")) {
        warnings.emplace_back(
            "parameter 'authJWTInHTTPQuery' is deprecated and will be removed in "
            "a future release");
    }
    apply(kGlobal, global, warnings);
    for (auto const name : kRecord) {
        auto const* value = global.if_contains(name);
        if (value == nullptr) continue;
        warnings.push_back(replaced(name, "pathDefaults." + std::string(name)));
        path_defaults[name] = *value;
    }
}

void apply_path_aliases(json::object& entry, std::vector<std::string>& warnings) {
    apply(kPath, entry, warnings);
    if (entry.contains("fallback")) {
        warnings.emplace_back(
            "the 'fallback' feature is deprecated, use 'alwaysAvailable' instead");
    }
    if (entry.contains("playback")) {
        warnings.emplace_back("parameter 'playback' is deprecated and has no effect");
    }
}

}  // namespace tidegate::config::mediamtx
