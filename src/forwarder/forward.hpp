// One run of a stream-forwarder: reads one stream and publishes it at one destination, unchanged.
// The input stays while destinations come and go: an attempt that fails is repeated for ever
// (base/backoff.hpp), until the destination says that user, password or key are wrong. A
// destination that accepts the stream and takes nothing is given up (kMostStall). Lives on one
// event loop; run() is its whole life.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/backoff.hpp"
#include "endpoint/exit_code.hpp"
#include "endpoint/input.hpp"
#include "endpoint/notify.hpp"
#include "endpoint/output.hpp"
#include "endpoint/statistics.hpp"
#include "endpoint/unit_sink.hpp"
#include "forwarder/address_rules.hpp"
#include "forwarder/failure.hpp"
#include "forwarder/fresh_start.hpp"
#include "forwarder/situation.hpp"
#include "log/log.hpp"
#include "net/event_loop.hpp"

namespace tidegate::forwarder {

// A destination that has taken no byte for this long, although bytes wait, hangs. Longer than a
// change of the network takes, and short enough for viewers not to have gone.
inline constexpr std::chrono::milliseconds kMostStall{10'000};
// A destination in the internet answers later than our own router, and its TLS costs round trips.
inline constexpr std::chrono::milliseconds kConnectDeadline{10'000};
// A connection that has flowed for this long shows that the destination works. A target that
// accepts and closes again and again must not be asked twice a second.
inline constexpr std::chrono::milliseconds kSteadyAfter{10'000};
// After this many refusals in a row, with which the destination did not say what is wrong, the next
// attempts are kRefusedPause apart: platforms block whoever asks on with a wrong key.
inline constexpr unsigned kMostRefusals = 3;
inline constexpr std::chrono::milliseconds kRefusedPause{60'000};
// How long the input may be missing: the grace period of media-service, in which its publisher
// may return.
inline constexpr std::chrono::milliseconds kInputGrace{30'000};
// Units that were dropped this recently make the destination a slow one.
inline constexpr std::chrono::seconds kSlowFor{5};

using endpoint::ExitCode;

struct ForwardTimes {
    std::chrono::milliseconds input_grace = kInputGrace;
    base::RetryDelays retry = {};
    std::chrono::milliseconds connect = kConnectDeadline;
    std::chrono::milliseconds stall = kMostStall;
    std::chrono::milliseconds steady = kSteadyAfter;
    std::chrono::milliseconds refused_pause = kRefusedPause;
};

struct ForwardSettings {
    std::string stream_id;
    std::string destination;  // its name; may be empty
    std::string run_id;
    endpoint::SourceUrl input;
    rtmp::ClientUrl target;
    // For URLs with TLS; nullptr: such a URL is an error.
    std::shared_ptr<net::TlsClientContext const> input_trust = {}, output_trust = {};
    AddressRules rules = {};
    unsigned most_attempts = 0;  // failures in a row after which the run ends; 0: never
    ForwardTimes times = {};
};

class Forward final : endpoint::UnitSink, net::Watched {
public:
    // The loop must outlive this.
    Forward(net::EventLoop& loop, ForwardSettings settings);
    ~Forward() override;
    Forward(Forward const&) = delete;
    Forward& operator=(Forward const&) = delete;

    // Forwards until stop() was called, the input has ended, or the destination is given up.
    boost::asio::awaitable<ExitCode> run();
    // Ends the sessions at both servers; run() ends within a second.
    void stop() { finish(ExitCode::stopped, "stopped"); }
    // The same without sending what is left. why: for people. run() returns ExitCode::transient.
    void abandon(std::string const& why) {
        if (output_) output_->abandon(why);
        finish(ExitCode::transient, why);
    }

    // What the run tells of itself.
    endpoint::Notify& notify() { return notify_; }
    ForwardSettings const& settings() const { return settings_; }
    Situation const& situation() const { return situation_; }

private:
    // UnitSink
    endpoint::UnitSink& sink() { return *this; }
    void on_tracks(media::Tracks const& tracks) override;
    void on_unit(media::Unit const& unit) override;
    void on_end() override {}
    // net::Watched
    void check(net::LoopClock::time_point now) override;

    boost::asio::awaitable<void> run_input();
    boost::asio::awaitable<void> run_output();
    boost::asio::awaitable<endpoint::PublishEnd> attempt();
    boost::asio::awaitable<void> wait(Time until);
    endpoint::Input::Events input_events();
    endpoint::Output::Events output_events();
    endpoint::OutputSettings output_settings();
    void on_accepted();
    void begin_flow();
    // False: there is no further attempt.
    bool take_failure(Failure failure);
    std::chrono::milliseconds pause_after(Failure const& failure);
    void finish(ExitCode code, std::string const& reason);
    void enter(Phase phase, Time until = {});

    void look_at_delivery(Time now);
    void count_delivered(endpoint::Delivery const& delivery, Time now);
    void measure(Time now);
    void report(Time now);
    bool is_alive(Time now) const;
    void log(log::Level level, std::string_view event, std::string const& message,
             Failure const* failure = nullptr) const;

    net::EventLoop& loop_;
    ForwardSettings const settings_;
    std::string const input_address_, target_address_, app_;
    endpoint::Notify notify_;
    endpoint::Statistics input_statistics_, output_statistics_;
    Situation situation_;
    base::Backoff backoff_;
    FreshStart fresh_;
    media::Tracks tracks_;  // empty: not known
    std::unique_ptr<endpoint::Input> input_;
    std::unique_ptr<endpoint::Output> output_;  // null: no attempt is under way
    bool output_started_ = false;               // run_output() was spawned
    bool output_over_ = false, input_over_ = false;
    bool flowing_ = false;    // units go to the output as they come
    bool replacing_ = false;  // the attempt ends because the input has other codecs now
    unsigned refusals_ = 0;   // in a row
    // Of the attempt that is under way.
    Attempt facts_;
    Time began_{};
    std::int64_t acknowledged_ = 0;
    Time progress_{};  // when the destination last took a byte, or had taken all
    Time dropped_at_{};
    std::deque<std::pair<Time, std::uint64_t>> delivered_;  // bytes_out over the last seconds
    Time last_watchdog_{}, last_status_{};
    std::string last_text_;
    std::optional<ExitCode> code_;       // nullopt: the run goes on
    std::string reason_;                 // why it ends
    boost::asio::steady_timer changed_;  // used as a condition variable: cancel() wakes all waits
};

}  // namespace tidegate::forwarder
