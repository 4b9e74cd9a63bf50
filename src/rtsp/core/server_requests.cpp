// What each request does, SETUP apart (server_setup.cpp).
#include "rtsp/core/server_paths.hpp"
#include "rtsp/core/server_session.hpp"

namespace tidegate::rtsp {

void ServerSession::on_options(ServerSink& sink) {
    Response response;
    response.headers.add("Public",
                         "DESCRIBE, ANNOUNCE, SETUP, PLAY, RECORD, PAUSE, GET_PARAMETER, TEARDOWN");
    // In a session it is a keep-alive as well.
    request_.headers.get("Session").empty() ? reply(std::move(response))
                                            : reply_in_session(std::move(response));
    sink.on_event(KeepAlive{});
}

void ServerSession::on_get_parameter(ServerSink& sink) {
    Response response;
    response.headers.add("Content-Type", "text/parameters");
    reply_in_session(std::move(response));
    sink.on_event(KeepAlive{});
}

void ServerSession::on_unsupported(ServerSink&) {
    reason_ = "method " + request_.method + " is not supported, or lacks its Session header";
    reply({.status = 501});
}

void ServerSession::on_describe(ServerSink& sink) {
    auto const url = request_url();
    if (!url) return;
    auto [path, query] = without_trailing_slash(*url);
    wait_for(Waiting::describe, Describe{target_of(std::move(path), std::move(query))}, sink);
}

void ServerSession::on_announce(ServerSink& sink) {
    if (state_ != ServerState::idle) return refuse(400, "ANNOUNCE in a session that has begun");
    auto const url = request_url();
    if (!url) return;
    if (request_.headers.get("Content-Type") != "application/sdp") {
        return refuse(400, "Content-Type is not application/sdp");
    }
    auto description = parse_sdp(request_.body);
    if (!description) return refuse(400, "invalid SDP: " + description.error());
    for (auto const& media : description->medias) {
        if (media.back_channel) return refuse(400, "invalid SDP: back channels cannot be recorded");
        if (!media.track) return refuse(400, "invalid SDP: " + media.unsupported);
        if (media.track->codec() == media::Codec::h264 && media.packetization_mode != 1) {
            return refuse(400, "H264 with a packetization-mode other than 1 is not supported");
        }
    }
    announced_ = std::move(*description);
    path_ = url->path;
    query_ = url->query;
    wait_for(Waiting::announce, Announce{target_of(path_, query_), announced_}, sink);
}

void ServerSession::on_play(ServerSink& sink) {
    if (state_ != ServerState::pre_play && state_ != ServerState::playing) {
        return refuse(400, "PLAY in a wrong state");
    }
    auto const url = request_url();
    if (!url) return;
    if (state_ == ServerState::pre_play && without_trailing_slash(*url).path != path_) {
        return refuse(400, "path has changed");
    }
    wait_for(Waiting::play, Play{}, sink);
}

void ServerSession::on_record(ServerSink& sink) {
    if (state_ != ServerState::pre_record) return refuse(400, "RECORD in a wrong state");
    if (setups_.size() != announced_.medias.size()) {
        return refuse(400, "not all announced medias have been setup");
    }
    auto const url = request_url();
    if (!url) return;
    if (without_trailing_slash(*url).path != path_) return refuse(400, "path has changed");
    wait_for(Waiting::record, Record{}, sink);
}

void ServerSession::on_pause(ServerSink& sink) {
    if (state_ == ServerState::idle) return refuse(400, "PAUSE in a wrong state");
    wait_for(Waiting::pause, Pause{}, sink);
}

void ServerSession::on_teardown(ServerSink& sink) {
    reply({});
    end_session();
    sink.on_event(Teardown{});
}

}  // namespace tidegate::rtsp
