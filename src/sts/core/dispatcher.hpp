// Decides which fragment goes to the service when, and what becomes of each, over all connections
// of a client: limits of both sides, backpressure, deadlines, breaker, retries. Each fragment gets
// exactly one outcome, whatever the service and the network do. No clock, no socket. One for each
// client, used by one thread at a time.
//
//   on_connecting(), then on_connected() or on_disconnected(), which says when to try again. While
//   connected: on_message() with what arrives; send next_message(); close when closing() is set,
//   and call on_disconnected(). Call check() every 100 ms or so. After each call of any kind hand
//   on what next_report() returns. When done(), stop.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "sts/core/client_session.hpp"
#include "sts/core/client_types.hpp"
#include "sts/core/pacing.hpp"
#include "sts/core/reconnection.hpp"

namespace tidegate::sts {

struct StateChange {
    ClientState state{};
    std::string reason{};
};
struct FragmentOutcome {
    std::uint64_t fragment = 0;
    Outcome outcome{};
};
using Report = std::variant<StateChange, FragmentOutcome>;

// Where a Dispatcher gets its random bits from.
struct Chance {
    std::function<std::string()> uuid;
    std::function<std::uint64_t()> bits;
};

class Dispatcher final : ClientSink {
public:
    // token: a secret; empty: none.
    Dispatcher(StreamConfig config, std::string token, ClientPolicy policy, Chance chance);

    void on_connecting(Now now);
    void on_connected(Now now);
    void on_message(std::string_view text, Now now);
    // The connection has ended, or could not be made. end: what the connection knows of it; the
    // session may know better. Returns the pause before the next attempt.
    std::chrono::milliseconds on_disconnected(SessionEnd end, Now now);
    void check(Now now);

    bool can_send(Time now) const;
    void send(Fragment&& fragment, Now now);
    void end(Now now);
    void stop(Now now);

    std::optional<Message> next_message();
    bool has_message() const { return session_ && !session_->output().empty(); }
    std::optional<Report> next_report();
    // Set when the connection is to be closed, once all messages are sent.
    std::optional<SessionEnd> closing() const;
    // Everything has its outcome, and no further connection is wanted.
    bool done() const { return done_; }

    ClientState state() const { return state_; }
    std::string const& reason() const { return reason_; }
    std::size_t in_flight() const { return sent_.size(); }
    std::size_t waiting() const { return waiting_.size(); }
    std::uint32_t max_in_flight() const { return session_ ? limit_ : 0; }
    Breaker const& breaker() const { return breaker_; }
    ClientCounters const& counters() const { return counters_; }
    ClientCounters& counters() { return counters_; }

private:
    struct Waiting {
        Fragment fragment;
        Time deadline;
    };
    struct Sent {
        std::uint64_t fragment;
        std::string wire_id;
        std::int64_t sequence;
        Time sent_at;
        Time deadline;
    };
    enum class Link : std::uint8_t { none, connecting, waiting, refused };

    // ClientSink
    void on_ready(StreamReady&& ready) override;
    void on_processed(FragmentProcessed&& processed) override;
    void on_backpressure(Backpressure const& backpressure) override;
    void on_error(ServiceError&& error) override;
    void on_unknown(UnknownEvent&&) override { ++counters_.unknown_events; }

    void settle(Now now);
    void expire(Time now);
    void pump(Now now);
    void send_now(Waiting&& next, Now now);
    void shed(Time now);
    void try_to_finish(Now now);
    std::optional<FailureReason> refusal(Time now) const;
    void report(std::uint64_t fragment, Outcome&& outcome);
    void fail(std::uint64_t fragment, FailureReason reason, std::string detail = {});
    void fail_waiting(FailureReason reason);
    void fail_sent(FailureReason reason, std::string const& detail);
    void count_failure(Time now);
    void answer(std::vector<Sent>::iterator sent, FragmentProcessed&& processed);
    void fail_by_service(std::vector<Sent>::iterator sent, ServiceError&& error);
    void update_state(Time now);
    ClientState current_state(Time now) const;
    void set_state(ClientState state, std::string reason);

    StreamConfig const config_;
    std::string const token_;
    ClientPolicy const policy_;
    Chance const chance_;
    std::optional<ClientSession> session_;
    Pacing pacing_;
    Breaker breaker_;
    Reconnection reconnection_;
    std::uint32_t limit_ = 0;  // of fragments under way
    std::deque<Waiting> waiting_;
    std::vector<Sent> sent_;
    std::deque<Report> reports_;
    ClientCounters counters_;
    Now now_{};  // of the call that is under way, for the sink's functions
    Link link_ = Link::none;
    ClientState state_ = ClientState::connecting;
    std::string reason_;
    std::string last_failure_;  // of a fragment, for the state breaker_open
    bool ending_ = false;
    bool done_ = false;
};

}  // namespace tidegate::sts
