#include "router/api/metrics_table.hpp"

namespace tidegate::router {
namespace {

std::string labels_of(RtspConnInfo const& conn) {
    return label_text({{"id", conn.id}});
}

constexpr Metric<RtspConnInfo> kCurrent[] = {
    {"rtsp_conns", [](RtspConnInfo const&) -> MetricValue { return std::uint64_t{1}; }},
    {"rtsp_conns_inbound_bytes",
     [](RtspConnInfo const& i) -> MetricValue { return i.inbound_bytes; }},
    {"rtsp_conns_outbound_bytes",
     [](RtspConnInfo const& i) -> MetricValue { return i.outbound_bytes; }},
};

constexpr Metric<RtspConnInfo> kDeprecated[] = {
    {"rtsp_conns_bytes_received",
     [](RtspConnInfo const& i) -> MetricValue { return i.inbound_bytes; }},
    {"rtsp_conns_bytes_sent",
     [](RtspConnInfo const& i) -> MetricValue { return i.outbound_bytes; }},
};

constexpr MetricsTable kTable{"# RTSP connections", kCurrent, kDeprecated, labels_of};

}  // namespace

void write_rtsp_conns(MetricsText& out, StateView const& state, MetricsFilter const& filter) {
    TableWriter table(out, kTable, filter.rtsp_conn);
    state.each_rtsp_conn([&](RtspConnInfo const& item) { table.item(item); });
    table.end();
}

}  // namespace tidegate::router
