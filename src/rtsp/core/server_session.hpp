// The machine of one server-side RTSP connection over TCP: bytes in, events and exact response
// bytes out (contract §7.1-7.8). One per connection, one thread. No clock: timeouts, the pause
// after a wrong password and closing are the shell's.
//
//   session.feed(bytes, sink);            // at most one waiting event (server_events.hpp)
//   session.attach_ok(ssrcs);             // the shell's answer, now or later
//   write(session.take_output());
//   if (session.closing()) close after the write; else if it answered: session.feed({}, sink);
//
// feed() with no bytes goes on with what the client had pipelined behind the answered request.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.hpp"
#include "media/track.hpp"
#include "rtsp/core/auth.hpp"
#include "rtsp/core/message_reader.hpp"
#include "rtsp/core/rtp_info.hpp"
#include "rtsp/core/server_events.hpp"
#include "rtsp/core/transport.hpp"
#include "rtsp/core/url.hpp"

namespace tidegate::rtsp {

struct ServerSettings {
    // A fresh 32-digit hexadecimal id, unguessable: it names the session to the client.
    std::function<std::string()> new_session_id;
    // Offered in this order by unauthorized(challenge); a digest one needs a nonce fresh for this
    // connection.
    std::vector<Challenge> challenges;
    bool tcp_allowed = true;  // rtspTransports has tcp; else every SETUP gets 461
    std::string server_name = "gortsplib";
};

enum class ServerState : std::uint8_t { idle, pre_play, playing, pre_record, recording };

class ServerSession {
public:
    explicit ServerSession(ServerSettings settings);

    void feed(base::ByteView bytes, ServerSink& sink);

    // It is known who asks, and he may: the limits for strangers no longer hold
    // (base/early_limit.hpp).
    void authorised();
    // Answers to the waiting event. REQUIRES: it is of the matching kind.
    void describe_ok(media::Tracks const& tracks, std::string_view title = {});
    // One per track of the stream. A track that it lacks is still refused: look at closing()
    // afterwards.
    void attach_ok(std::span<std::uint32_t const> ssrcs);
    void announce_ok();
    struct Position {  // of a set-up track, for RTP-Info; nothing before the first packet
        std::uint16_t track = 0;
        std::optional<std::uint16_t> sequence;
        std::optional<std::uint32_t> rtptime;
    };
    void play_ok(std::span<Position const> positions);
    void pause_ok();
    void record_ok();

    // Refusals, for any waiting event. All but unauthorized() and redirect() close the connection.
    void not_found(std::string_view reason);    // 404: the path exists, its stream does not
    void bad_request(std::string_view reason);  // 400
    void redirect(std::string_view location);   // 302
    void unauthorized();                        // 401 with challenges: nobody said who he is
    void wrong_credentials();                   // 401 without, closed: after the shell's pause
    void internal_error();                      // 500

    // Is this scheme one of the challenges?
    bool offers(Scheme scheme) const;
    // Do the presented credentials prove this user? For the waiting event only.
    bool verify(Credentials const& expected) const;

    base::Bytes take_output() { return std::exchange(output_, {}); }
    bool closing() const { return closing_; }
    // A sentence for the log once closing() or a 4xx was answered; empty before.
    std::string const& reason() const { return reason_; }

    // How many requests were whole, and whether another one has begun: the shell's deadline is over
    // one request, however slowly it drips in.
    std::uint64_t requests() const { return requests_; }
    bool mid_request() const { return reader_.mid_message(); }

    bool waiting() const { return waiting_ != Waiting::nothing; }
    ServerState state() const { return state_; }
    std::string const& session_id() const { return session_id_; }  // empty: no session yet
    std::string const& path() const { return path_; }
    std::string const& query() const { return query_; }
    std::string const& user_agent() const { return user_agent_; }
    std::vector<SetUpTrack> const& setups() const { return setups_; }  // in set-up order
    std::uint64_t stray_frames() const { return stray_frames_; }       // on no channel of ours

private:
    enum class Waiting : std::uint8_t {
        nothing,
        describe,
        attach,
        announce,
        play,
        pause,
        record,
    };
    class Reader;  // adapts MessageReader's callbacks

    // server_session.cpp: what arrives
    void handle(Request&& request, ServerSink& sink);
    void dispatch(ServerSink& sink);
    void frame(std::uint8_t channel, base::ByteView payload, ServerSink& sink);
    void fail_parsing(ParseError error);
    void hold(base::ByteView bytes);
    bool session_matches(std::string_view given) const;
    bool check_session();
    // server_requests.cpp: one per method
    void on_options(ServerSink& sink);
    void on_describe(ServerSink& sink);
    void on_announce(ServerSink& sink);
    void on_play(ServerSink& sink);
    void on_pause(ServerSink& sink);
    void on_record(ServerSink& sink);
    void on_teardown(ServerSink& sink);
    void on_parameter(ServerSink& sink);
    bool names_this_stream(Url const& url) const;
    void on_unsupported(ServerSink& sink);
    // server_setup.cpp
    void on_setup(ServerSink& sink);
    std::optional<Transport> choose_transport();
    void setup_for_play(Url const& url, Transport const& transport, ServerSink& sink);
    void setup_for_record(Url const& url, Transport const& transport);
    bool is_control(std::string_view control, Url const& url) const;
    std::optional<std::uint16_t> announced_track(Url const& url) const;
    bool channels_acceptable(Transport const& transport) const;
    bool channels_used(unsigned first) const;
    void accept_setup(std::uint16_t track, Transport const& transport);
    // server_replies.cpp
    void reply(Response&& response);
    void reply_in_session(Response&& response);
    void refuse(int status, std::string_view reason);
    void answered(Waiting what);
    void end_session();
    std::optional<Url> request_url();
    Target target_of(std::string path, std::string query) const;
    void wait_for(Waiting what, ServerEvent&& event, ServerSink& sink);

    ServerSettings settings_;
    MessageReader reader_;
    base::Bytes backlog_;
    base::Bytes output_;
    bool closing_ = false;
    bool known_ = false;  // authorised() was called
    std::string reason_;

    ServerState state_ = ServerState::idle;
    Waiting waiting_ = Waiting::nothing;
    Request request_;  // the one being answered
    std::string cseq_;
    std::string session_id_;
    std::string own_session_;  // what the client called the session before it had one
    std::string path_, query_, user_agent_;
    SessionDescription announced_;
    std::vector<std::uint32_t> ssrcs_;  // of the stream a reader is attached to
    std::vector<SetUpTrack> setups_;
    std::uint16_t asked_track_ = 0;  // of the SETUP that waits for attach_ok
    Transport asked_transport_;
    std::uint64_t stray_frames_ = 0;
    std::uint64_t requests_ = 0;
};

}  // namespace tidegate::rtsp
