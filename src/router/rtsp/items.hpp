// The open RTSP connections, in clear or over TLS, and the sessions on them, as the Control API and
// the metrics show them.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "router/api/answer.hpp"
#include "router/api/metrics_page.hpp"
#include "router/model/conn_state.hpp"
#include "router/model/registry.hpp"
#include "router/session/media_tls.hpp"

namespace tidegate::router {

struct RtspConnInfo {
    std::string id;
    WallTime created;
    std::string remote_address;
    std::optional<std::string> session;  // the session's id
    std::uint64_t inbound_bytes = 0;
    std::uint64_t outbound_bytes = 0;
};

class RtspConnRecord final : public Record<RtspConnInfo> {
public:
    using Record::Record;

    std::atomic<std::uint64_t> inbound_bytes{0};
    std::atomic<std::uint64_t> outbound_bytes{0};

private:
    void read_counters(RtspConnInfo& info) const override;
};

struct RtspSessionInfo {
    std::string id;
    WallTime created;
    std::string remote_address;
    ConnState state = ConnState::idle;  // idle until PLAY or RECORD
    std::string path;
    std::string query;
    std::string user;
    std::string user_agent;
    bool has_transport = false;  // it is TCP then, and the profile AVP
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
    bool without_picture = false;  // a reader that gets none now (reader_watch.hpp)
};

class RtspSessionRecord final : public Record<RtspSessionInfo> {
public:
    using Record::Record;

    std::atomic<std::uint64_t> inbound_bytes{0};
    std::atomic<std::uint64_t> inbound_rtcp_packets{0};
    std::atomic<std::uint64_t> inbound_rtcp_packets_in_error{0};
    std::atomic<std::uint64_t> outbound_bytes{0};
    std::atomic<std::uint64_t> outbound_packets{0};  // of RTP
    std::atomic<std::uint64_t> outbound_rtcp_packets{0};
    std::atomic<std::uint64_t> discarded{0};  // RTP packets
    std::atomic<bool> without_picture{false};

private:
    void read_counters(RtspSessionInfo& info) const override;
};

struct RtspItems {
    Registry<RtspConnRecord> conns;
    Registry<RtspSessionRecord> sessions;
};

// Both refer to the registries.
std::vector<ApiEndpoint> rtsp_endpoints(RtspItems& items, Security security);
std::vector<MetricsBlock> rtsp_metrics(RtspItems const& items, Security security);

}  // namespace tidegate::router
