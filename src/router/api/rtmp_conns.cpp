#include <algorithm>

#include "router/api/handlers.hpp"

namespace tidegate::router {

std::string_view state_name(ConnState state) {
    if (state == ConnState::read) return "read";
    return state == ConnState::publish ? "publish" : "idle";
}

json::object rtmp_conn_item(RtmpConnInfo const& conn) {
    return {{"id", conn.id},
            {"created", to_text(conn.created)},
            {"remoteAddr", conn.remote_address},
            {"state", state_name(conn.state)},
            {"path", conn.path},
            {"query", conn.query},
            {"user", conn.user},
            {"userAgent", conn.user_agent},
            {"inboundBytes", conn.inbound_bytes},
            {"outboundBytes", conn.outbound_bytes},
            {"outboundFramesDiscarded", conn.outbound_frames_discarded},
            {"bytesReceived", conn.inbound_bytes},
            {"bytesSent", conn.outbound_bytes}};
}

Answer list_rtmp_conns(ApiContext const& context, http::Request const& request) {
    auto conns = context.state.rtmp_conns();
    std::ranges::sort(conns, {}, &RtmpConnInfo::created);
    return list_answer(request, conns, rtmp_conn_item);
}

Answer get_rtmp_conn(ApiContext const& context, http::Request const& request) {
    auto const id = param(request, "id");
    if (auto problem = uuid_problem(id); !problem.empty()) {
        return std::unexpected(ApiError{400, std::move(problem)});
    }
    auto const conns = context.state.rtmp_conns();
    auto const* conn = find_by_id(conns, id);
    if (conn == nullptr) return std::unexpected(ApiError{404, "connection not found"});
    return rtmp_conn_item(*conn);
}

Answer kick_rtmp_conn(ApiContext const& context, http::Request const& request) {
    auto const id = param(request, "id");
    if (auto problem = uuid_problem(id); !problem.empty()) {
        return std::unexpected(ApiError{400, std::move(problem)});
    }
    if (context.state.kick_rtmp_conn(id)) return ok_value();
    return std::unexpected(ApiError{404, "connection not found"});
}

}  // namespace tidegate::router
