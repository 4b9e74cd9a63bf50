// Sends a recording to a client that plays or downloads it. The bytes go from the file to the
// socket in the kernel, on the threads for files; the event loop only waits until the client takes
// more. Over TLS they have to be read and encrypted, which those threads do as well. So nothing is
// held in memory for a slow client, and a slow disk delays nobody else. A coroutine of the HTTP
// server's connection, on its loop.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <deque>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "net/file_threads.hpp"
#include "net/link.hpp"
#include "recording/clip_stream.hpp"
#include "router/api/playback_figures.hpp"

namespace tidegate::router {

// Returns the next piece. nullopt: the end. The error is a sentence.
using NextPiece = std::function<std::expected<std::optional<recording::ClipPiece>, std::string>()>;

// Writes pieces to a socket. Each call is on some thread, one at a time.
class ClipPump {
public:
    enum class State : std::uint8_t {
        more,     // the turn is over; the client may take more at once
        blocked,  // the client has to take something first
        done,     // everything is sent
        client_left,
        failed,  // see problem()
    };

    // chunked: in HTTP/1.1's chunked form, so that the client can tell the end from an error.
    // figures: what is sent is added there. May be null.
    ClipPump(NextPiece next, bool chunked, std::shared_ptr<PlaybackFigures> figures = {})
        : next_(std::move(next)), chunked_(chunked), figures_(std::move(figures)) {}
    ~ClipPump();
    ClipPump(ClipPump const&) = delete;
    ClipPump& operator=(ClipPump const&) = delete;

    // A copy of the descriptor is used, so that a turn may outlive the connection. tls: after its
    // handshake; null: in clear. False: there is no descriptor left.
    bool attach(int socket, net::TlsPtr tls = {});
    // One turn.
    State run();

    std::uint64_t sent() const { return sent_; }
    std::string const& problem() const { return problem_; }

private:
    // One of the two is set.
    struct Step {
        base::SharedBytes bytes{};
        recording::ClipSource source{};
    };

    bool add_piece();
    void add_text(std::string_view text);
    State send(Step& step, std::uint64_t& left);
    ssize_t send_plain(Step& step, std::uint64_t most);
    State send_sealed(Step& step, std::uint64_t& left);
    bool fill(Step& step);
    State send_error();
    void count(std::size_t bytes, std::uint64_t& left);

    NextPiece const next_;
    bool const chunked_;
    std::shared_ptr<PlaybackFigures> const figures_;
    int socket_ = -1;
    net::TlsPtr tls_;
    // Over TLS: what was read from the file and not sent yet. OpenSSL wants to see the same bytes
    // again when the socket has not taken them.
    std::vector<std::uint8_t> read_;
    std::size_t read_begin_ = 0;
    std::deque<Step> steps_;
    bool ended_ = false;
    std::uint64_t sent_ = 0;
    std::string problem_;
};

struct SendLimits {
    std::chrono::nanoseconds write_timeout{};  // for the client to take anything at all
};

// Returns why it ended early; empty: everything was sent.
boost::asio::awaitable<std::string> send_clip(net::Link link, net::FileThreads& files,
                                              std::shared_ptr<ClipPump> pump, SendLimits limits);

}  // namespace tidegate::router
