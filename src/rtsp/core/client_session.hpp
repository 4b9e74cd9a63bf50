// The client's half of one RTSP connection over TCP (RFC 2326). It reads a stream (DESCRIBE, SETUP
// of each track that we carry, PLAY) or publishes one (ANNOUNCE, SETUP, RECORD). No clock, no
// socket: the caller owns the deadlines, and calls keep_alive() every keep_alive_interval(). One
// per connection, used by one thread at a time.
//
//   client.start(); send(client.take_output());
//   client.feed(bytes, sink); send(client.take_output());   // and so on; events go to the sink
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/bytes.hpp"
#include "media/track.hpp"
#include "rtsp/core/auth.hpp"
#include "rtsp/core/caption.hpp"
#include "rtsp/core/message_reader.hpp"
#include "rtsp/core/rtp_info.hpp"
#include "rtsp/core/sdp.hpp"
#include "rtsp/core/url.hpp"

namespace tidegate::rtsp {

struct ClientSettings {
    Url url;  // its user and password are used when the server asks for them (401)
    std::string user_agent = "tidegate";
    media::Tracks publish = {};  // the tracks to publish; empty: read the stream
    std::vector<std::string> caption_languages = {};  // see tell()
    // Returns fresh random text for Digest authentication with qop=auth.
    std::function<std::string()> new_cnonce = {};
};

// A track that was set up.
struct ClientTrack {
    MediaDescription description;
    std::uint16_t track = 0;   // its number among the tracks that we carry: media::Unit::track
    std::uint8_t channel = 0;  // of its RTP packets; its RTCP is on the next channel
    std::optional<std::uint32_t> ssrc;  // when the server told it
    std::optional<RtpInfo> position;    // when the answer to PLAY told it
};

// DESCRIBE was answered. The session goes on with SETUP by itself.
struct Described {
    SessionDescription description;
};
// PLAY was answered: packets follow.
struct Playing {
    std::vector<ClientTrack> tracks;
};
// RECORD was answered: packets may be sent.
struct Recording {
    std::vector<ClientTrack> tracks;
};
// TEARDOWN was answered.
struct TornDown {};
// The session has failed; the caller closes the connection.
struct Failed {
    int status = 0;      // of the answer that refused a request; 0: the server broke the protocol
    std::string reason;  // a sentence for the log
};

using ClientEvent = std::variant<Described, Playing, Recording, TornDown, Failed>;

// Receives events and packets from inside feed(). It must not call feed().
class ClientSink {
public:
    virtual ~ClientSink() = default;
    virtual void on_event(ClientEvent&& event) = 0;
    // packet: valid until the call returns.
    virtual void on_packet(std::uint16_t track, bool rtcp, base::ByteView packet) = 0;
};

enum class ClientState : std::uint8_t {
    fresh,
    describing,
    announcing,
    setting_up,
    starting,
    streaming,
    tearing_down,
    over,
};

class ClientSession {
public:
    explicit ClientSession(ClientSettings settings);

    // Sends the first request: DESCRIBE or ANNOUNCE. Call it once.
    void start();
    // Consumes all of the bytes.
    void feed(base::ByteView bytes, ClientSink& sink);
    // Sends GET_PARAMETER, so that the server does not end the session. Any answer is good but 454
    // (no such session), which fails the session. It sends nothing while kMaxUnanswered requests
    // wait for an answer.
    void keep_alive();
    // Publishing: tells a caption (caption.hpp). False: the server has refused one before, or
    // answers nothing: it is not told of captions any more.
    bool tell(Caption const& caption);
    // Sends TEARDOWN; TornDown follows when the server answers.
    void teardown();

    // The bytes to send now.
    base::Bytes take_output() { return std::exchange(output_, {}); }
    ClientState state() const { return state_; }
    std::vector<ClientTrack> const& tracks() const { return tracks_; }
    // Half of the session timeout that the server announced, and at most 30 s. Without one the
    // timeout is 60 s (RFC 2326 §12.37).
    std::chrono::seconds keep_alive_interval() const;

private:
    class Reader;
    enum class Kind : std::uint8_t {
        describe,
        announce,
        setup,
        start,
        keep_alive,
        caption,
        teardown
    };
    struct Sent {
        Kind kind;
        Request request;
        int attempts = 1;
    };

    void send(Kind kind, Request&& request);
    void transmit(Sent&& sent);
    void response(Response&& response, ClientSink& sink);
    bool retry_with_credentials(Sent& sent, Response const& response);
    void accepted(Kind kind, Response const& response, ClientSink& sink);
    void on_described(Response const& response, ClientSink& sink);
    void on_set_up(Response const& response, ClientSink& sink);
    void on_started(Response const& response, ClientSink& sink);
    void set_up_next(ClientSink& sink);
    void frame(std::uint8_t channel, base::ByteView payload, ClientSink& sink);
    void fail(int status, std::string reason, ClientSink& sink);
    void answer_request(Request const& request);

    ClientSettings settings_;
    MessageReader reader_;
    base::Bytes output_;
    ClientState state_ = ClientState::fresh;
    unsigned next_cseq_ = 1;
    std::vector<Sent> in_flight_;  // answered in order
    std::optional<Challenge> challenge_;
    std::string base_url_;  // controls in the description are relative to it
    std::string session_id_;
    int timeout_seconds_ = 60;
    std::vector<ClientTrack> tracks_;
    std::size_t set_up_ = 0;  // how many of tracks_ are set up
    bool takes_captions_ = true;
};

}  // namespace tidegate::rtsp
