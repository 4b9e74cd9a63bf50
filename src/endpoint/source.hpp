// One connection to a program's input, over RTSP or RTMP. Input makes a new one for each attempt.
// All units of a source are on one timeline: the tracks are as far apart as they were sent,
// whatever the protocol. One loop.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/time.hpp"
#include "media/track.hpp"
#include "media/unit.hpp"
#include "net/connect.hpp"
#include "net/event_loop.hpp"
#include "net/link.hpp"
#include "net/tls_client.hpp"
#include "rtmp/core/client_url.hpp"
#include "rtsp/core/url.hpp"

namespace tidegate::endpoint {

using SourceUrl = std::variant<rtsp::Url, rtmp::ClientUrl>;

// Reads rtsp://HOST[:PORT]/PATH, rtsps://..., rtmp://... or rtmps://.... The error is a sentence.
std::expected<SourceUrl, std::string> parse_source_url(std::string_view text);
// The URL without credentials and query, for the log.
std::string address_of(SourceUrl const& url);
std::string address_of(rtmp::ClientUrl const& url);

// The name and password that a program uses at a server. They come from the environment, never
// from arguments.
struct Credentials {
    std::string user;
    std::string password;  // empty: no login is sent
};
// A user in the URL goes before the credentials.
void add_login(SourceUrl& url, Credentials const& credentials);

// The scheme is rtsps or rtmps.
bool is_secure(SourceUrl const& url);
// Connects to the server, in clear or over TLS as the URL says. trust: for TLS. check: which
// addresses are allowed. The error is that of net::connect().
boost::asio::awaitable<std::expected<net::Link, std::string>> dial(
    SourceUrl url, std::shared_ptr<net::TlsClientContext const> trust,
    std::chrono::milliseconds deadline, net::AddressCheck check = {});

// Whom a source hands its media to. Called from inside run() and on_time().
class SourceHandler {
public:
    virtual ~SourceHandler() = default;
    // The server has accepted the request to play; media may come from now on.
    virtual void on_accepted() = 0;
    // Called before the first unit, and again when parameter sets have changed.
    virtual void on_tracks(media::Tracks tracks) = 0;
    // The handler may move units out of the vector; the source clears it afterwards.
    virtual void on_units(std::vector<media::Unit>& units) = 0;
    // All units that one read from the socket has brought have been handed over.
    virtual void on_read_end() = 0;
};

class Source {
public:
    virtual ~Source() = default;

    // Runs until the connection ends; returns the reason.
    virtual boost::asio::awaitable<std::string> run() = 0;
    // Ends the session at the server (RTSP: TEARDOWN); run() ends soon.
    virtual void stop() = 0;
    // Ends run() at once with the reason, without waiting for the server, which is considered dead.
    virtual void abandon(std::string reason) = 0;

    // Called at each check of the loop's deadlines (net::WatchClock), also when nothing comes.
    virtual void on_time(net::LoopClock::time_point) {}
    virtual std::uint64_t packets_lost() const { return 0; }
    // By how much the track's units are later than the server's sender reports say.
    virtual base::Timestamp sync_error(std::size_t) const { return {}; }
};

// silence: an RTSP server that sends no byte for this long is considered gone. program: how we call
// ourselves there, "stream-worker".
std::unique_ptr<Source> make_source(net::Link link, net::EventLoop& loop, SourceUrl const& url,
                                    std::chrono::milliseconds silence, std::string const& program,
                                    SourceHandler& handler);

}  // namespace tidegate::endpoint
