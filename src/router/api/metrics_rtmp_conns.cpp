#include "router/api/handlers.hpp"
#include "router/api/metrics_table.hpp"

namespace tidegate::router {
namespace {

std::string labels_of(RtmpConnInfo const& item) {
    return label_text({{"id", item.id},
                       {"path", item.path},
                       {"remoteAddr", item.remote_address},
                       {"state", state_name(item.state)}});
}

constexpr Metric<RtmpConnInfo> kCurrent[] = {
    {"rtmp_conns", [](RtmpConnInfo const&) -> MetricValue { return std::uint64_t{1}; }},
    {"rtmp_conns_inbound_bytes",
     [](RtmpConnInfo const& i) -> MetricValue { return i.inbound_bytes; }},
    {"rtmp_conns_outbound_bytes",
     [](RtmpConnInfo const& i) -> MetricValue { return i.outbound_bytes; }},
    {"rtmp_conns_outbound_frames_discarded",
     [](RtmpConnInfo const& i) -> MetricValue { return i.outbound_frames_discarded; }},
    {"rtmp_conns_outbound_without_picture",
     [](RtmpConnInfo const& i) -> MetricValue { return std::uint64_t{i.without_picture}; }},
};

constexpr Metric<RtmpConnInfo> kDeprecated[] = {
    {"rtmp_conns_bytes_received",
     [](RtmpConnInfo const& i) -> MetricValue { return i.inbound_bytes; }},
    {"rtmp_conns_bytes_sent",
     [](RtmpConnInfo const& i) -> MetricValue { return i.outbound_bytes; }},
};

constexpr MetricsTable kTable{"# RTMP connections", kCurrent, kDeprecated, labels_of};

}  // namespace

void write_rtmp_conns(MetricsText& out, StateView const& state, MetricsFilter const& filter) {
    TableWriter table(out, kTable, filter.rtmp_conn);
    state.each_rtmp_conn([&](RtmpConnInfo const& item) { table.item(item); });
    table.end();
}

}  // namespace tidegate::router
