// An RTSP client connection over TCP: DESCRIBE to PLAY (or ANNOUNCE to RECORD), keep-alives,
// TEARDOWN. A local of its coroutine on one event loop.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "net/connection.hpp"
#include "rtsp/core/client_session.hpp"

namespace tidegate::rtsp {

// Called from inside run().
class ClientHandler {
public:
    virtual ~ClientHandler() = default;
    virtual void on_streaming(std::vector<ClientTrack> const& tracks) = 0;
    virtual void on_packet(std::uint16_t track, bool rtcp, base::ByteView packet) = 0;
    // All packets of one read have been handed over.
    virtual void on_read_end() {}
};

struct ClientTimeouts {
    std::chrono::milliseconds dialogue{5000};  // from the first request to PLAY's answer
    std::chrono::milliseconds silence{4000};   // without a byte while streaming: the server is gone
};

// How a client's connection ended.
struct ClientEnd {
    int status = 0;          // of the request that was refused; 0: none was
    bool streaming = false;  // it had been streaming
    std::string reason;
};

class Client final : net::Connection, ClientSink {
public:
    Client(boost::asio::ip::tcp::socket socket, net::EventLoop& loop, ClientSettings settings,
           ClientTimeouts timeouts, ClientHandler& handler);

    boost::asio::awaitable<ClientEnd> run();
    // TEARDOWN; run() ends when it is answered, or after a moment.
    void stop();
    // TEARDOWN without waiting for anything: the server is taken for dead. run() ends with the
    // reason.
    void abandon(std::string reason);

    net::WriteQueue& packets() { return writes(); }  // publishing: interleaved frames

private:
    Turn on_bytes(base::ByteView bytes) override;
    void on_watch(net::LoopClock::time_point now) override;
    void on_event(ClientEvent&& event) override;
    void on_packet(std::uint16_t track, bool rtcp, base::ByteView packet) override;
    void begin_streaming(std::vector<ClientTrack> const& tracks);
    void send_output();

    ClientSession core_;
    ClientTimeouts const timeouts_;
    ClientHandler& handler_;
    ClientEnd end_;
    std::optional<net::LoopClock::time_point> next_keep_alive_;
};

}  // namespace tidegate::rtsp
