// An RTSP client connection over TCP or TLS: reads one stream or publishes one, sends keep-alives,
// and ends with TEARDOWN. It is a local object of the coroutine that calls run(), on one event
// loop; every call is made on that loop's thread. The handler, the loop and the caller must outlive
// run().
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "net/connection.hpp"
#include "net/link.hpp"
#include "rtsp/core/client_session.hpp"

namespace tidegate::rtsp {

// Receives what happens on the connection, from inside run().
class ClientHandler {
public:
    virtual ~ClientHandler() = default;
    // PLAY or RECORD was answered: packets come, or may be written to packets().
    virtual void on_streaming(std::vector<ClientTrack> const& tracks) = 0;
    // packet: valid until the call returns.
    virtual void on_packet(std::uint16_t track, bool rtcp, base::ByteView packet) = 0;
    // All packets of one read from the socket have been passed on.
    virtual void on_read_end() {}
};

struct ClientTimeouts {
    // From the first request to the answer of PLAY or RECORD.
    std::chrono::milliseconds dialogue{5000};
    // Reading: a server that sends no byte for this long while streaming is taken for dead.
    std::chrono::milliseconds silence{4000};
    // A server that accepts no bytes for this long is taken for dead.
    std::chrono::milliseconds write{5000};
    // Publishing: how often a request goes out instead of media while there is none. MediaMTX and
    // other servers close a publisher from which nothing comes for 10 s.
    std::chrono::milliseconds idle{2000};
};

// How the connection ended.
struct ClientEnd {
    int status = 0;          // of the answer that refused a request; 0: none did
    bool streaming = false;  // on_streaming had been called
    // A server refused what we asked for, or closed the connection instead of an answer.
    bool refused = false;
    std::string reason;  // for the log
};

class Client final : net::Connection, ClientSink {
public:
    Client(net::Link link, net::EventLoop& loop, ClientSettings settings, ClientTimeouts timeouts,
           ClientHandler& handler);

    // Runs the connection until it ends. Call it once.
    boost::asio::awaitable<ClientEnd> run();
    // Sends TEARDOWN, behind the media that is queued. run() ends when it is answered, and 300 ms
    // later at the latest, or 3 s later while media is queued. Before on_streaming() there is
    // nothing to tear down: run() ends at once.
    void stop();
    // Ends run() at once with this reason, without waiting for the server: for one that is taken
    // for dead.
    void abandon(std::string reason);

    // Publishing: see ClientSession::tell(). It is queued behind the media.
    bool tell(Caption const& caption);

    // Publishing: takes interleaved frames (rtp/train.hpp).
    net::WriteQueue& packets() { return writes(); }

private:
    Turn on_bytes(base::ByteView bytes) override;
    void on_watch(net::LoopClock::time_point now) override;
    void on_event(ClientEvent&& event) override;
    void on_packet(std::uint16_t track, bool rtcp, base::ByteView packet) override;
    void begin_streaming(std::vector<ClientTrack> const& tracks);
    bool keep_alive_due(net::LoopClock::time_point now);
    void send_output();

    bool const publishes_;
    ClientSession core_;
    ClientTimeouts const timeouts_;
    ClientHandler& handler_;
    ClientEnd end_;
    bool stopped_ = false;
    std::optional<net::LoopClock::time_point> next_keep_alive_;
    std::uint64_t bytes_sent_ = 0;  // as of the last look
    net::LoopClock::time_point last_sent_{};
};

}  // namespace tidegate::rtsp
