// The running router as the Control API and the metrics see it: paths and open connections. Any
// thread.
#pragma once

#include "router/model/state.hpp"
#include "router/paths/paths.hpp"
#include "router/session/connections.hpp"

namespace tidegate::router {

class RouterState final : public StateView {
public:
    RouterState(Paths const& paths, Connections& connections)
        : paths_(paths), connections_(connections) {}

    std::vector<PathInfo> paths() const override { return paths_.snapshot(); }
    std::optional<PathInfo> path(std::string_view name) const override {
        return paths_.snapshot(name);
    }
    std::vector<RtmpConnInfo> rtmp_conns() const override { return connections_.rtmp_conns.list(); }
    std::vector<RtspConnInfo> rtsp_conns() const override { return connections_.rtsp_conns.list(); }
    std::vector<RtspSessionInfo> rtsp_sessions() const override {
        return connections_.rtsp_sessions.list();
    }
    void each_path(Visit<PathInfo> const& visit) const override { paths_.each(visit); }
    void each_rtmp_conn(Visit<RtmpConnInfo> const& visit) const override {
        connections_.rtmp_conns.each(visit);
    }
    void each_rtsp_conn(Visit<RtspConnInfo> const& visit) const override {
        connections_.rtsp_conns.each(visit);
    }
    void each_rtsp_session(Visit<RtspSessionInfo> const& visit) const override {
        connections_.rtsp_sessions.each(visit);
    }
    bool kick_rtmp_conn(std::string_view id) override { return connections_.rtmp_conns.kick(id); }
    bool kick_rtsp_session(std::string_view id) override {
        return connections_.rtsp_sessions.kick(id);
    }

private:
    Paths const& paths_;
    Connections& connections_;
};

}  // namespace tidegate::router
