#include "router/session/connections.hpp"

namespace tidegate::router {

namespace {

std::uint64_t value_of(std::atomic<std::uint64_t> const& counter) {
    return counter.load(std::memory_order_relaxed);
}

}  // namespace

template <>
void Record<RtmpConnInfo>::fill_counters(RtmpConnInfo& info) const {
    info.inbound_bytes = value_of(inbound_bytes);
    info.outbound_bytes = value_of(outbound_bytes);
    info.outbound_frames_discarded = value_of(discarded);
    info.without_picture = without_picture.load(std::memory_order_relaxed);
}

template <>
void Record<RtspConnInfo>::fill_counters(RtspConnInfo& info) const {
    info.inbound_bytes = value_of(inbound_bytes);
    info.outbound_bytes = value_of(outbound_bytes);
}

template <>
void Record<RtspSessionInfo>::fill_counters(RtspSessionInfo& info) const {
    info.inbound_bytes = value_of(inbound_bytes);
    info.inbound_rtcp_packets = value_of(inbound_rtcp_packets);
    info.inbound_rtcp_packets_in_error = value_of(inbound_rtcp_packets_in_error);
    info.outbound_bytes = value_of(outbound_bytes);
    info.outbound_rtp_packets = value_of(outbound_packets);
    info.outbound_rtp_packets_discarded = value_of(discarded);
    info.outbound_rtcp_packets = value_of(outbound_rtcp_packets);
    info.without_picture = without_picture.load(std::memory_order_relaxed);
}

}  // namespace tidegate::router
