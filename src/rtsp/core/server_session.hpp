// The server's half of one RTSP connection over TCP (RFC 2326), with MediaMTX's replies. feed()
// takes the client's bytes and calls a ServerSink with events (server_events.hpp). The caller
// answers an event by one of the calls below, at once or later. No clock, no socket: the caller
// owns the deadlines, the pause after a wrong password, and the close. One per connection, used by
// one thread at a time.
//
//   session.feed(bytes, sink);            // at most one event waits for an answer
//   session.attach_ok(ssrcs);             // the answer
//   send(session.take_output());
//   if (session.closing()) close the connection; otherwise session.feed({}, sink);
//
// feed() without bytes goes on with the requests that the client has sent meanwhile.
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
    // Returns a new session id: 32 hexadecimal digits that nobody can guess.
    std::function<std::string()> new_session_id;
    // What unauthorized() offers, in this order. A Digest challenge must have a nonce that is used
    // for this connection only.
    std::vector<Challenge> challenges;
    bool tcp_allowed = true;                // false: every SETUP is refused with 461
    std::string server_name = "gortsplib";  // for the header Server
};

enum class ServerState : std::uint8_t { idle, pre_play, playing, pre_record, recording };

class ServerSession {
public:
    explicit ServerSession(ServerSettings settings);

    void feed(base::ByteView bytes, ServerSink& sink);

    // The caller has authorized the client: it may send messages of more than base::kMaxEarlyBytes
    // from now on.
    void set_authorized();
    // Answers to the event that waits. REQUIRES: the event is of the matching kind.
    void describe_ok(media::Tracks const& tracks, std::string_view title = {});
    // ssrcs: one for each track of the stream. When the client has asked for a track that the
    // stream does not have, it is refused now: look at closing() afterwards.
    void attach_ok(std::span<std::uint32_t const> ssrcs);
    void announce_ok();
    // Where a track that was set up stands, for RTP-Info. nullopt before its first packet.
    struct Position {
        std::uint16_t track = 0;
        std::optional<std::uint16_t> sequence;  // of the next packet
        std::optional<std::uint32_t> rtptime;
    };
    void play_ok(std::span<Position const> positions);
    void pause_ok();
    void record_ok();

    // Refusals of the event that waits. After all but unauthorized() and redirect() the connection
    // has to be closed. reason: a sentence for the log.
    void not_found(std::string_view reason);    // 404: there is no stream on this path
    void bad_request(std::string_view reason);  // 400
    void redirect(std::string_view location);   // 302
    void unauthorized();                        // 401 with challenges: there were no credentials
    void wrong_credentials();                   // 401 without a challenge; the caller pauses first
    void internal_error();                      // 500

    // Whether one of the challenges has this scheme.
    bool offers(Scheme scheme) const;
    // Whether the credentials of the event that waits prove this user and password.
    bool verify(Credentials const& expected) const;

    // The bytes to send now.
    base::Bytes take_output() { return std::exchange(output_, {}); }
    // Whether the connection has to be closed once the output is sent.
    bool closing() const { return closing_; }
    // Why the last request was refused, a sentence for the log; empty when none was.
    std::string const& reason() const { return reason_; }

    // How many whole requests have come, and whether a further one has begun. The caller's deadline
    // is for one request, however slowly its bytes come.
    std::uint64_t requests() const { return requests_; }
    bool mid_request() const { return reader_.mid_message(); }

    // Whether an event waits for an answer of the caller.
    bool waiting() const { return waiting_ != Waiting::nothing; }
    ServerState state() const { return state_; }
    std::string const& session_id() const { return session_id_; }  // empty: there is none yet
    std::string const& path() const { return path_; }
    std::string const& query() const { return query_; }
    std::string const& user_agent() const { return user_agent_; }
    std::vector<SetUpTrack> const& setups() const { return setups_; }  // in set-up order
    // How many frames came on channels that were not set up; they are ignored.
    std::uint64_t stray_frames() const { return stray_frames_; }

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
    class Reader;  // receives what MessageReader reads

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
    bool authorized_ = false;
    std::string reason_;

    ServerState state_ = ServerState::idle;
    Waiting waiting_ = Waiting::nothing;
    Request request_;  // the request that is being answered
    std::string cseq_;
    std::string session_id_;
    std::string own_session_;  // a session id that the client invented before it had one
    std::string path_, query_, user_agent_;
    SessionDescription announced_;
    std::vector<std::uint32_t> ssrcs_;  // of the stream to which a reader is attached
    std::vector<SetUpTrack> setups_;
    std::uint16_t asked_track_ = 0;  // of the SETUP that waits for attach_ok()
    Transport asked_transport_;
    std::uint64_t stray_frames_ = 0;
    std::uint64_t requests_ = 0;
};

}  // namespace tidegate::rtsp
