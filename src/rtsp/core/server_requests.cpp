// What each request does, except SETUP (server_setup.cpp).
#include <algorithm>

#include "rtsp/core/server_session.hpp"
#include "rtsp/core/url.hpp"

namespace tidegate::rtsp {

namespace {

// Whether it is this type, in upper or lower case, with or without parameters (charset=utf-8).
bool is_of_type(std::string_view content_type, std::string_view type) {
    return equal_ignoring_case(trim(content_type.substr(0, content_type.find(';'))), type);
}

// Why we carry none of the medias; each reason is given once.
std::string reasons_of(SessionDescription const& description) {
    std::string reasons;
    for (auto const& media : description.medias) {
        if (reasons.contains(media.unsupported)) continue;
        reasons += (reasons.empty() ? "" : ", ") + media.unsupported;
    }
    return reasons;
}

}  // namespace

void ServerSession::on_options(ServerSink& sink) {
    Response response;
    response.headers.add("Public",
                         "DESCRIBE, ANNOUNCE, SETUP, PLAY, RECORD, PAUSE, GET_PARAMETER, TEARDOWN");
    // Inside a session OPTIONS is a keep-alive as well.
    bool const in_session = session_matches(parse_session(request_.headers.get("Session")).id);
    in_session ? reply_in_session(std::move(response)) : reply(std::move(response));
    sink.on_event(KeepAlive{});
}

// GET_PARAMETER and SET_PARAMETER are keep-alives, NVRs send either; the only parameters that we
// know are those of a publisher's caption.
void ServerSession::on_parameter(ServerSink& sink) {
    Response response;
    if (request_.method == "GET_PARAMETER") {
        response.headers.add("Content-Type", "text/parameters");
    }
    reply_in_session(std::move(response));
    bool const tells = request_.method == "SET_PARAMETER" && state_ == ServerState::recording &&
                       !announced_.caption_languages.empty();
    if (tells && is_of_type(request_.headers.get("Content-Type"), kParametersType)) {
        if (auto caption = read_caption(request_.body)) sink.on_caption(*std::move(caption));
    }
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
    if (!is_of_type(request_.headers.get("Content-Type"), "application/sdp")) {
        return refuse(400, "Content-Type is not application/sdp");
    }
    auto description = parse_sdp(request_.body);
    if (!description) return refuse(400, "invalid SDP: " + description.error());
    if (description->tracks().empty()) {
        return refuse(400, "no track can be carried: " + reasons_of(*description));
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
    if (state_ == ServerState::pre_play && !names_this_stream(*url)) {
        return refuse(400, "path has changed");
    }
    wait_for(Waiting::play, Play{}, sink);
}

void ServerSession::on_record(ServerSink& sink) {
    if (state_ != ServerState::pre_record) return refuse(400, "RECORD in a wrong state");
    for (std::size_t i = 0; i < announced_.medias.size(); ++i) {
        bool const set_up = std::ranges::find(setups_, i, &SetUpTrack::track) != setups_.end();
        if (!set_up && announced_.medias[i].track) {
            return refuse(400, "not all announced medias have been setup");
        }
    }
    auto const url = request_url();
    if (!url) return;
    if (!names_this_stream(*url)) return refuse(400, "path has changed");
    wait_for(Waiting::record, Record{}, sink);
}

// Whether the URL names the stream of this session, or one of its tracks: some NVRs send PLAY to a
// track and mean all of them.
bool ServerSession::names_this_stream(Url const& url) const {
    if (without_trailing_slash(url).path == path_) return true;
    if (state_ == ServerState::pre_record) return announced_track(url).has_value();
    auto const track = track_name(url);
    return track && track->stream.path == path_;
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
