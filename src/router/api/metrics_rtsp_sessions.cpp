#include "router/api/handlers.hpp"
#include "router/api/metrics_table.hpp"

namespace tidegate::router {
namespace {

std::string labels_of(RtspSessionInfo const& item) {
    return label_text({{"id", item.id},
                       {"path", item.path},
                       {"remoteAddr", item.remote_address},
                       {"state", state_name(item.state)}});
}

constexpr Metric<RtspSessionInfo> kCurrent[] = {
    {"rtsp_sessions", [](RtspSessionInfo const&) -> MetricValue { return std::uint64_t{1}; }},
    {"rtsp_sessions_inbound_bytes",
     [](RtspSessionInfo const& i) -> MetricValue { return i.inbound_bytes; }},
    {"rtsp_sessions_inbound_rtp_packets",
     [](RtspSessionInfo const& i) -> MetricValue { return i.inbound_rtp_packets; }},
    {"rtsp_sessions_inbound_rtp_packets_lost",
     [](RtspSessionInfo const& i) -> MetricValue { return i.inbound_rtp_packets_lost; }},
    {"rtsp_sessions_inbound_rtp_packets_in_error",
     [](RtspSessionInfo const& i) -> MetricValue { return i.inbound_rtp_packets_in_error; }},
    {"rtsp_sessions_inbound_rtp_packets_jitter",
     [](RtspSessionInfo const& i) -> MetricValue { return i.inbound_rtp_packets_jitter; }},
    {"rtsp_sessions_inbound_rtcp_packets",
     [](RtspSessionInfo const& i) -> MetricValue { return i.inbound_rtcp_packets; }},
    {"rtsp_sessions_inbound_rtcp_packets_in_error",
     [](RtspSessionInfo const& i) -> MetricValue { return i.inbound_rtcp_packets_in_error; }},
    {"rtsp_sessions_outbound_bytes",
     [](RtspSessionInfo const& i) -> MetricValue { return i.outbound_bytes; }},
    {"rtsp_sessions_outbound_rtp_packets",
     [](RtspSessionInfo const& i) -> MetricValue { return i.outbound_rtp_packets; }},
    {"rtsp_sessions_outbound_rtp_packets_reported_lost",
     [](RtspSessionInfo const& i) -> MetricValue { return i.outbound_rtp_packets_reported_lost; }},
    {"rtsp_sessions_outbound_rtp_packets_discarded",
     [](RtspSessionInfo const& i) -> MetricValue { return i.outbound_rtp_packets_discarded; }},
    {"rtsp_sessions_outbound_rtcp_packets",
     [](RtspSessionInfo const& i) -> MetricValue { return i.outbound_rtcp_packets; }},
    {"rtsp_sessions_outbound_without_picture",
     [](RtspSessionInfo const& i) -> MetricValue { return std::uint64_t{i.without_picture}; }},
};

constexpr Metric<RtspSessionInfo> kDeprecated[] = {
    {"rtsp_sessions_bytes_received",
     [](RtspSessionInfo const& i) -> MetricValue { return i.inbound_bytes; }},
    {"rtsp_sessions_bytes_sent",
     [](RtspSessionInfo const& i) -> MetricValue { return i.outbound_bytes; }},
    {"rtsp_sessions_rtp_packets_received",
     [](RtspSessionInfo const& i) -> MetricValue { return i.inbound_rtp_packets; }},
    {"rtsp_sessions_rtp_packets_sent",
     [](RtspSessionInfo const& i) -> MetricValue { return i.outbound_rtp_packets; }},
    {"rtsp_sessions_rtp_packets_lost",
     [](RtspSessionInfo const& i) -> MetricValue { return i.inbound_rtp_packets_lost; }},
    {"rtsp_sessions_rtp_packets_in_error",
     [](RtspSessionInfo const& i) -> MetricValue { return i.inbound_rtp_packets_in_error; }},
    {"rtsp_sessions_rtp_packets_jitter",
     [](RtspSessionInfo const& i) -> MetricValue { return i.inbound_rtp_packets_jitter; }},
    {"rtsp_sessions_rtcp_packets_received",
     [](RtspSessionInfo const& i) -> MetricValue { return i.inbound_rtcp_packets; }},
    {"rtsp_sessions_rtcp_packets_sent",
     [](RtspSessionInfo const& i) -> MetricValue { return i.outbound_rtcp_packets; }},
    {"rtsp_sessions_rtcp_packets_in_error",
     [](RtspSessionInfo const& i) -> MetricValue { return i.inbound_rtcp_packets_in_error; }},
};

constexpr MetricsTable kTable{"# RTSP sessions", kCurrent, kDeprecated, labels_of};

}  // namespace

void write_rtsp_sessions(MetricsText& out, StateView const& state, MetricsFilter const& filter) {
    TableWriter table(out, kTable, filter.rtsp_session);
    state.each_rtsp_session([&](RtspSessionInfo const& item) { table.item(item); });
    table.end();
}

}  // namespace tidegate::router
