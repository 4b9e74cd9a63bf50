// The machine of one client-side RTSP connection over TCP, reading (DESCRIBE, SETUP of every
// supported track, PLAY) or publishing (ANNOUNCE, SETUP, RECORD). One per connection, one thread.
// No clock: the shell owns deadlines and calls keep_alive() at keep_alive_interval().
//
//   client.start(); write(client.take_output());
//   client.feed(bytes, sink); write(client.take_output());   // until client.state() is streaming
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
#include "rtsp/core/message_reader.hpp"
#include "rtsp/core/rtp_info.hpp"
#include "rtsp/core/sdp.hpp"
#include "rtsp/core/url.hpp"

namespace tidegate::rtsp {

struct ClientSettings {
    Url url;  // its user and password answer a 401
    std::string user_agent = "tidegate";
    media::Tracks publish = {};                    // empty: read
    std::function<std::string()> new_cnonce = {};  // random text; needed where the server wants qop
};

// A track of the stream: `track` numbers the supported ones in order (the units' track number).
struct ClientTrack {
    MediaDescription description;
    std::uint16_t track = 0;
    std::uint8_t channel = 0;  // RTP; RTCP is on the next one
    std::optional<std::uint32_t> ssrc;
    std::optional<RtpInfo> position;  // from PLAY's RTP-Info
};

struct Described {
    SessionDescription description;
};  // SETUP of its supported tracks goes on by itself
struct Playing {
    std::vector<ClientTrack> tracks;
};
struct Recording {
    std::vector<ClientTrack> tracks;
};
struct TornDown {};
// status 0: the peer broke the protocol. After it the connection is to be closed.
struct Failed {
    int status = 0;
    std::string reason;
};

using ClientEvent = std::variant<Described, Playing, Recording, TornDown, Failed>;

class ClientSink {
public:
    virtual ~ClientSink() = default;
    virtual void on_event(ClientEvent&& event) = 0;
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

    void start();  // DESCRIBE or ANNOUNCE
    void feed(base::ByteView bytes, ClientSink& sink);
    void keep_alive();  // GET_PARAMETER; any answer will do
    void teardown();

    base::Bytes take_output() { return std::exchange(output_, {}); }
    ClientState state() const { return state_; }
    std::vector<ClientTrack> const& tracks() const { return tracks_; }
    // Half the server's timeout, at most 30 s (RFC 2326 §12.37's default is 60 s).
    std::chrono::seconds keep_alive_interval() const;

private:
    class Reader;
    enum class Kind : std::uint8_t { describe, announce, setup, start, keep_alive, teardown };
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
    std::string base_url_;  // of the controls
    std::string session_id_;
    int timeout_seconds_ = 60;
    std::vector<ClientTrack> tracks_;
    std::size_t set_up_ = 0;  // tracks_ already set up
};

}  // namespace tidegate::rtsp
