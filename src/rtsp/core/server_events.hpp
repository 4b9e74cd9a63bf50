// What an RTSP server session (server_session.hpp) tells its caller. Plain values; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/bytes.hpp"
#include "rtsp/core/auth.hpp"
#include "rtsp/core/caption.hpp"
#include "rtsp/core/sdp.hpp"

namespace tidegate::rtsp {

// Which stream a request names, and who asks.
struct Target {
    std::string path;                            // decoded, without a slash at its start
    std::string query;                           // as written, without '?'
    std::optional<Authorization> authorization;  // not checked yet: ServerSession::verify() does it
    std::string user_agent;
};

// Each of the following events waits for one answer of the caller; the client's next requests wait
// until then. The answer is the call that is named here, or a refusal.
// DESCRIBE: describe_ok() or redirect().
struct Describe {
    Target target;
};
// The first SETUP of a reader: attach_ok().
struct Attach {
    Target target;
};
// ANNOUNCE: announce_ok().
struct Announce {
    Target target;
    SessionDescription description;
};
struct Play {};    // PLAY: play_ok(); the tracks are in setups()
struct Pause {};   // PAUSE: pause_ok()
struct Record {};  // RECORD: record_ok()

// These events have been answered already.
struct Teardown {};   // TEARDOWN: the session is over; the connection may go on
struct KeepAlive {};  // OPTIONS or GET_PARAMETER: a sign of life

using ServerEvent =
    std::variant<Describe, Attach, Announce, Play, Pause, Record, Teardown, KeepAlive>;

struct SetUpTrack {
    std::uint16_t track = 0;
    std::uint8_t channel = 0;  // of its RTP packets; its RTCP is on the next channel
    bool operator==(SetUpTrack const&) const = default;
};

// Receives events and packets from inside ServerSession::feed(). It must not call feed().
class ServerSink {
public:
    virtual ~ServerSink() = default;
    virtual void on_event(ServerEvent&& event) = 0;
    // A packet that came while playing or recording, on a channel of a track that was set up. rtcp:
    // it came on the track's second channel. packet: valid until the call returns.
    virtual void on_packet(std::uint16_t track, bool rtcp, base::ByteView packet) = 0;
    // A publisher told a caption while it recorded; its request has been answered already.
    virtual void on_caption(Caption&&) {}
};

}  // namespace tidegate::rtsp
