// SETUP of one track, to read it or to publish it, over TCP.
#include <algorithm>

#include "rtsp/core/server_session.hpp"
#include "rtsp/core/url.hpp"

namespace tidegate::rtsp {

void ServerSession::on_setup(ServerSink& sink) {
    if (state_ == ServerState::playing || state_ == ServerState::recording) {
        return refuse(400, "SETUP in a wrong state");
    }
    auto const url = request_url();
    if (!url) return;
    auto const transport = choose_transport();
    if (!transport) return;
    if (state_ == ServerState::pre_record) return setup_for_record(*url, *transport);
    setup_for_play(*url, *transport, sink);
}

// The first alternative of the Transport header that we accept. When there is none, the request is
// answered here, and the result is nullopt.
std::optional<Transport> ServerSession::choose_transport() {
    auto const transports = parse_transports(request_.headers.get("Transport"));
    if (!transports) {
        refuse(400, transports.error());
        return std::nullopt;
    }
    auto const acceptable = [this](Transport const& t) {
        return t.tcp && !t.secure && !t.multicast && settings_.tcp_allowed;
    };
    auto const chosen = std::ranges::find_if(*transports, acceptable);
    if (chosen == transports->end()) {
        reason_ = "no acceptable transport";
        reply({.status = 461,
               .reason = {},
               .headers = {},
               .body = {}});  // kept: clients then try TCP
        return std::nullopt;
    }
    if (!channels_acceptable(*chosen)) {
        refuse(400, "interleaved channels are not consecutive, or in use");
        return std::nullopt;
    }
    // Not every encoder writes mode=record. Without a mode, the session tells which one is meant.
    auto const wanted = state_ == ServerState::pre_record ? Mode::record : Mode::play;
    if (chosen->mode.value_or(wanted) != wanted) {
        refuse(400, "transport mode does not fit the session");
        return std::nullopt;
    }
    return *chosen;
}

bool ServerSession::channels_used(unsigned first) const {
    return std::ranges::any_of(setups_, [first](SetUpTrack const& setup) {
        return setup.channel + 1U >= first && first + 1 >= setup.channel;
    });
}

bool ServerSession::channels_acceptable(Transport const& transport) const {
    if (!transport.interleaved) return true;
    auto const [first, second] = *transport.interleaved;
    return first + 1 == second && !channels_used(first);
}

void ServerSession::setup_for_play(Url const& url, Transport const& transport, ServerSink& sink) {
    auto name = track_name(url);
    if (!name) return refuse(400, name.error());
    if (state_ == ServerState::idle) {
        asked_track_ = name->track;
        asked_transport_ = transport;
        path_ = name->stream.path;
        query_ = name->stream.query;
        return wait_for(Waiting::attach, Attach{target_of(path_, query_)}, sink);
    }
    if (name->stream.path != path_)
        return refuse(400, "medias of one session have different paths");
    accept_setup(name->track, transport);
}

void ServerSession::attach_ok(std::span<std::uint32_t const> ssrcs) {
    answered(Waiting::attach);
    ssrcs_.assign(ssrcs.begin(), ssrcs.end());
    accept_setup(asked_track_, asked_transport_);
}

void ServerSession::setup_for_record(Url const& url, Transport const& transport) {
    auto const track = announced_track(url);
    if (!track) return refuse(400, "SETUP names none of the announced medias");
    accept_setup(*track, transport);
}

// Whether a URL means the media with this control. It is the announced URL, a slash and the
// control, which may stand behind the path or behind the query; or it is the control itself when
// that is absolute, under any name of this server.
bool ServerSession::is_control(std::string_view control, Url const& url) const {
    if (is_absolute_url(control)) {
        auto const absolute = parse_url(control);
        return absolute && absolute->path == url.path && absolute->query == url.query;
    }
    // A single media without a control is addressed by the URL of the stream (GStreamer, VLC).
    if (control.empty()) return announced_.medias.size() == 1 && url.path == path_;
    // "/trackID=0" means the same as "trackID=0". Some clients resolve it against the server's
    // root.
    if (control.starts_with('/')) {
        control.remove_prefix(1);
        if (url.path == control) return true;
    }
    auto const behind = "/" + std::string(control);
    return (url.path == path_ && url.query == query_ + behind) ||
           (url.path == path_ + behind && url.query == query_);
}

std::optional<std::uint16_t> ServerSession::announced_track(Url const& url) const {
    for (std::size_t i = 0; i < announced_.medias.size(); ++i) {
        if (is_control(announced_.medias[i].control, url)) return static_cast<std::uint16_t>(i);
    }
    return std::nullopt;
}

void ServerSession::accept_setup(std::uint16_t track, Transport const& transport) {
    bool const play = state_ != ServerState::pre_record;
    if (play && track >= ssrcs_.size()) return refuse(400, "stream has no such track");
    if (std::ranges::find(setups_, track, &SetUpTrack::track) != setups_.end()) {
        return refuse(400, "track is set up already");
    }
    unsigned channel = transport.interleaved ? transport.interleaved->first : 0;
    while (!transport.interleaved && channels_used(channel)) channel += 2;
    if (channel > 254) return refuse(400, "no interleaved channels are left");
    setups_.push_back({track, static_cast<std::uint8_t>(channel)});
    if (session_id_.empty()) session_id_ = settings_.new_session_id();
    if (state_ == ServerState::idle) state_ = ServerState::pre_play;

    Transport accepted;
    accepted.tcp = true;
    accepted.interleaved = {static_cast<std::uint8_t>(channel),
                            static_cast<std::uint8_t>(channel + 1)};
    if (play) accepted.ssrc = ssrcs_[track];
    Response response;
    response.headers.add("Transport", write_transport(accepted));
    reply_in_session(std::move(response));
}

}  // namespace tidegate::rtsp
