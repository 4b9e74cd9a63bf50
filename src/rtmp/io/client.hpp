// An RTMP client connection over TCP or TLS: publishes or plays one stream. It is a local object of
// the coroutine that calls run(), on one event loop; every call is made on that loop's thread. The
// handler, the loop and the caller must outlive run().
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <string>

#include "net/connection.hpp"
#include "net/link.hpp"
#include "rtmp/core/client_session.hpp"

namespace tidegate::rtmp {

// Receives what happens on the connection, from inside run().
class ClientHandler {
public:
    virtual ~ClientHandler() = default;
    // Publishing: media may be written to media() from now on. Playing: it will arrive.
    virtual void on_accepted() = 0;
    virtual void on_media(MediaMessage&&) {}
    virtual void on_metadata(Metadata&&) {}
    // All messages of one read from the socket have been passed on.
    virtual void on_read_end() {}
};

struct ClientTimeouts {
    // From the start of the handshake to Publish.Start or Play.Start.
    std::chrono::milliseconds dialogue{5000};
    // A server that accepts no bytes for this long is taken for dead.
    std::chrono::milliseconds write{5000};
    // How often a publisher that has no media to send sends an acknowledgement instead. MediaMTX
    // and other servers close a publisher from which nothing comes for 10 s.
    std::chrono::milliseconds keep_alive{2000};
};

// How the connection ended.
struct ClientEnd {
    bool accepted = false;  // the server had accepted the stream
    bool refused = false;   // it refused the stream, or closed the connection instead of an answer
    std::string reason;     // for the log: "NetStream.Publish.BadName: ...", "EOF"
    // The server's own words, if it has refused the stream with some.
    std::string code, description;
};

class Client final : net::Connection, ClientSink {
public:
    // program: what the client calls itself.
    Client(net::Link link, net::EventLoop& loop, ClientUrl url, ClientMode mode,
           ClientTimeouts timeouts, ClientHandler& handler, std::string program = "Tidegate");

    // Runs the connection until it ends. Call it once.
    boost::asio::awaitable<ClientEnd> run();
    // Ends the stream: sends deleteStream, and closes once the server can have read it.
    void stop();
    // Ends run() at once with this reason, without waiting for the server: for one that is taken
    // for dead.
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
    std::uint64_t bytes_sent_ = 0;  // as of the last look
    net::LoopClock::time_point last_sent_{};
};

}  // namespace tidegate::rtmp
