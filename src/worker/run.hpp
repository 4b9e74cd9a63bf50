// The inside of Worker: input, stages and output of one run, wired together, and what is told of
// them. One event loop; run() is its whole life.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "log/log.hpp"
#include "worker/health.hpp"
#include "worker/input.hpp"
#include "worker/output.hpp"
#include "worker/reporter.hpp"
#include "worker/worker.hpp"

namespace tidegate::worker {

class Worker::Impl : net::Watched {
public:
    Impl(net::EventLoop& loop, WorkerSettings settings, SourceUrl input, rtmp::ClientUrl output,
         StageFactory const& make_stage);
    ~Impl() override;

    boost::asio::awaitable<ExitCode> run();
    void stop();

    Statistics const& statistics() const { return statistics_; }
    StageSettings const& stage_settings() const { return *stage_settings_; }
    bool input_playing() const { return input_.playing(); }
    bool output_accepted() const { return output_.accepted(); }
    std::string const& trouble() const { return situation_.trouble; }

private:
    // Notes what the input's tracks are, and gathers what one read has brought for one write.
    class Gate final : public Stage {
    public:
        Gate(Impl& impl, UnitSink& next) : Stage(next), impl_(impl) {}
        void on_tracks(media::Tracks const& tracks) override;
        void on_unit(media::Unit const& unit) override;
        void on_end() override { next().on_end(); }

    private:
        Impl& impl_;
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
    Reporter reporter_;
    Situation situation_;
    Health health_;
    Output output_;
    std::unique_ptr<Stage> stage_;
    Gate gate_;
    Input input_;
    boost::asio::steady_timer changed_;  // a condition variable
    std::optional<Input::End> input_end_;
    std::optional<Output::End> output_end_;
    bool output_started_ = false;
    bool drained_ = false;
    bool stopping_ = false;
};

}  // namespace tidegate::worker
