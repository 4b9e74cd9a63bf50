// The answers that the caller gives, and the headers that every response has.
#include <algorithm>
#include <cassert>

#include "rtsp/core/limits.hpp"
#include "rtsp/core/server_session.hpp"

namespace tidegate::rtsp {

namespace {

void drop_user_information(std::string& url) {
    auto const start = url.find("://");
    if (start == std::string::npos) return;
    auto const host = start + 3;
    auto const authority_end = std::min(url.find_first_of("/?", host), url.size());
    auto const at = url.rfind('@', authority_end);
    if (at != std::string::npos && at >= host && at < authority_end) url.erase(host, at + 1 - host);
}

}  // namespace

void ServerSession::reply(Response&& response) {
    waiting_ = Waiting::nothing;
    if (!cseq_.empty()) response.headers.add("CSeq", cseq_);
    response.headers.add("Server", settings_.server_name);
    write(response, output_);
}

void ServerSession::reply_in_session(Response&& response) {
    response.headers.add("Session",
                         session_id_ + ";timeout=" + std::to_string(kSessionTimeoutSeconds));
    reply(std::move(response));
}

// A refusal ends the connection, as with MediaMTX.
void ServerSession::refuse(int status, std::string_view reason) {
    reason_ = reason;
    reply({.status = status});
    closing_ = true;
}

void ServerSession::end_session() {
    state_ = ServerState::idle;
    session_id_.clear();
    own_session_.clear();
    path_.clear();
    query_.clear();
    announced_ = {};
    ssrcs_.clear();
    setups_.clear();
}

// The URL of the request. When it is malformed, the request is refused here, and the result is
// nullopt.
std::optional<Url> ServerSession::request_url() {
    auto url = parse_url(request_.url);
    if (url) return std::move(*url);
    refuse(400, url.error());
    return std::nullopt;
}

Target ServerSession::target_of(std::string path, std::string query) const {
    Target target{std::move(path), std::move(query), std::nullopt, user_agent_};
    if (auto const* const value = request_.headers.find("Authorization")) {
        if (auto presented = parse_authorization(*value))
            target.authorization = std::move(*presented);
    }
    return target;
}

void ServerSession::wait_for(Waiting what, ServerEvent&& event, ServerSink& sink) {
    waiting_ = what;
    sink.on_event(std::move(event));
}

void ServerSession::answered([[maybe_unused]] Waiting what) {
    assert(waiting_ == what);
}

bool ServerSession::offers(Scheme scheme) const {
    return std::ranges::find(settings_.challenges, scheme, &Challenge::scheme) !=
           settings_.challenges.end();
}

bool ServerSession::verify(Credentials const& expected) const {
    auto const* const value = request_.headers.find("Authorization");
    if (value == nullptr) return false;
    auto const presented = parse_authorization(*value);
    if (!presented) return false;
    return std::ranges::any_of(settings_.challenges, [&](Challenge const& challenge) {
        return rtsp::verify(*presented, challenge, expected, request_.method, request_.url);
    });
}

void ServerSession::describe_ok(media::Tracks const& tracks, std::string_view title) {
    answered(Waiting::describe);
    auto base = request_.url;
    drop_user_information(base);
    Response response;
    response.headers.add("Content-Base", base + "/");
    response.headers.add("Content-Type", "application/sdp");
    response.body = write_sdp(tracks, title);
    reply(std::move(response));
}

// Without a Session header: the client gets it with its first SETUP.
void ServerSession::announce_ok() {
    answered(Waiting::announce);
    session_id_ = settings_.new_session_id();
    state_ = ServerState::pre_record;
    reply({});
}

void ServerSession::play_ok(std::span<Position const> positions) {
    answered(Waiting::play);
    state_ = ServerState::playing;
    auto const url = parse_url(request_.url);
    auto const base = url ? url->scheme + "://" + url->authority : std::string{};
    auto const path = "/" + encode_path(path_);
    std::vector<RtpInfo> infos;
    for (auto const& setup : setups_) {
        RtpInfo info{base + path + "/trackID=" + std::to_string(setup.track), {}, {}};
        auto const at = std::ranges::find(positions, setup.track, &Position::track);
        if (at != positions.end()) {
            info.sequence = at->sequence;
            info.rtptime = at->rtptime;
        }
        infos.push_back(std::move(info));
    }
    Response response;
    response.headers.add("RTP-Info", write_rtp_info(infos));
    reply_in_session(std::move(response));
}

void ServerSession::record_ok() {
    answered(Waiting::record);
    state_ = ServerState::recording;
    reply_in_session({});
}

void ServerSession::pause_ok() {
    answered(Waiting::pause);
    if (state_ == ServerState::playing) state_ = ServerState::pre_play;
    if (state_ == ServerState::recording) state_ = ServerState::pre_record;
    reply_in_session({});
}

void ServerSession::not_found(std::string_view reason) {
    refuse(404, reason);
}
void ServerSession::bad_request(std::string_view reason) {
    refuse(400, reason);
}
void ServerSession::internal_error() {
    refuse(500, "internal error");
}
void ServerSession::wrong_credentials() {
    refuse(401, "authentication failed");
}

void ServerSession::redirect(std::string_view location) {
    Response response;
    response.status = 302;
    std::string target(location);
    // A path without a host means this server, under the name that the client uses.
    if (auto const url = parse_url(request_.url); location.starts_with('/') && url) {
        target = url->scheme + "://" + url->authority + target;
    }
    response.headers.add("Location", std::move(target));
    reply(std::move(response));
}

void ServerSession::unauthorized() {
    reason_ = "credentials are missing";
    Response response;
    response.status = 401;
    for (auto const& challenge : settings_.challenges) {
        response.headers.add("WWW-Authenticate", write_challenge(challenge));
    }
    reply(std::move(response));
}

}  // namespace tidegate::rtsp
