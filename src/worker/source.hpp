// One connection to the worker's input, RTSP or RTMP: what Input reads from, again and again. Its
// units are of one time line: however a protocol carries time, tracks are as far apart as they were
// sent. One loop.
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
#include "net/event_loop.hpp"
#include "rtmp/core/client_url.hpp"
#include "rtsp/core/url.hpp"

namespace tidegate::worker {

using SourceUrl = std::variant<rtsp::Url, rtmp::ClientUrl>;

// rtsp://HOST[:PORT]/PATH or rtmp://HOST[:PORT]/PATH; the error is a sentence.
std::expected<SourceUrl, std::string> parse_source_url(std::string_view text);
// For the log: without credentials and query.
std::string address_of(SourceUrl const& url);
std::string address_of(rtmp::ClientUrl const& url);
struct HostAndPort {
    std::string host;
    std::uint16_t port;
};
HostAndPort server_of(SourceUrl const& url);

// Called from inside run() and on_time().
class SourceHandler {
public:
    virtual ~SourceHandler() = default;
    // The server has accepted: media may come from now on.
    virtual void on_accepted() = 0;
    // Once, before the first unit, and when parameter sets have changed.
    virtual void on_tracks(media::Tracks tracks) = 0;
    // They may be taken out of the vector; it is cleared afterwards.
    virtual void on_units(std::vector<media::Unit>& units) = 0;
    // What one read has brought was handed over.
    virtual void on_read_end() = 0;
};

class Source {
public:
    virtual ~Source() = default;

    // Until the connection ends; the result is the reason.
    virtual boost::asio::awaitable<std::string> run() = 0;
    // Takes leave of the server; run() ends soon.
    virtual void stop() = 0;
    // The server is taken for dead: run() ends with the reason, without waiting for anything.
    virtual void abandon(std::string reason) = 0;

    // Every 100 ms or so.
    virtual void on_time(net::LoopClock::time_point) {}
    virtual std::uint64_t packets_lost() const { return 0; }
    // How much later than the server says the track's units are.
    virtual base::Timestamp error(std::size_t) const { return {}; }
};

// silence: an RTSP server from which no byte comes for so long is gone.
std::unique_ptr<Source> make_source(boost::asio::ip::tcp::socket socket, net::EventLoop& loop,
                                    SourceUrl const& url, std::chrono::milliseconds silence,
                                    SourceHandler& handler);

}  // namespace tidegate::worker
