// One run of a stream-worker: input, stages and output wired together, and the reports about them,
// from the start to the exit code. Lives on one event loop; run() is its whole life.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "endpoint/exit_code.hpp"
#include "endpoint/input.hpp"
#include "endpoint/output.hpp"
#include "endpoint/statistics.hpp"
#include "log/log.hpp"
#include "net/event_loop.hpp"
#include "worker/health.hpp"
#include "worker/params.hpp"
#include "worker/stage.hpp"
#include "worker/status_reporter.hpp"

namespace tidegate::worker {

using endpoint::Credentials;
using endpoint::ExitCode;
using endpoint::Input;
using endpoint::InputTimes;
using endpoint::OnSourceLost;
using endpoint::Output;
using endpoint::OutputUrl;
using endpoint::SourceLost;
using endpoint::SourceUrl;
using endpoint::Statistics;

struct RelaySettings {
    std::string stream_id;
    std::string input;   // rtsp[s]://HOST[:PORT]/PATH or rtmp[s]://HOST[:PORT]/PATH
    std::string output;  // the same
    std::string run_id;
    Params params = {};  // for the stages
    // A URL that names a user goes before these.
    Credentials input_credentials = {};
    Credentials output_credentials = {};
    // For rtsps:// and rtmps://.
    net::TlsTrust input_trust = {};
    net::TlsTrust output_trust = {};
    InputTimes input_times = {};
    SourceLost source_lost = {};
    // While it is closed, nothing is published; null: always open.
    std::shared_ptr<net::Fence const> fence = {};
};

// Reads what --input and --output accept. The error is a sentence.
std::expected<SourceUrl, std::string> parse_input(std::string_view text);
std::expected<OutputUrl, std::string> parse_output(std::string_view text);

// How often the worker's loop checks its deadlines. They are seconds long, and each check wakes a
// process that otherwise sleeps, so it is seldom; more often if whoever started us (NOTIFY_SOCKET)
// wants to hear from us more often.
net::WatchClock watch_clock();

class Relay final : net::Watched {
public:
    // The error is a sentence about a URL that cannot be used: exit code 10. The loop must outlive
    // the relay.
    static std::expected<std::unique_ptr<Relay>, std::string> create(
        net::EventLoop& loop, RelaySettings settings,
        StageFactory const& make_stage = make_passthrough);
    ~Relay() override;
    Relay(Relay const&) = delete;
    Relay& operator=(Relay const&) = delete;

    // Reads, processes and publishes until the source or the output ends, or stop() is called.
    boost::asio::awaitable<ExitCode> run();
    // Ends the sessions at both servers (TEARDOWN, unpublish); run() ends within a second.
    void stop();
    // Ends the run without sending what is left: somebody else may publish soon. why: for people.
    // run() returns ExitCode::transient.
    void abandon(std::string const& why);

    // What the run tells of itself.
    endpoint::Notify& notify() { return reporter_.notify(); }
    Statistics const& statistics() const { return statistics_; }
    StageSettings const& stage_settings() const { return *stage_settings_; }
    bool input_playing() const { return input_.playing(); }
    bool output_accepted() const { return output_.accepted(); }
    net::Fence const* fence() const { return output_.fence(); }
    // nullptr: nothing is dubbed.
    std::vector<DubStatus const*> dub_status() const { return stage_->dub_status(); }
    // What is wrong although the relay runs, such as "no picture comes in while sound does"; empty:
    // nothing is.
    std::string const& trouble() const { return situation_.trouble; }
    // Why the output is filled while the source is away; empty: the source is there.
    std::string const& holding() const { return situation_.holding; }

private:
    struct End {
        SourceUrl url;
        std::shared_ptr<net::TlsClientContext const> trust;  // null: in clear
    };
    static std::expected<End, std::string> end_at(std::string_view url, net::TlsTrust const& trust,
                                                  Credentials const& credentials);
    Relay(net::EventLoop& loop, RelaySettings settings, End input, End output,
          StageFactory const& make_stage);

    // Stands before the first stage: remembers the input's tracks for the status line, and lets the
    // output gather the units of one read for one write.
    class Gate final : public Stage {
    public:
        Gate(Relay& relay, UnitSink& next) : Stage(next), relay_(relay) {}
        void on_tracks(media::Tracks const& tracks) override;
        void on_unit(media::Unit const& unit) override;
        void on_end() override { next().on_end(); }

    private:
        Relay& relay_;
        std::vector<media::Kind> kinds_;  // by track
    };

    Input::Events input_events();
    Output::Events output_events();
    boost::asio::awaitable<void> run_input();
    boost::asio::awaitable<void> run_output();
    boost::asio::awaitable<void> drain();
    boost::asio::awaitable<void> wait_for_change();
    template <class Condition>
    boost::asio::awaitable<void> wait_until(Condition condition, std::chrono::milliseconds most);

    void on_playing();
    void on_lost(std::string const& reason);
    void on_reconnecting(std::size_t attempt, std::chrono::milliseconds delay);
    void on_output_accepted();
    void on_filling(std::string const& reason);
    void on_filled();
    void on_slate_refused(std::string const& reason);

    bool is_told_to_end() const { return stopping_ || abandoned_; }
    ExitCode decide();
    void log_start() const;
    void log_end(ExitCode code);
    void check(net::LoopClock::time_point now) override;
    void report_change();
    void look_at_health(net::LoopClock::time_point now);
    Situation const& situation();
    void log(log::Level level, std::string_view event, std::string const& message) const;

    net::EventLoop& loop_;
    std::shared_ptr<StageSettings const> const stage_settings_;
    std::string const input_address_, output_address_;  // without credentials
    Statistics statistics_;
    StatusReporter reporter_;
    Situation situation_;
    std::string slate_problem_;
    Health health_;
    Output output_;
    std::unique_ptr<Stage> stage_;
    Gate gate_;
    Input input_;
    boost::asio::steady_timer changed_;      // used as a condition variable: cancel() wakes run()
    std::optional<Input::End> input_end_;    // nullopt: it goes on
    std::optional<Output::End> output_end_;  // likewise
    bool output_started_ = false;            // run_output() was spawned
    bool drained_ = false;   // the stages have finished, and the output has the last unit
    bool stopping_ = false;  // stop() was called
    std::optional<std::string> abandoned_;  // why abandon() was called
};

}  // namespace tidegate::worker
