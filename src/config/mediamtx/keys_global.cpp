// The global keys of mediamtx.yml, in the order in which the Control API shows them. A key without
// an effect is accepted, shown, and named once in the log when it is set.
#include "config/mediamtx/schema.hpp"

namespace tidegate::config::mediamtx {
namespace {

using namespace types;

// Anybody may publish, read and play back; only this machine may use the API and the metrics.
constexpr std::string_view kUsersDefault =
    R"([{"user":"any","pass":"","ips":[],"permissions":[)"
    R"({"action":"publish","path":""},{"action":"read","path":""},{"action":"playback","path":""}]},)"
    R"({"user":"any","pass":"","ips":["127.0.0.1/32","::1/128"],"permissions":[)"
    R"({"action":"api","path":""},{"action":"metrics","path":""},{"action":"pprof","path":""}]}])";

constexpr Key kGlobalKeys[] = {
    {"logLevel", &kLogLevel, R"("info")", Effect::used},
    {"logDestinations", &kLogDestinations, R"(["stdout"])", Effect::used},
    {"logStructured", &kBool, "false", Effect::used},
    {"logFile", &kString, R"("mediamtx.log")", Effect::used},
    {"sysLogPrefix", &kString, R"("mediamtx")"},
    {"dumpPackets", &kBool, "false"},
    {"readTimeout", &kDuration, R"("10s")", Effect::used},
    {"writeTimeout", &kDuration, R"("10s")", Effect::used},
    {"readBufferCount", &kInt, "0", Effect::used, true},
    {"writeQueueSize", &kInt, "512", Effect::used},
    {"udpMaxPayloadSize", &kInt, "1452", Effect::used},
    {"udpReadBufferSize", &kUint, "0"},
    {"runOnConnect", &kString, R"("")", Effect::used},
    {"runOnConnectRestart", &kBool, "false", Effect::used},
    {"runOnDisconnect", &kString, R"("")", Effect::used},
    // auth
    {"authMethod", &kAuthMethod, R"("internal")", Effect::used},
    {"authInternalUsers", &kUsers, kUsersDefault, Effect::used},
    {"authHTTPAddress", &kString, R"("")", Effect::used},
    {"externalAuthenticationURL", &kString, R"("")", Effect::used, true},
    {"authHTTPFingerprint", &kString, R"("")", Effect::used},
    {"authHTTPExclude", &kPermissions, "[]", Effect::used},
    {"authJWTJWKS", &kString, R"("")", Effect::used},
    {"authJWTJWKSFingerprint", &kString, R"("")", Effect::used},
    {"authJWTClaimKey", &kString, R"("mediamtx_permissions")", Effect::used},
    {"authJWTExclude", &kPermissions, "[]", Effect::used},
    {"authJWTInHTTPQuery", &kBool, "false", Effect::used, true},
    {"authJWTIssuer", &kString, R"("")", Effect::used},
    {"authJWTAudience", &kString, R"("")", Effect::used},
    // api
    {"api", &kBool, "false", Effect::used},
    {"apiAddress", &kString, R"(":9997")", Effect::used},
    {"apiEncryption", &kBool, "false", Effect::used},
    {"apiServerKey", &kString, R"("server.key")", Effect::used},
    {"apiServerCert", &kString, R"("server.crt")", Effect::used},
    {"apiAllowOrigin", &kString, R"("")", Effect::used, true},
    {"apiAllowOrigins", &kStringList, R"(["*"])", Effect::used},
    {"apiTrustedProxies", &kNetworks, "[]", Effect::used},
    // metrics
    {"metrics", &kBool, "false", Effect::used},
    {"metricsAddress", &kString, R"(":9998")", Effect::used},
    {"metricsEncryption", &kBool, "false", Effect::used},
    {"metricsServerKey", &kString, R"("server.key")", Effect::used},
    {"metricsServerCert", &kString, R"("server.crt")", Effect::used},
    {"metricsAllowOrigin", &kString, R"("")", Effect::used, true},
    {"metricsAllowOrigins", &kStringList, R"(["*"])", Effect::used},
    {"metricsTrustedProxies", &kNetworks, "[]", Effect::used},
    // pprof
    {"pprof", &kBool, "false"},
    {"pprofAddress", &kString, R"(":9999")"},
    {"pprofEncryption", &kBool, "false"},
    {"pprofServerKey", &kString, R"("server.key")"},
    {"pprofServerCert", &kString, R"("server.crt")"},
    {"pprofAllowOrigin", &kString, R"("")", Effect::used, true},
    {"pprofAllowOrigins", &kStringList, R"(["*"])"},
    {"pprofTrustedProxies", &kNetworks, "[]"},
    // playback
    {"playback", &kBool, "false", Effect::used},
    {"playbackAddress", &kString, R"(":9996")", Effect::used},
    {"playbackEncryption", &kBool, "false", Effect::used},
    {"playbackServerKey", &kString, R"("server.key")", Effect::used},
    {"playbackServerCert", &kString, R"("server.crt")", Effect::used},
    {"playbackAllowOrigin", &kString, R"("")", Effect::used, true},
    {"playbackAllowOrigins", &kStringList, R"(["*"])", Effect::used},
    {"playbackTrustedProxies", &kNetworks, "[]", Effect::used},
    // rtsp
    {"rtsp", &kBool, "true", Effect::used},
    {"rtspDisable", &kBool, "false", Effect::used, true},
    {"protocols", &kRtspTransports, "[]", Effect::used, true},
    {"rtspTransports", &kRtspTransports, R"(["multicast","tcp","udp"])", Effect::used},
    {"encryption", &kEncryption, R"("")", Effect::used, true},
    {"rtspEncryption", &kEncryption, R"("no")", Effect::used},
    {"rtspAddress", &kString, R"(":8554")", Effect::used},
    {"rtspsAddress", &kString, R"(":8322")", Effect::used},
    {"rtpAddress", &kString, R"(":8000")"},
    {"rtcpAddress", &kString, R"(":8001")"},
    {"multicastIPRange", &kString, R"("224.1.0.0/16")"},
    {"multicastRTPPort", &kInt, "8002"},
    {"multicastRTCPPort", &kInt, "8003"},
    {"srtpAddress", &kString, R"(":8004")"},
    {"srtcpAddress", &kString, R"(":8005")"},
    {"multicastSRTPPort", &kInt, "8006"},
    {"multicastSRTCPPort", &kInt, "8007"},
    {"serverKey", &kString, R"("")", Effect::used, true},
    {"serverCert", &kString, R"("")", Effect::used, true},
    {"rtspServerKey", &kString, R"("server.key")", Effect::used},
    {"rtspServerCert", &kString, R"("server.crt")", Effect::used},
    {"authMethods", &kRtspAuthMethods, "[]", Effect::used, true},
    {"rtspAuthMethods", &kRtspAuthMethods, R"(["basic"])", Effect::used},
    {"rtspTrustedProxies", &kNetworks, "[]"},
    {"rtspUDPReadBufferSize", &kUint, "0", Effect::used, true},
    // rtmp
    {"rtmp", &kBool, "true", Effect::used},
    {"rtmpDisable", &kBool, "false", Effect::used, true},
    {"rtmpEncryption", &kEncryption, R"("no")", Effect::used},
    {"rtmpAddress", &kString, R"(":1935")", Effect::used},
    {"rtmpsAddress", &kString, R"(":1936")", Effect::used},
    {"rtmpServerKey", &kString, R"("server.key")", Effect::used},
    {"rtmpServerCert", &kString, R"("server.crt")", Effect::used},
    {"rtmpTrustedProxies", &kNetworks, "[]"},
    // hls
    {"hls", &kBool, "true", Effect::used},
    {"hlsDisable", &kBool, "false", Effect::used, true},
    {"hlsAddress", &kString, R"(":8888")", Effect::used},
    {"hlsEncryption", &kBool, "false", Effect::used},
    {"hlsServerKey", &kString, R"("server.key")", Effect::used},
    {"hlsServerCert", &kString, R"("server.crt")", Effect::used},
    {"hlsAllowOrigin", &kString, R"("")", Effect::used, true},
    {"hlsAllowOrigins", &kStringList, R"(["*"])", Effect::used},
    {"hlsTrustedProxies", &kNetworks, "[]", Effect::used},
    {"hlsAlwaysRemux", &kBool, "false", Effect::used},
    {"hlsVariant", &kHlsVariant, R"("lowLatency")", Effect::used},
    {"hlsSegmentCount", &kInt, "7", Effect::used},
    {"hlsSegmentDuration", &kDuration, R"("1s")", Effect::used},
    {"hlsPartDuration", &kDuration, R"("200ms")", Effect::used},
    {"hlsSegmentMaxSize", &kSize, R"("50M")", Effect::used},
    {"hlsDirectory", &kString, R"("")", Effect::used},
    {"hlsMuxerCloseAfter", &kDuration, R"("1m0s")", Effect::used},
    {"hlsCDNSecret", &kString, R"("")", Effect::used},
    // webrtc
    {"webrtc", &kBool, "true", Effect::used},
    {"webrtcDisable", &kBool, "false", Effect::used, true},
    {"webrtcAddress", &kString, R"(":8889")"},
    {"webrtcEncryption", &kBool, "false"},
    {"webrtcServerKey", &kString, R"("server.key")"},
    {"webrtcServerCert", &kString, R"("server.crt")"},
    {"webrtcAllowOrigin", &kString, R"("")", Effect::used, true},
    {"webrtcAllowOrigins", &kStringList, R"(["*"])"},
    {"webrtcTrustedProxies", &kNetworks, "[]"},
    {"webrtcLocalUDPAddress", &kString, R"(":8189")"},
    {"webrtcLocalTCPAddress", &kString, R"("")"},
    {"webrtcIPsFromInterfaces", &kBool, "true"},
    {"webrtcIPsFromInterfacesList", &kStringList, "[]"},
    {"webrtcAdditionalHosts", &kStringList, "[]"},
    {"webrtcICEServers2", &kIceServers, "[]"},
    {"webrtcSTUNGatherTimeout", &kDuration, R"("5s")"},
    {"webrtcHandshakeTimeout", &kDuration, R"("10s")"},
    {"webrtcTrackGatherTimeout", &kDuration, R"("2s")"},
    {"webrtcICEUDPMuxAddress", &kString, R"("")", Effect::used, true},
    {"webrtcICETCPMuxAddress", &kString, R"("")", Effect::used, true},
    {"webrtcICEHostNAT1To1IPs", &kStringList, "[]", Effect::used, true},
    {"webrtcICEServers", &kStringList, "[]", Effect::used, true},
    // srt, moq
    {"srt", &kBool, "true", Effect::used},
    {"srtAddress", &kString, R"(":8890")"},
    {"moq", &kBool, "true", Effect::used},
    {"moqHTTP2Address", &kString, R"(":8892")"},
    {"moqHTTP3Address", &kString, R"(":8892")"},
    {"moqQUICAddress", &kString, R"(":8893")"},
    {"moqServerKey", &kString, R"("auto.key")"},
    {"moqServerCert", &kString, R"("auto.crt")"},
    {"moqAllowOrigins", &kStringList, R"(["*"])"},
    {"moqTrustedProxies", &kNetworks, "[]"},
    {"moqHTTPS2Address", &kString, R"("")", Effect::used, true},
    {"moqHTTPS3Address", &kString, R"("")", Effect::used, true},
    // record, now per path
    {"record", &kBool, "false", Effect::used, true},
    {"recordPath", &kString, R"("")", Effect::used, true},
    {"recordFormat", &kRecordFormat, R"("")", Effect::used, true},
    {"recordPartDuration", &kDuration, R"("")", Effect::used, true},
    {"recordSegmentDuration", &kDuration, R"("")", Effect::used, true},
    {"recordDeleteAfter", &kDuration, R"("")", Effect::used, true},
};

}  // namespace

std::span<Key const> global_keys() {
    return kGlobalKeys;
}

}  // namespace tidegate::config::mediamtx
