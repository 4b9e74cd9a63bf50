// One connection on which a program publishes, over RTMP or RTSP. Output decides what is sent and
// when; a publisher puts it into the protocol's form. One loop.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "base/time.hpp"
#include "media/caption.hpp"
#include "media/track.hpp"
#include "media/unit.hpp"
#include "net/event_loop.hpp"
#include "net/link.hpp"
#include "net/write_queue.hpp"
#include "rtmp/core/client_url.hpp"
#include "rtsp/core/url.hpp"

namespace tidegate::endpoint {

using OutputUrl = std::variant<rtsp::Url, rtmp::ClientUrl>;

struct PublishEnd {
    bool refused = false;  // the server did not accept the publication
    std::string reason;    // for people
    // RTMP: the server's own words of the refusal, if it has said some.
    std::string code = {}, description = {};
    // RTMP: the server closed the connection instead of an answer to publish.
    bool hung_up = false;
    bool connected = true;  // false: there was no connection
};

class PublisherHandler {
public:
    virtual ~PublisherHandler() = default;
    // The server has accepted the publication. Called from inside run().
    virtual void on_accepted() = 0;
};

enum class Sent : std::uint8_t {
    queued,
    no_room,  // the server is slow
    nothing,  // of this unit nothing can be sent in this protocol
};

class Publisher {
public:
    virtual ~Publisher() = default;

    // Runs until the connection ends.
    virtual boost::asio::awaitable<PublishEnd> run() = 0;
    // Ends the publication at the server, behind what is queued; run() ends soon.
    virtual void stop() = 0;
    // Ends run() at once with this reason, without waiting for a server that hangs.
    virtual void abandon(std::string reason) = 0;

    // All of these are for the time after on_accepted(). What is queued leaves with
    // queue().flush().
    //
    // Queues what the server must know of the tracks before their first units.
    virtual void begin() = 0;
    // The tracks have other parameters, beginning with the units after `at`.
    virtual void update(base::Timestamp at) = 0;
    virtual Sent send(media::Unit const& unit) = 0;
    // Queues a caption, if the server may know what that is. No media is lost for it.
    virtual void tell(media::Caption const& caption) = 0;
    virtual net::WriteQueue& queue() = 0;
};

// Whether the server may take the arrival of a track's first packet for its place on the time line.
// MediaMTX does so with publishers over RTSP, whatever their sender reports say.
bool starts_by_arrival(OutputUrl const& url);

// Which of the tracks the protocol cannot carry, by track.
std::vector<bool> left_out(OutputUrl const& url, media::Tracks const& tracks);

// What is published. Both must outlive the publisher; the owner of the tracks changes them before
// it calls Publisher::update().
struct Published {
    media::Tracks const& tracks;
    std::vector<std::string> const& caption_languages;  // empty: no captions are told
    std::string program = "Tidegate";                   // what we call ourselves
};

// How patient a publisher is with its server. A server of this machine answers within
// milliseconds.
struct PublisherTimes {
    std::chrono::milliseconds dialogue{5000};  // from the first byte until the server has accepted
    std::chrono::milliseconds silence{5000};   // a server that takes no byte for this long is gone
};

// The handler must outlive the publisher. times: of RTMP only.
std::unique_ptr<Publisher> make_publisher(net::Link link, net::EventLoop& loop,
                                          OutputUrl const& url, Published published,
                                          PublisherTimes times, PublisherHandler& handler);

}  // namespace tidegate::endpoint
