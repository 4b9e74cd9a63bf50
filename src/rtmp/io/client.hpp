// An RTMP client connection: publishes or plays one stream. A local of its coroutine on one event
// loop.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <string>

#include "net/connection.hpp"
#include "rtmp/core/client_session.hpp"

namespace tidegate::rtmp {

// Called from inside run().
class ClientHandler {
public:
    virtual ~ClientHandler() = default;
    // Publish: media may be written to media() from now on. Play: it will arrive.
    virtual void on_accepted() = 0;
    virtual void on_media(MediaMessage&&) {}
    virtual void on_metadata(Metadata&&) {}
    // All messages of one read have been handed over.
    virtual void on_read_end() {}
};

struct ClientTimeouts {
    std::chrono::milliseconds dialogue{5000};  // from the handshake to Publish.Start or Play.Start
    std::chrono::milliseconds write{5000};     // the server takes nothing for so long: it is gone
    // A publisher without media says that it lives this often: MediaMTX and others close one that
    // has been silent for 10 s.
    std::chrono::milliseconds keep_alive{2000};
};

struct ClientEnd {
    bool accepted = false;
    bool refused = false;  // by a status of the server, or by a close instead of an answer
    std::string reason;    // "NetStream.Publish.BadName: …", "EOF", …
};

class Client final : net::Connection, ClientSink {
public:
    Client(boost::asio::ip::tcp::socket socket, net::EventLoop& loop, ClientUrl url,
           ClientMode mode, ClientTimeouts timeouts, ClientHandler& handler);

    boost::asio::awaitable<ClientEnd> run();
    // deleteStream, then a close that lets the server read it.
    void stop();
    // The same without waiting for anything: the server is taken for dead. run() ends with the
    // reason.
    void abandon(std::string reason);

    // REQUIRES: on_accepted was called.
    std::uint32_t message_stream_id() const { return core_.message_stream_id(); }
    net::WriteQueue& media() { return writes(); }

private:
    Turn on_bytes(base::ByteView bytes) override;
    void on_watch(net::LoopClock::time_point now) override;
    void on_accepted() override;
    void on_rejected(std::string&& code, std::string&& description) override;
    void on_media(MediaMessage&& message) override { handler_.on_media(std::move(message)); }
    void on_metadata(Metadata&& metadata) override { handler_.on_metadata(std::move(metadata)); }
    void on_stream_closed() override { close("stream closed by the server"); }
    void send_output();

    ClientSession core_;
    ClientMode const mode_;
    ClientTimeouts const timeouts_;
    ClientHandler& handler_;
    ClientEnd end_;
    bool stopped_ = false;
    std::uint64_t bytes_sent_ = 0;  // when last looked at
    net::LoopClock::time_point last_sent_{};
};

}  // namespace tidegate::rtmp
