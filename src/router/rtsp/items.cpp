#include "router/rtsp/items.hpp"

#include "router/api/items.hpp"
#include "router/api/metrics_table.hpp"

namespace tidegate::router {

void RtspConnRecord::read_counters(RtspConnInfo& info) const {
    info.inbound_bytes = inbound_bytes.load(std::memory_order_relaxed);
    info.outbound_bytes = outbound_bytes.load(std::memory_order_relaxed);
}

void RtspSessionRecord::read_counters(RtspSessionInfo& info) const {
    auto const value_of = [](std::atomic<std::uint64_t> const& counter) {
        return counter.load(std::memory_order_relaxed);
    };
    info.inbound_bytes = value_of(inbound_bytes);
    info.inbound_rtcp_packets = value_of(inbound_rtcp_packets);
    info.inbound_rtcp_packets_in_error = value_of(inbound_rtcp_packets_in_error);
    info.outbound_bytes = value_of(outbound_bytes);
    info.outbound_rtp_packets = value_of(outbound_packets);
    info.outbound_rtp_packets_discarded = value_of(discarded);
    info.outbound_rtcp_packets = value_of(outbound_rtcp_packets);
    info.without_picture = without_picture.load(std::memory_order_relaxed);
}

namespace {

using Conn = RtspConnInfo;
using Session = RtspSessionInfo;

void append_conn(std::string& text, Conn const& conn) {
    JsonObject item(text);
    item.add("id", conn.id)
        .add("created", to_text(conn.created))
        .add("remoteAddr", conn.remote_address);
    if (conn.session) {
        item.add("session", *conn.session);
    } else {
        item.add_null("session");
    }
    item.add("tunnel", "none")
        .add("inboundBytes", conn.inbound_bytes)
        .add("outboundBytes", conn.outbound_bytes)
        .add("bytesReceived", conn.inbound_bytes)
        .add("bytesSent", conn.outbound_bytes)
        .end();
}

void append_transport(JsonObject& item, Session const& s) {
    if (s.has_transport) {
        item.add("transport", "TCP").add("profile", "AVP");
    } else {
        item.add_null("transport").add_null("profile");
    }
}

void append_session(std::string& text, Session const& s) {
    JsonObject item(text);
    item.add("id", s.id)
        .add("created", to_text(s.created))
        .add("remoteAddr", s.remote_address)
        .add("state", state_name(s.state));
    add_client(item, s);
    append_transport(item, s);
    http::append_array(item.begin("conns"), s.conns, http::append_string);
    item.add("inboundBytes", s.inbound_bytes)
        .add("inboundRTPPackets", s.inbound_rtp_packets)
        .add("inboundRTPPacketsLost", s.inbound_rtp_packets_lost)
        .add("inboundRTPPacketsInError", s.inbound_rtp_packets_in_error)
        .add("inboundRTPPacketsJitter", s.inbound_rtp_packets_jitter)
        .add("inboundRTCPPackets", s.inbound_rtcp_packets)
        .add("inboundRTCPPacketsInError", s.inbound_rtcp_packets_in_error)
        .add("outboundBytes", s.outbound_bytes)
        .add("outboundRTPPackets", s.outbound_rtp_packets)
        .add("outboundRTPPacketsReportedLost", s.outbound_rtp_packets_reported_lost)
        .add("outboundRTPPacketsDiscarded", s.outbound_rtp_packets_discarded)
        .add("outboundRTCPPackets", s.outbound_rtcp_packets)
        .add("bytesReceived", s.inbound_bytes)
        .add("bytesSent", s.outbound_bytes)
        .add("rtpPacketsReceived", s.inbound_rtp_packets)
        .add("rtpPacketsSent", s.outbound_rtp_packets)
        .add("rtpPacketsLost", s.inbound_rtp_packets_lost)
        .add("rtpPacketsInError", s.inbound_rtp_packets_in_error)
        .add("rtpPacketsJitter", s.inbound_rtp_packets_jitter)
        .add("rtcpPacketsReceived", s.inbound_rtcp_packets)
        .add("rtcpPacketsSent", s.outbound_rtcp_packets)
        .add("rtcpPacketsInError", s.inbound_rtcp_packets_in_error)
        .end();
}

std::string conn_labels(Conn const& conn) {
    return label_text({{"id", conn.id}});
}

std::string session_labels(Session const& session) {
    return label_text({{"id", session.id},
                       {"path", session.path},
                       {"remoteAddr", session.remote_address},
                       {"state", state_name(session.state)}});
}

constexpr Metric<Conn> kConnMetrics[] = {
    {},
    {"_inbound_bytes", &Conn::inbound_bytes},
    {"_outbound_bytes", &Conn::outbound_bytes},
};

constexpr Metric<Conn> kDeprecatedConnMetrics[] = {
    {"_bytes_received", &Conn::inbound_bytes},
    {"_bytes_sent", &Conn::outbound_bytes},
};

constexpr Metric<Session> kSessionMetrics[] = {
    {},
    {"_inbound_bytes", &Session::inbound_bytes},
    {"_inbound_rtp_packets", &Session::inbound_rtp_packets},
    {"_inbound_rtp_packets_lost", &Session::inbound_rtp_packets_lost},
    {"_inbound_rtp_packets_in_error", &Session::inbound_rtp_packets_in_error},
    {"_inbound_rtp_packets_jitter", &Session::inbound_rtp_packets_jitter},
    {"_inbound_rtcp_packets", &Session::inbound_rtcp_packets},
    {"_inbound_rtcp_packets_in_error", &Session::inbound_rtcp_packets_in_error},
    {"_outbound_bytes", &Session::outbound_bytes},
    {"_outbound_rtp_packets", &Session::outbound_rtp_packets},
    {"_outbound_rtp_packets_reported_lost", &Session::outbound_rtp_packets_reported_lost},
    {"_outbound_rtp_packets_discarded", &Session::outbound_rtp_packets_discarded},
    {"_outbound_rtcp_packets", &Session::outbound_rtcp_packets},
    {"_outbound_without_picture", &Session::without_picture},
};

constexpr Metric<Session> kDeprecatedSessionMetrics[] = {
    {"_bytes_received", &Session::inbound_bytes},
    {"_bytes_sent", &Session::outbound_bytes},
    {"_rtp_packets_received", &Session::inbound_rtp_packets},
    {"_rtp_packets_sent", &Session::outbound_rtp_packets},
    {"_rtp_packets_lost", &Session::inbound_rtp_packets_lost},
    {"_rtp_packets_in_error", &Session::inbound_rtp_packets_in_error},
    {"_rtp_packets_jitter", &Session::inbound_rtp_packets_jitter},
    {"_rtcp_packets_received", &Session::inbound_rtcp_packets},
    {"_rtcp_packets_sent", &Session::outbound_rtcp_packets},
    {"_rtcp_packets_in_error", &Session::inbound_rtcp_packets_in_error},
};

constexpr MetricsTable<Conn> kConns{"# RTSP connections", kConnMetrics, kDeprecatedConnMetrics,
                                    conn_labels, "rtsp_conns"};
constexpr MetricsTable<Session> kSessions{
    "# RTSP sessions", kSessionMetrics, kDeprecatedSessionMetrics, session_labels, "rtsp_sessions"};
constexpr MetricsTable<Conn> kTlsConns{"# RTSPS connections", kConnMetrics, kDeprecatedConnMetrics,
                                       conn_labels, "rtsps_conns"};
constexpr MetricsTable<Session> kTlsSessions{"# RTSPS sessions", kSessionMetrics,
                                             kDeprecatedSessionMetrics, session_labels,
                                             "rtsps_sessions"};

}  // namespace

std::vector<ApiEndpoint> rtsp_endpoints(RtspItems& items, Security security) {
    bool const tls = security == Security::tls;
    std::vector<ApiEndpoint> endpoints;
    add_endpoints(endpoints, items.conns,
                  {.name = tls ? "rtspsconns" : "rtspconns",
                   .not_found = "connection not found",
                   .may_be_kicked = false,
                   .append = append_conn});
    add_endpoints(endpoints, items.sessions,
                  {.name = tls ? "rtspssessions" : "rtspsessions",
                   .not_found = "session not found",
                   .may_be_kicked = true,
                   .append = append_session});
    return endpoints;
}

std::vector<MetricsBlock> rtsp_metrics(RtspItems const& items, Security security) {
    if (security == Security::tls) {
        return {table_block("rtsps_conns", "rtsps_conn", kTlsConns, items.conns),
                table_block("rtsps_sessions", "rtsps_session", kTlsSessions, items.sessions)};
    }
    return {table_block("rtsp_conns", "rtsp_conn", kConns, items.conns),
            table_block("rtsp_sessions", "rtsp_session", kSessions, items.sessions)};
}

}  // namespace tidegate::router
