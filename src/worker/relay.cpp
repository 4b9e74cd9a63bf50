#include "worker/relay.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>
#include <variant>

#include "endpoint/notify.hpp"

namespace tidegate::worker {

namespace asio = boost::asio;

namespace {

// How long the end of a run may take, in which TEARDOWN and unpublish are sent. After that the
// sockets are closed.
constexpr std::chrono::milliseconds kStopDeadline{500};

std::string labels_of(media::Tracks const& tracks) {
    std::string labels;
    for (auto const& track : tracks) {
        labels += labels.empty() ? "" : ", ";
        labels += track.label();
    }
    return labels;
}

}  // namespace

std::expected<SourceUrl, std::string> parse_input(std::string_view text) {
    return endpoint::parse_source_url(text);
}

std::expected<OutputUrl, std::string> parse_output(std::string_view text) {
    return endpoint::parse_source_url(text);
}

net::WatchClock watch_clock() {
    using std::chrono::milliseconds;
    static constexpr milliseconds kUsual{500}, kShortest{20};
    // The timer while media comes. When media stops, the next period is a usual one, so silence is
    // still noticed within half a second of it.
    static constexpr milliseconds kWhileReading{2000};
    auto const asked = Notify().watchdog_interval();
    if (!asked) return {kUsual, kWhileReading};
    auto const period = std::chrono::duration_cast<milliseconds>(*asked) / 2;
    return {std::clamp(period, kShortest, kUsual), kWhileReading};
}

std::expected<std::unique_ptr<Relay>, std::string> Relay::create(net::EventLoop& loop,
                                                                 RelaySettings settings,
                                                                 StageFactory const& make_stage) {
    auto input = end_at(settings.input, settings.input_trust, settings.input_credentials);
    if (!input) return std::unexpected("input: " + input.error());
    auto output = end_at(settings.output, settings.output_trust, settings.output_credentials);
    if (!output) return std::unexpected("output: " + output.error());
    return std::unique_ptr<Relay>(
        new Relay(loop, std::move(settings), std::move(*input), std::move(*output), make_stage));
}

std::expected<Relay::End, std::string> Relay::end_at(std::string_view url,
                                                     net::TlsTrust const& trust,
                                                     Credentials const& credentials) {
    auto parsed = endpoint::parse_source_url(url);
    if (!parsed) return std::unexpected(parsed.error());
    endpoint::add_login(*parsed, credentials);
    if (!endpoint::is_secure(*parsed)) return End{std::move(*parsed), nullptr};
    auto context = net::TlsClientContext::make(trust);
    if (!context) return std::unexpected(context.error());
    return End{std::move(*parsed), std::move(*context)};
}

Relay::Relay(net::EventLoop& loop, RelaySettings settings, End input, End output,
             StageFactory const& make_stage)
    : loop_(loop),
      stage_settings_(std::make_shared<StageSettings const>(StageSettings{
          std::move(settings.stream_id), std::move(settings.run_id), std::move(settings.params)})),
      input_address_(endpoint::address_of(input.url)),
      output_address_(endpoint::address_of(output.url)),
      output_(loop, std::move(output.url), statistics_, output_events(),
              endpoint::OutputSettings{.trust = std::move(output.trust),
                                       .program = "Tidegate stream-worker",
                                       .fence = std::move(settings.fence)}),
      stage_(make_stage(loop, stage_settings_, output_)),
      gate_(*this, *stage_),
      input_(loop, std::move(input.url), gate_, statistics_, input_events(),
             std::move(settings.input_times), "stream-worker", std::move(settings.source_lost),
             std::move(input.trust)),
      changed_(loop.io(), asio::steady_timer::time_point::max()) {
    loop_.watch(*this);
}

Relay::~Relay() {
    loop_.unwatch(*this);
}

asio::awaitable<ExitCode> Relay::run() {
    log_start();
    loop_.tasks().spawn("input", run_input());
    while (!input_end_ && !output_end_ && !is_told_to_end()) co_await wait_for_change();
    bool const ended = input_end_ == Input::End::source_ended;
    if (ended && !output_end_ && !is_told_to_end()) co_await drain();
    auto const code = decide();
    input_.stop();
    output_.stop();
    co_await wait_until([this] { return input_end_ && (!output_started_ || output_end_); },
                        kStopDeadline);
    log_end(code);
    co_return code;
}

void Relay::stop() {
    stopping_ = true;
    changed_.cancel();
}

void Relay::abandon(std::string const& why) {
    if (abandoned_) return;
    abandoned_ = why;
    output_.abandon(why);
    changed_.cancel();
}

asio::awaitable<void> Relay::run_input() {
    input_end_ = co_await input_.run();
    changed_.cancel();
}

asio::awaitable<void> Relay::run_output() {
    output_end_ = co_await output_.run();
    changed_.cancel();
}

// The source has ended for good: the stages may finish what they hold.
asio::awaitable<void> Relay::drain() {
    gate_.on_end();
    co_await wait_until([this] { return drained_ || output_end_ || is_told_to_end(); },
                        kDrainDeadline + stage_->delay());
}

asio::awaitable<void> Relay::wait_for_change() {
    boost::system::error_code ignored;
    co_await changed_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

template <class Condition>
asio::awaitable<void> Relay::wait_until(Condition condition, std::chrono::milliseconds most) {
    auto const overdue = std::make_shared<bool>(false);
    asio::steady_timer deadline(loop_.io(), most);
    deadline.async_wait([this, overdue](boost::system::error_code cancelled) {
        if (cancelled) return;
        *overdue = true;
        changed_.cancel();
    });
    while (!*overdue && !condition()) co_await wait_for_change();
    deadline.cancel();
}

ExitCode Relay::decide() {
    if (abandoned_) {
        statistics_.last_error = *abandoned_;
        return ExitCode::transient;
    }
    if (stopping_) return ExitCode::stopped;
    if (output_end_) {
        statistics_.last_error = output_end_->reason;
        return output_end_->refused ? ExitCode::output_refused : ExitCode::transient;
    }
    switch (*input_end_) {
        case Input::End::stopped:
        case Input::End::source_ended:
            return ExitCode::stopped;
        case Input::End::never_available:
            return ExitCode::input_unavailable;
        case Input::End::tracks_changed:
            statistics_.last_error = "the source returned with other codecs";
            return ExitCode::transient;
    }
    return ExitCode::internal;
}

// --- what the parts report ---

void Relay::Gate::on_tracks(media::Tracks const& tracks) {
    relay_.situation_.tracks = labels_of(tracks);
    relay_.health_.on_tracks(tracks);
    kinds_.clear();
    for (auto const& track : tracks) kinds_.push_back(track.kind());
    next().on_tracks(tracks);
    relay_.statistics_.output_delay = relay_.stage_->delay();
}

void Relay::Gate::on_unit(media::Unit const& unit) {
    relay_.output_.cork();
    if (relay_.input_.handing_on_filler()) return next().on_unit(unit);
    if (unit.track < kinds_.size() && kinds_[unit.track] == media::Kind::video) {
        relay_.statistics_.count_picture_in();
    }
    next().on_unit(unit);
}

Input::Events Relay::input_events() {
    return {.playing = [this] { on_playing(); },
            .lost = [this](std::string const& reason) { on_lost(reason); },
            .reconnecting =
                [this](std::size_t attempt, std::chrono::milliseconds delay) {
                    on_reconnecting(attempt, delay);
                },
            .read_end = [this] { output_.uncork(); },
            .filling = [this](std::string const& reason) { on_filling(reason); },
            .filled = [this] { on_filled(); },
            .slate_refused = [this](std::string const& reason) { on_slate_refused(reason); }};
}

Output::Events Relay::output_events() {
    return {.tracks_known =
                [this] {
                    if (auto const left_out = output_.left_out(); !left_out.empty()) {
                        log(log::Level::warn, "output.tracks_left_out",
                            "RTMP cannot carry these tracks: " + left_out);
                    }
                    output_started_ = true;
                    loop_.tasks().spawn("output", run_output());
                },
            .accepted = [this] { on_output_accepted(); },
            .ended =
                [this] {
                    drained_ = true;
                    changed_.cancel();
                }};
}

void Relay::on_playing() {
    situation_.attempt = 0;
    log(log::Level::info, "input.playing", "reading " + input_address_);
    report_change();
}

void Relay::on_lost(std::string const& reason) {
    statistics_.last_error = reason;
    log(log::Level::warn, "input.lost", "the input has gone or is not there: " + reason);
}

void Relay::on_reconnecting(std::size_t attempt, std::chrono::milliseconds delay) {
    situation_.attempt = attempt;
    situation_.attempts = input_.reconnection_limit();
    log(log::Level::info, "input.reconnecting",
        fmt::format("reconnection {} of {} in {} ms", attempt, situation_.attempts, delay.count()));
    report_change();
}

void Relay::on_output_accepted() {
    log(log::Level::info, "output.accepted", "publishing " + output_address_);
    reporter_.accepted(net::LoopClock::now());
    report_change();
}

void Relay::on_filling(std::string const& reason) {
    situation_.holding = reason;
    log(log::Level::warn, "source.held", "the output goes on without the source (" + reason + ")");
    report_change();
}

void Relay::on_filled() {
    situation_.holding.clear();
    log(log::Level::info, "source.returned", "the source is back, and the output goes on with it");
    report_change();
}

void Relay::on_slate_refused(std::string const& reason) {
    if (slate_problem_ == reason) return;
    slate_problem_ = reason;
    log(log::Level::error, "slate.refused", reason + "; the last picture is held instead");
}

// --- what the worker reports ---

void Relay::check(net::LoopClock::time_point now) {
    look_at_health(now);
    reporter_.tick(situation(), statistics_, now);
    for (auto const& caption : stage_->take_captions()) reporter_.said(caption);
}

void Relay::look_at_health(net::LoopClock::time_point now) {
    bool const flowing = input_.playing() && output_.accepted();
    auto trouble = health_.look(statistics_, flowing, now, stage_->delay());
    if (trouble.empty()) trouble = slate_problem_;
    if (trouble == situation_.trouble) return;
    bool const over = trouble.empty();
    log(over ? log::Level::info : log::Level::warn, over ? "stream.whole" : "stream.degraded",
        over ? "all tracks go through again, or there is no stream" : trouble);
    situation_.trouble = trouble;
}

void Relay::report_change() {
    reporter_.changed(situation(), statistics_, net::LoopClock::now());
}

Situation const& Relay::situation() {
    situation_.input_playing = input_.playing();
    situation_.output_accepted = output_.accepted();
    situation_.dubs = stage_->dub_status();
    return situation_;
}

void Relay::log_start() const {
    auto const params = describe_params(stage_settings_->params);
    log(log::Level::info, "worker.started",
        params.empty() ? "no parameters" : "parameters: " + params);
}

void Relay::log_end(ExitCode code) {
    auto const failed = code != ExitCode::stopped;
    std::string reason = stopping_ ? "stopped" : "the source has ended";
    if (failed) reason = statistics_.last_error;
    log(failed ? log::Level::error : log::Level::info, "worker.ended",
        fmt::format("exit {}: {}; {} units in, {} out, {} dropped, {} reconnections",
                    static_cast<int>(code), reason, statistics_.units_in(), statistics_.units_out(),
                    statistics_.units_dropped, statistics_.reconnections));
    reporter_.ending(reason);
}

void Relay::log(log::Level level, std::string_view event, std::string const& message) const {
    log::write(level, event, message,
               {{"streamId", std::string_view(stage_settings_->stream_id)},
                {"runId", std::string_view(stage_settings_->run_id)}});
}

}  // namespace tidegate::worker
