// What the Control API and the metrics show: plain snapshots (contract §4.5-4.8) and the view that
// yields them. Snapshots are values of their own; a StateView may be asked from any thread and
// never waits for a media thread longer than one copy takes.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "router/model/shown_tracks.hpp"

namespace tidegate::router {

using WallTime = std::chrono::system_clock::time_point;

// A publisher or a reader as others name it: {"rtmpConn", uuid} (types: contract §2.2).
struct Endpoint {
    std::string type;
    std::string id;
    auto operator<=>(Endpoint const&) const = default;
};

// By type, then id. Immutable: shared by all who look until somebody comes or goes.
using Readers = std::vector<Endpoint>;

struct PathInfo {
    std::string name;
    std::string conf_name;  // the configuration's key: "all_others", "~^live/..."
    // Set while a stream exists; available and online differ only with alwaysAvailable.
    std::optional<WallTime> available_since;
    std::optional<WallTime> online_since;
    std::optional<Endpoint> source;
    std::shared_ptr<ShownTracks const> tracks;  // null when not available
    std::shared_ptr<Readers const> readers;     // null when not available
    std::uint64_t inbound_bytes = 0;  // RTP bytes after packetisation, 0 when not available
    std::uint64_t outbound_bytes = 0;
    std::uint64_t inbound_frames_in_error = 0;
};

enum class ConnState : std::uint8_t { idle, read, publish };

struct RtmpConnInfo {
    std::string id;  // lower-case dashed UUID
    WallTime created;
    std::string remote_address;  // ip:port
    ConnState state = ConnState::idle;
    std::string path;   // path and query: empty until accepted
    std::string query;  // with *** for credentials
    std::string user;
    std::string user_agent;           // flashVer
    std::uint64_t inbound_bytes = 0;  // socket bytes
    std::uint64_t outbound_bytes = 0;
    std::uint64_t outbound_frames_discarded = 0;
    bool without_picture = false;  // a reader that gets none now (picture_watch.hpp)
};

enum class RtspTunnel : std::uint8_t { none, http, websocket };

struct RtspConnInfo {
    std::string id;
    WallTime created;
    std::string remote_address;
    std::optional<std::string> session;  // the session's id
    RtspTunnel tunnel = RtspTunnel::none;
    std::uint64_t inbound_bytes = 0;
    std::uint64_t outbound_bytes = 0;
};

enum class RtspTransport : std::uint8_t { udp, udp_multicast, tcp };

struct RtspSessionInfo {
    std::string id;
    WallTime created;
    std::string remote_address;
    ConnState state = ConnState::idle;  // idle until PLAY or RECORD
    std::string path;
    std::string query;
    std::string user;
    std::string user_agent;
    std::optional<RtspTransport> transport;  // profile is AVP whenever a transport is set
    std::vector<std::string> conns;
    std::uint64_t inbound_bytes = 0;
    std::uint64_t inbound_rtp_packets = 0;
    std::uint64_t inbound_rtp_packets_lost = 0;
    std::uint64_t inbound_rtp_packets_in_error = 0;
    double inbound_rtp_packets_jitter = 0;
    std::uint64_t inbound_rtcp_packets = 0;
    std::uint64_t inbound_rtcp_packets_in_error = 0;
    std::uint64_t outbound_bytes = 0;
    std::uint64_t outbound_rtp_packets = 0;
    std::uint64_t outbound_rtp_packets_reported_lost = 0;
    std::uint64_t outbound_rtp_packets_discarded = 0;
    std::uint64_t outbound_rtcp_packets = 0;
    bool without_picture = false;
};

class StateView {
public:
    virtual ~StateView() = default;

    // In any order: whoever shows a list sorts it.
    virtual std::vector<PathInfo> paths() const = 0;
    virtual std::optional<PathInfo> path(std::string_view name) const = 0;
    virtual std::vector<RtmpConnInfo> rtmp_conns() const = 0;
    virtual std::vector<RtspConnInfo> rtsp_conns() const = 0;
    virtual std::vector<RtspSessionInfo> rtsp_sessions() const = 0;

    // The same, one after the other and without a copy of the list: paths by name, connections in
    // the order of their creation. An item is valid during its call, which must be short and must
    // not ask the view for anything.
    template <class Info>
    using Visit = std::function<void(Info const&)>;
    virtual void each_path(Visit<PathInfo> const& visit) const = 0;
    virtual void each_rtmp_conn(Visit<RtmpConnInfo> const& visit) const = 0;
    virtual void each_rtsp_conn(Visit<RtspConnInfo> const& visit) const = 0;
    virtual void each_rtsp_session(Visit<RtspSessionInfo> const& visit) const = 0;

    // False when there is none of that id. The item is out of the lists when this returns (§4.9).
    virtual bool kick_rtmp_conn(std::string_view id) = 0;
    virtual bool kick_rtsp_session(std::string_view id) = 0;
};

}  // namespace tidegate::router
