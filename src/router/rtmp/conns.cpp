#include "router/rtmp/conns.hpp"

#include "router/api/items.hpp"
#include "router/api/metrics_table.hpp"

namespace tidegate::router {

void RtmpConnRecord::read_counters(RtmpConnInfo& info) const {
    info.inbound_bytes = inbound_bytes.load(std::memory_order_relaxed);
    info.outbound_bytes = outbound_bytes.load(std::memory_order_relaxed);
    info.outbound_frames_discarded = discarded.load(std::memory_order_relaxed);
    info.without_picture = without_picture.load(std::memory_order_relaxed);
}

namespace {

void append_conn(std::string& text, RtmpConnInfo const& conn) {
    JsonObject item(text);
    item.add("id", conn.id)
        .add("created", to_text(conn.created))
        .add("remoteAddr", conn.remote_address)
        .add("state", state_name(conn.state));
    add_client(item, conn)
        .add("inboundBytes", conn.inbound_bytes)
        .add("outboundBytes", conn.outbound_bytes)
        .add("outboundFramesDiscarded", conn.outbound_frames_discarded)
        .add("bytesReceived", conn.inbound_bytes)
        .add("bytesSent", conn.outbound_bytes)
        .end();
}

std::string labels_of(RtmpConnInfo const& conn) {
    return label_text({{"id", conn.id},
                       {"path", conn.path},
                       {"remoteAddr", conn.remote_address},
                       {"state", state_name(conn.state)}});
}

constexpr Metric<RtmpConnInfo> kCurrent[] = {
    {},
    {"_inbound_bytes", &RtmpConnInfo::inbound_bytes},
    {"_outbound_bytes", &RtmpConnInfo::outbound_bytes},
    {"_outbound_frames_discarded", &RtmpConnInfo::outbound_frames_discarded},
    {"_outbound_without_picture", &RtmpConnInfo::without_picture},
};

constexpr Metric<RtmpConnInfo> kDeprecated[] = {
    {"_bytes_received", &RtmpConnInfo::inbound_bytes},
    {"_bytes_sent", &RtmpConnInfo::outbound_bytes},
};

constexpr MetricsTable<RtmpConnInfo> kInClear{"# RTMP connections", kCurrent, kDeprecated,
                                              labels_of, "rtmp_conns"};
constexpr MetricsTable<RtmpConnInfo> kOverTls{"# RTMPS connections", kCurrent, kDeprecated,
                                              labels_of, "rtmps_conns"};

}  // namespace

std::vector<ApiEndpoint> rtmp_endpoints(RtmpConns& conns, Security security) {
    std::vector<ApiEndpoint> endpoints;
    add_endpoints(endpoints, conns,
                  {.name = security == Security::tls ? "rtmpsconns" : "rtmpconns",
                   .not_found = "connection not found",
                   .may_be_kicked = true,
                   .append = append_conn});
    return endpoints;
}

std::vector<MetricsBlock> rtmp_metrics(RtmpConns const& conns, Security security) {
    if (security == Security::tls)
        return {table_block("rtmps_conns", "rtmps_conn", kOverTls, conns)};
    return {table_block("rtmp_conns", "rtmp_conn", kInClear, conns)};
}

}  // namespace tidegate::router
