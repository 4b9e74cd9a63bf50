// The service's half of one connection (§4, §5), as the reference service has it, but without its
// defects (§5.14): gaps and duplicates are refused, a slot becomes free with the answer, and
// stream:complete comes after the last answer. Takes the text of each WebSocket message and calls a
// ServerSink; output() collects the messages to send. No clock, no socket. One for each connection,
// used by one thread at a time.
//
//   ServerSession session(policy, chance, now);  // output() already holds the open packet
//   Call on_message() with what arrives and check() every 100 ms or so; send output(). Answer each
//   fragment of on_fragment(), or drop() it. When closed() is set, send what is left and close.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sts/core/allowance.hpp"
#include "sts/core/client_session.hpp"
#include "sts/core/clock.hpp"
#include "sts/core/events.hpp"
#include "sts/core/message.hpp"

namespace tidegate::sts {

// Receives what the client sent, from inside on_message(). It may call the session.
class ServerSink {
public:
    virtual ~ServerSink() = default;
    virtual void on_fragment(FragmentData&& fragment) = 0;
    // The test events of §5.10; they come only if the policy allows them.
    virtual void on_error_simulation(ErrorSimulation&& simulation) = 0;
    virtual void on_simulate_disconnect(SimulateDisconnect const& request) = 0;
};

// The defaults are those of §5.12 and §5.13.
struct ServerPolicy {
    std::chrono::milliseconds ping_interval{25'000};
    std::chrono::milliseconds ping_timeout{10'000};
    std::chrono::milliseconds auto_disconnect{5000};  // from stream:complete to 41
    std::chrono::milliseconds idle{60'000};           // without a stream
    std::uint32_t max_in_flight = kMostInFlight;      // the client may ask for fewer
    std::size_t queue = 20;                           // fragments that are not answered yet
    std::size_t buffer = 52'428'800;                  // their bytes
    bool backpressure = false;
    double low = 0.5, medium = 0.7, high = 0.9;  // load from which backpressure says so
    bool test_events = true;
    std::string token{};  // what clients must send in their connect; empty: anything
};

class ServerSession {
public:
    // new_id: makes a session's id.
    ServerSession(ServerPolicy const& policy, std::function<std::string()> new_id, Now now);

    void on_message(std::string_view text, Now now, ServerSink& sink);
    void check(Now now);

    // REQUIRES: the fragment came with on_fragment() and has not been answered or dropped. Its
    // stream_id and sequence_number are filled in.
    void answer(ProcessedAnswer&& answer, Now now);
    // It will never be answered.
    void drop(std::string const& fragment_id, Now now);
    // Ends the session with 41.
    void disconnect(std::string reason);

    StreamConfig const& config() const { return config_; }  // of stream:init
    bool active() const { return state_ == State::active || state_ == State::paused; }
    std::size_t in_flight() const { return pending_.size(); }
    std::deque<Message>& output() { return output_; }
    std::optional<SessionEnd> const& closed() const { return end_; }

private:
    enum class State : std::uint8_t {
        opening,    // waits for connect
        connected,  // waits for stream:init
        active,
        paused,
        ending,     // answers what is under way
        completed,  // waits for the client to close
    };
    struct Pending {
        std::int64_t sequence;
        std::size_t bytes;
        Time since;
        std::chrono::milliseconds duration;
    };

    void close(SessionEnd::Kind kind, std::string reason);
    void on_packet(Packet const& packet, Now now, ServerSink& sink);
    void on_connect(std::string_view data);
    void on_event(Packet const& packet, Now now, ServerSink& sink);
    void on_init(StreamInit const& init, Now now);
    void on_data(FragmentData&& data, Now now, ServerSink& sink);
    void on_end(Now now);
    std::optional<ServiceError> refusal(FragmentData const& data) const;
    void say_backpressure();
    void try_to_complete(Now now);
    void send_error(ServiceError error);
    void finish_one(std::map<std::string, Pending>::iterator pending, Now now);

    ServerPolicy const policy_;
    std::function<std::string()> const new_id_;
    State state_ = State::opening;
    StreamConfig config_;
    std::uint32_t limit_ = 0;
    std::deque<Message> output_;
    std::optional<SessionEnd> end_;
    InboundAllowance allowance_;
    std::optional<Time> deadline_;  // of what the state waits for
    Time next_ping_;
    std::optional<Time> pong_deadline_;
    std::int64_t next_sequence_ = 0;
    std::map<std::string, Pending> pending_;  // by fragment id
    std::size_t pending_bytes_ = 0;
    std::deque<std::string> last_ids_;  // so that a fragment is not processed twice
    bool pressed_ = false;              // the newest backpressure said something else than none
    CompleteAnswer totals_;
    std::vector<double> times_ms_;  // of the last answers, for the statistics
    double sum_ms_ = 0;
};

}  // namespace tidegate::sts
