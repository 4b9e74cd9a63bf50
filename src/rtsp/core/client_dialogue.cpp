// The client's steps: DESCRIBE or ANNOUNCE, SETUP of each track, PLAY or RECORD, keep-alive,
// TEARDOWN.
#include <algorithm>

#include "rtsp/core/client_session.hpp"
#include "rtsp/core/limits.hpp"
#include "rtsp/core/transport.hpp"

namespace tidegate::rtsp {

namespace {

Request make(std::string method, std::string url) {
    return {std::move(method), std::move(url), {}, {}};
}

// The entry of RTP-Info that belongs to a track. Servers differ in the base that they write: the
// entry may end with the track's control, or it may be relative and the track's URL ends with it.
RtpInfo const* find_position(std::vector<RtpInfo> const& infos, std::string_view url,
                             std::string_view control) {
    auto const same = std::ranges::find(infos, url, &RtpInfo::url);
    if (same != infos.end()) return &*same;
    auto const fits = [&](RtpInfo const& info) {
        if (!control.empty() && info.url.ends_with(control)) return true;
        return !is_absolute_url(info.url) && url.ends_with("/" + info.url);
    };
    auto const close = std::ranges::find_if(infos, fits);
    return close == infos.end() ? nullptr : &*close;
}

// Whether a URL can stand in a request line. Blanks are allowed: cameras have them in their
// controls.
bool can_be_asked_for(std::string_view url) {
    auto const is_control = [](char c) {
        return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
    };
    return url.size() <= kMaxUrl && std::ranges::none_of(url, is_control);
}

}  // namespace

void ClientSession::start() {
    base_url_ = settings_.url.request_url();
    if (settings_.publish.empty()) {
        state_ = ClientState::describing;
        auto request = make("DESCRIBE", base_url_);
        request.headers.add("Accept", "application/sdp");
        return send(Kind::describe, std::move(request));
    }
    state_ = ClientState::announcing;
    auto request = make("ANNOUNCE", base_url_);
    request.headers.add("Content-Type", "application/sdp");
    request.body = write_sdp(settings_.publish, {}, settings_.caption_languages);
    for (std::size_t i = 0; i < settings_.publish.size(); ++i) {
        ClientTrack track;
        track.description.track = settings_.publish[i];
        track.description.control = "trackID=" + std::to_string(i);
        track.track = static_cast<std::uint16_t>(i);
        tracks_.push_back(std::move(track));
    }
    send(Kind::announce, std::move(request));
}

void ClientSession::on_described(Response const& response, ClientSink& sink) {
    auto description = parse_sdp(response.body);
    if (!description) return fail(0, "DESCRIBE: " + description.error(), sink);
    if (auto const base = response.headers.get("Content-Base"); !base.empty()) {
        base_url_ = base;
    } else if (auto const location = response.headers.get("Content-Location"); !location.empty()) {
        base_url_ = location;
    }
    for (auto const& media : description->medias) {
        if (!media.track || media.back_channel) continue;
        ClientTrack track;
        track.description = media;
        track.track = static_cast<std::uint16_t>(tracks_.size());
        tracks_.push_back(std::move(track));
    }
    bool const playable = !tracks_.empty();
    auto const why = description->medias.front().unsupported;
    sink.on_event(Described{std::move(*description)});
    if (!playable) return fail(0, "DESCRIBE: no track can be read: " + why, sink);
    auto const fits = [this](ClientTrack const& track) {
        return can_be_asked_for(resolve_control(base_url_, track.description.control));
    };
    if (!can_be_asked_for(base_url_) || !std::ranges::all_of(tracks_, fits)) {
        return fail(0, "DESCRIBE: a track's URL cannot be asked for", sink);
    }
    set_up_next(sink);
}

void ClientSession::set_up_next(ClientSink&) {
    if (set_up_ == tracks_.size()) {
        state_ = ClientState::starting;
        auto request = make(settings_.publish.empty() ? "PLAY" : "RECORD", base_url_);
        request.headers.add("Range", "npt=0.000-");
        return send(Kind::start, std::move(request));
    }
    state_ = ClientState::setting_up;
    auto const& track = tracks_[set_up_];
    auto const channel = static_cast<std::uint8_t>(2 * set_up_);
    Transport transport;
    transport.tcp = true;
    transport.interleaved = {channel, static_cast<std::uint8_t>(channel + 1)};
    if (!settings_.publish.empty()) transport.mode = Mode::record;
    auto request = make("SETUP", resolve_control(base_url_, track.description.control));
    request.headers.add("Transport", write_transport(transport));
    send(Kind::setup, std::move(request));
}

void ClientSession::on_set_up(Response const& response, ClientSink& sink) {
    auto const transports = parse_transports(response.headers.get("Transport"));
    if (!transports || transports->empty() || !transports->front().tcp) {
        return fail(0, "SETUP: server did not accept TCP", sink);
    }
    auto const& transport = transports->front();
    auto& track = tracks_[set_up_];
    track.channel = transport.interleaved ? transport.interleaved->first
                                          : static_cast<std::uint8_t>(2 * set_up_);
    track.ssrc = transport.ssrc;
    auto const taken = [&](ClientTrack const& other) {
        return other.track < set_up_ && other.channel + 1U >= track.channel &&
               track.channel + 1U >= other.channel;
    };
    if (track.channel == 255 || std::ranges::any_of(tracks_, taken)) {
        return fail(0, "SETUP: server gave one channel to two tracks", sink);
    }
    auto const session = parse_session(response.headers.get("Session"));
    if (session.id.empty() && session_id_.empty()) {
        return fail(0, "SETUP: response has no Session header", sink);
    }
    if (!session.id.empty()) session_id_ = session.id;
    if (session.timeout_seconds && *session.timeout_seconds > 0) {
        timeout_seconds_ = *session.timeout_seconds;
    }
    ++set_up_;
    set_up_next(sink);
}

void ClientSession::on_started(Response const& response, ClientSink& sink) {
    state_ = ClientState::streaming;
    if (!settings_.publish.empty()) return sink.on_event(Recording{tracks_});
    auto const infos = parse_rtp_info(response.headers.get("RTP-Info"));
    for (auto& track : tracks_) {
        auto const url = resolve_control(base_url_, track.description.control);
        auto const* const position = find_position(infos, url, track.description.control);
        if (position != nullptr) track.position = *position;
    }
    sink.on_event(Playing{tracks_});
}

void ClientSession::keep_alive() {
    if (state_ != ClientState::streaming || in_flight_.size() >= kMaxUnanswered) return;
    send(Kind::keep_alive, make("GET_PARAMETER", base_url_));
}

bool ClientSession::tell(Caption const& caption) {
    if (!takes_captions_ || state_ != ClientState::streaming) return false;
    if (in_flight_.size() >= kMaxUnanswered) return false;
    auto request = make("SET_PARAMETER", base_url_);
    request.headers.add("Content-Type", std::string(kParametersType));
    request.body = write_caption(caption);
    send(Kind::caption, std::move(request));
    return true;
}

void ClientSession::teardown() {
    if (session_id_.empty() || state_ == ClientState::over) return;
    state_ = ClientState::tearing_down;
    send(Kind::teardown, make("TEARDOWN", base_url_));
}

}  // namespace tidegate::rtsp
