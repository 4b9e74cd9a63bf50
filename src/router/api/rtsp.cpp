#include <algorithm>
#include <cmath>

#include "router/api/handlers.hpp"

namespace tidegate::router {
namespace {

std::string_view tunnel_name(RtspTunnel tunnel) {
    if (tunnel == RtspTunnel::http) return "http";
    return tunnel == RtspTunnel::websocket ? "websocket" : "none";
}

json::value transport_value(std::optional<RtspTransport> transport) {
    if (!transport) return nullptr;
    if (*transport == RtspTransport::tcp) return "TCP";
    return *transport == RtspTransport::udp ? "UDP" : "UDP-multicast";
}

// A whole number is printed as one, as Go does.
json::value number_value(double number) {
    if (!std::isfinite(number)) return 0;
    if (std::trunc(number) == number && std::abs(number) < 1e15) {
        return static_cast<std::int64_t>(number);
    }
    return number;
}

json::array texts(std::vector<std::string> const& items) {
    return json::array(items.begin(), items.end());
}

}  // namespace

json::object rtsp_conn_item(RtspConnInfo const& conn) {
    return {{"id", conn.id},
            {"created", to_text(conn.created)},
            {"remoteAddr", conn.remote_address},
            {"session", conn.session ? json::value(*conn.session) : json::value(nullptr)},
            {"tunnel", tunnel_name(conn.tunnel)},
            {"inboundBytes", conn.inbound_bytes},
            {"outboundBytes", conn.outbound_bytes},
            {"bytesReceived", conn.inbound_bytes},
            {"bytesSent", conn.outbound_bytes}};
}

json::object rtsp_session_item(RtspSessionInfo const& s) {
    return {{"id", s.id},
            {"created", to_text(s.created)},
            {"remoteAddr", s.remote_address},
            {"state", state_name(s.state)},
            {"path", s.path},
            {"query", s.query},
            {"user", s.user},
            {"userAgent", s.user_agent},
            {"transport", transport_value(s.transport)},
            {"profile", s.transport ? json::value("AVP") : json::value(nullptr)},
            {"conns", texts(s.conns)},
            {"inboundBytes", s.inbound_bytes},
            {"inboundRTPPackets", s.inbound_rtp_packets},
            {"inboundRTPPacketsLost", s.inbound_rtp_packets_lost},
            {"inboundRTPPacketsInError", s.inbound_rtp_packets_in_error},
            {"inboundRTPPacketsJitter", number_value(s.inbound_rtp_packets_jitter)},
            {"inboundRTCPPackets", s.inbound_rtcp_packets},
            {"inboundRTCPPacketsInError", s.inbound_rtcp_packets_in_error},
            {"outboundBytes", s.outbound_bytes},
            {"outboundRTPPackets", s.outbound_rtp_packets},
            {"outboundRTPPacketsReportedLost", s.outbound_rtp_packets_reported_lost},
            {"outboundRTPPacketsDiscarded", s.outbound_rtp_packets_discarded},
            {"outboundRTCPPackets", s.outbound_rtcp_packets},
            {"bytesReceived", s.inbound_bytes},
            {"bytesSent", s.outbound_bytes},
            {"rtpPacketsReceived", s.inbound_rtp_packets},
            {"rtpPacketsSent", s.outbound_rtp_packets},
            {"rtpPacketsLost", s.inbound_rtp_packets_lost},
            {"rtpPacketsInError", s.inbound_rtp_packets_in_error},
            {"rtpPacketsJitter", number_value(s.inbound_rtp_packets_jitter)},
            {"rtcpPacketsReceived", s.inbound_rtcp_packets},
            {"rtcpPacketsSent", s.outbound_rtcp_packets},
            {"rtcpPacketsInError", s.inbound_rtcp_packets_in_error}};
}

Answer list_rtsp_conns(ApiContext const& context, http::Request const& request) {
    auto conns = context.state.rtsp_conns();
    std::ranges::sort(conns, {}, &RtspConnInfo::created);
    return list_answer(request, conns, rtsp_conn_item);
}

Answer get_rtsp_conn(ApiContext const& context, http::Request const& request) {
    auto const id = param(request, "id");
    if (auto problem = uuid_problem(id); !problem.empty()) {
        return std::unexpected(ApiError{400, std::move(problem)});
    }
    auto const conns = context.state.rtsp_conns();
    auto const* conn = find_by_id(conns, id);
    if (conn == nullptr) return std::unexpected(ApiError{404, "connection not found"});
    return rtsp_conn_item(*conn);
}

Answer list_rtsp_sessions(ApiContext const& context, http::Request const& request) {
    auto sessions = context.state.rtsp_sessions();
    std::ranges::sort(sessions, {}, &RtspSessionInfo::created);
    return list_answer(request, sessions, rtsp_session_item);
}

Answer get_rtsp_session(ApiContext const& context, http::Request const& request) {
    auto const id = param(request, "id");
    if (auto problem = uuid_problem(id); !problem.empty()) {
        return std::unexpected(ApiError{400, std::move(problem)});
    }
    auto const sessions = context.state.rtsp_sessions();
    auto const* session = find_by_id(sessions, id);
    if (session == nullptr) return std::unexpected(ApiError{404, "session not found"});
    return rtsp_session_item(*session);
}

Answer kick_rtsp_session(ApiContext const& context, http::Request const& request) {
    auto const id = param(request, "id");
    if (auto problem = uuid_problem(id); !problem.empty()) {
        return std::unexpected(ApiError{400, std::move(problem)});
    }
    if (context.state.kick_rtsp_session(id)) return ok_value();
    return std::unexpected(ApiError{404, "session not found"});
}

}  // namespace tidegate::router
