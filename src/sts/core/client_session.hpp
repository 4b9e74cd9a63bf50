// The client's half of one connection to the service (§4, §5): the handshakes of Engine.IO and
// Socket.IO, stream:init, fragments, and the end. Takes the text of each WebSocket message and
// calls a ClientSink; output() collects the messages to send. No clock, no socket. One for each
// connection, used by one thread at a time.
//
//   ClientSession session(config, token, now);
//   Call on_message() with what arrives and check() every 100 ms or so; send output(). After
//   on_ready, call send(). When closed() is set, send what is left and close the connection.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "sts/core/allowance.hpp"
#include "sts/core/clock.hpp"
#include "sts/core/events.hpp"
#include "sts/core/message.hpp"

namespace tidegate::sts {

// Receives what the service sent, from inside on_message(). It may call the session.
class ClientSink {
public:
    virtual ~ClientSink() = default;
    virtual void on_ready(StreamReady&& ready) = 0;
    virtual void on_processed(FragmentProcessed&& processed) = 0;
    virtual void on_backpressure(Backpressure const& backpressure) = 0;
    // Of a fragment, or of the stream; the session goes on unless closed() is set as well.
    virtual void on_error(ServiceError&& error) = 0;
    // An event that nobody here knows, or one without what it needs.
    virtual void on_unknown(UnknownEvent&& event) = 0;
};

// Why a session is over.
struct SessionEnd {
    enum class Kind : std::uint8_t {
        complete,  // the stream has ended as it should
        lost,      // the service ended it, or fell silent
        refused,   // the service does not want us, and would not the next time
        hostile,   // the service broke the protocol, or sent too much
    };
    Kind kind{};
    std::string reason{};  // a sentence

    bool operator==(SessionEnd const&) const = default;
};

class ClientSession {
public:
    // token: a secret; empty: none.
    ClientSession(StreamConfig const& config, std::string_view token, Time now);

    void on_message(std::string_view text, Now now, ClientSink& sink);
    // Looks at the deadlines.
    void check(Time now);

    bool ready() const { return state_ == State::ready && !end_; }
    // Sends a fragment; its stream_id and sequence_number are filled in. Returns its sequence
    // number. REQUIRES: ready().
    std::int64_t send(FragmentData&& fragment, std::chrono::nanoseconds pts, Now now);
    // Tells the service that an answer has come (§5.4).
    void acknowledge(std::string const& fragment_id, std::string_view status, Now now);
    // Ends the stream. closed() follows when the service has answered, at the latest after
    // kDrainDeadline. Before ready() it follows at once.
    void finish(std::string_view reason, Time now);

    std::deque<Message>& output() { return output_; }
    std::deque<Message> const& output() const { return output_; }
    // Set once and for all.
    std::optional<SessionEnd> const& closed() const { return end_; }

private:
    enum class State : std::uint8_t {
        opening,       // waits for Engine.IO's open packet
        connecting,    // waits for Socket.IO's connect
        initializing,  // waits for stream:ready
        ready,
        finishing,  // waits for stream:complete
    };

    void close(SessionEnd::Kind kind, std::string reason);
    void on_packet(Packet const& packet, Now now, ClientSink& sink);
    void on_open(std::string_view data, Now now);
    void on_event(Packet const& packet, Now now, ClientSink& sink);
    void on_stream_ready(StreamReady&& ready, ClientSink& sink);
    void on_service_error(ServiceError&& error, ClientSink& sink);
    void refuse_connect(std::string_view data);
    std::string_view awaited() const;

    StreamConfig const config_;
    std::string const token_;
    State state_ = State::opening;
    std::deque<Message> output_;
    std::optional<SessionEnd> end_;
    InboundAllowance allowance_;
    std::optional<Time> deadline_;  // of what the state waits for
    OpenPacket open_;
    std::optional<Time> ping_deadline_;
    std::int64_t next_sequence_ = 0;
};

}  // namespace tidegate::sts
