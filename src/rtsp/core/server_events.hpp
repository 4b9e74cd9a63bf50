// What a server-side RTSP connection tells its shell. Plain values; a view lives until the callback
// returns.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/bytes.hpp"
#include "rtsp/core/auth.hpp"
#include "rtsp/core/sdp.hpp"

namespace tidegate::rtsp {

// What a request is about, and who asks. `path` is decoded and has no leading slash, `query` is
// raw.
struct Target {
    std::string path;
    std::string query;
    std::optional<Authorization> authorization;  // ServerSession::verify() checks it
    std::string user_agent;
};

// Each of these waits for exactly one reply; further requests of the client are held back until
// then.
struct Describe {
    Target target;
};  // describe_ok, redirect or a refusal
struct Attach {
    Target target;
};  // the first SETUP of a reader: attach_ok or a refusal
struct Announce {  // announce_ok or a refusal
    Target target;
    SessionDescription description;
};
struct Play {};    // play_ok or a refusal; tracks in setups()
struct Pause {};   // pause_ok or a refusal
struct Record {};  // record_ok or a refusal

// Already answered; they only inform.
struct Teardown {};   // the session is over, the connection may go on
struct KeepAlive {};  // OPTIONS or GET_PARAMETER: the client lives

using ServerEvent =
    std::variant<Describe, Attach, Announce, Play, Pause, Record, Teardown, KeepAlive>;

// A track that was set up and the channel of its RTP; RTCP travels on the next one.
struct SetUpTrack {
    std::uint16_t track = 0;
    std::uint8_t channel = 0;
    bool operator==(SetUpTrack const&) const = default;
};

class ServerSink {
public:
    virtual ~ServerSink() = default;
    virtual void on_event(ServerEvent&& event) = 0;
    // While playing or recording, on a channel that was set up. `rtcp`: the odd channel.
    virtual void on_packet(std::uint16_t track, bool rtcp, base::ByteView packet) = 0;
};

}  // namespace tidegate::rtsp
