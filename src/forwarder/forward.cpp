#include "forwarder/forward.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/random.hpp"
#include "endpoint/source.hpp"
#include "forwarder/target.hpp"

namespace tidegate::forwarder {

namespace asio = boost::asio;
using std::chrono::milliseconds;

namespace {

// How long the end of a run may take, in which TEARDOWN and deleteStream are sent.
constexpr milliseconds kStopDeadline{1000};
// The longest pause between two attempts to read the input, which comes back within a moment.
constexpr milliseconds kMostInputPause{5000};
// The kernel gives a connection up by itself, too, but later, so that the log has our words.
constexpr milliseconds kKernelPatience{5000};

// Pauses of half a second and longer, until they fill the time.
std::vector<milliseconds> delays_within(milliseconds grace) {
    std::vector<milliseconds> delays;
    milliseconds sum{0};
    for (milliseconds next{500}; sum < grace; next = std::min(next * 2, kMostInputPause)) {
        delays.push_back(std::min(next, grace - sum));
        sum += delays.back();
    }
    return delays;
}

}  // namespace

Forward::Forward(net::EventLoop& loop, ForwardSettings settings)
    : loop_(loop),
      settings_(std::move(settings)),
      input_address_(endpoint::address_of(settings_.input)),
      target_address_(address_of(settings_.target)),
      app_(app_of(settings_.target)),
      backoff_(settings_.times.retry),
      changed_(loop.io(), asio::steady_timer::time_point::max()) {
    loop_.watch(*this);
}

Forward::~Forward() {
    loop_.unwatch(*this);
}

asio::awaitable<ExitCode> Forward::run() {
    began_ = net::LoopClock::now();
    situation_.since = began_;
    log(log::Level::info, "egress.starting", "forwarding to " + target_address_);
    notify_.ready(began_);  // from now on our reports say what we do
    log(log::Level::info, "input.connecting", "reading " + input_address_);
    loop_.tasks().spawn("input", run_input());
    while (!code_) co_await wait(Time::max());
    if (input_) input_->stop();
    if (output_) output_->stop();
    auto const overdue = net::LoopClock::now() + kStopDeadline;
    while (!input_over_ || (output_started_ && !output_over_)) {
        if (net::LoopClock::now() >= overdue) break;
        co_await wait(overdue);
    }
    bool const failed = *code_ != ExitCode::stopped;
    log(failed ? log::Level::error : log::Level::info, "exit",
        fmt::format("exit {}: {}; {} bytes out, {} connections, {} units dropped",
                    static_cast<int>(*code_), reason_, situation_.bytes_out, situation_.connections,
                    situation_.units_dropped));
    notify_.status({.text = reason_});
    notify_.stopping();
    co_return *code_;
}

void Forward::finish(ExitCode code, std::string const& reason) {
    if (code_) return;
    code_ = code;
    reason_ = reason;
    enter(Phase::ended);
    changed_.cancel();
}

void Forward::enter(Phase phase, Time until) {
    situation_.phase = phase;
    situation_.since = net::LoopClock::now();
    situation_.until = until;
    report(situation_.since);
}

// Ends early when something has changed. Time::max(): there is no end.
asio::awaitable<void> Forward::wait(Time until) {
    boost::system::error_code ignored;
    if (until == Time::max()) {
        co_await changed_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
        co_return;
    }
    asio::steady_timer overdue(loop_.io(), until);
    overdue.async_wait([this](boost::system::error_code cancelled) {
        if (!cancelled) changed_.cancel();
    });
    co_await changed_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    overdue.cancel();
}

// --- the input ---

asio::awaitable<void> Forward::run_input() {
    using End = endpoint::Input::End;
    auto end = End::tracks_changed;
    while (end == End::tracks_changed && !code_) {
        endpoint::InputTimes times;
        times.reconnect_delays = delays_within(settings_.times.input_grace);
        input_ = std::make_unique<endpoint::Input>(
            loop_, settings_.input, sink(), input_statistics_, input_events(), std::move(times),
            "stream-forwarder", endpoint::SourceLost{}, settings_.input_trust);
        end = co_await input_->run();
        if (end != End::tracks_changed || code_) break;
        // RTMP cannot change a codec, so the destination gets a new session.
        log(log::Level::info, "input.changed", "the input has other codecs now");
        tracks_.clear();
        fresh_.clear();
        flowing_ = false;
        replacing_ = true;
        if (output_) output_->stop();
    }
    input_.reset();
    input_over_ = true;
    situation_.input_playing = false;
    if (end == End::never_available) {
        finish(ExitCode::input_unavailable, situation_.input_trouble);
    } else {
        finish(ExitCode::stopped, "the input has ended");
    }
    changed_.cancel();
}

endpoint::Input::Events Forward::input_events() {
    return {.playing =
                [this] {
                    auto const now = net::LoopClock::now();
                    if (!situation_.input_latency) situation_.input_latency = now - began_;
                    situation_.input_playing = situation_.ever_played = true;
                    situation_.input_trouble.clear();
                    log(log::Level::info, "input.connected", "reading " + input_address_);
                },
            .lost =
                [this](std::string const& reason) {
                    situation_.input_playing = false;
                    situation_.input_trouble = reason;
                    fresh_.clear();
                    log(log::Level::warn, "input.lost", reason);
                },
            .reconnecting =
                [this](std::size_t attempt, milliseconds delay) {
                    log(log::Level::info, "input.connecting",
                        fmt::format("attempt {} in {} ms", attempt, delay.count()));
                },
            .read_end =
                [this] {
                    if (output_) output_->uncork();
                }};
}

void Forward::on_tracks(media::Tracks const& tracks) {
    tracks_ = tracks;
    fresh_.on_tracks(tracks);
    if (output_) output_->on_tracks(tracks);
    changed_.cancel();
    if (output_started_ || code_) return;
    output_started_ = true;
    loop_.tasks().spawn("output", run_output());
}

void Forward::on_unit(media::Unit const& unit) {
    if (output_) output_->cork();
    if (flowing_) return output_->on_unit(fresh_.shifted(unit));
    fresh_.keep(unit);
    if (output_ && output_->accepted()) begin_flow();
}

// --- the output ---

asio::awaitable<void> Forward::run_output() {
    while (!code_) {
        while (tracks_.empty() && !code_) co_await wait(Time::max());
        if (code_) break;
        auto const end = co_await attempt();
        if (code_) break;
        if (std::exchange(replacing_, false)) continue;
        auto failure = classify(end, facts_);
        failure.message = masked(std::move(failure.message), settings_.target);
        if (!take_failure(std::move(failure))) break;
        while (!code_ && net::LoopClock::now() < situation_.until) co_await wait(situation_.until);
    }
    output_over_ = true;
    changed_.cancel();
}

asio::awaitable<endpoint::PublishEnd> Forward::attempt() {
    ++situation_.attempt;
    facts_ = {};
    acknowledged_ = 0;
    began_ = net::LoopClock::now();
    enter(Phase::connecting);
    log(log::Level::info, "output.connecting", "connecting to " + target_address_);
    replacing_ = false;
    output_ = std::make_unique<endpoint::Output>(loop_, settings_.target, output_statistics_,
                                                 output_events(), output_settings());
    output_->on_tracks(tracks_);
    auto end = co_await output_->run();
    auto const now = net::LoopClock::now();
    if (facts_.accepted && now - situation_.since >= settings_.times.steady) {
        backoff_.forgive();
        refusals_ = 0;
    }
    if (facts_.accepted) log(log::Level::info, "forwarding.stopped", "the connection has ended");
    flowing_ = false;
    output_.reset();
    co_return end;
}

endpoint::Output::Events Forward::output_events() {
    return {.tracks_known =
                [this] {
                    if (auto const missing = output_->left_out(); !missing.empty()) {
                        log(log::Level::warn, "output.tracks_left_out",
                            "RTMP cannot carry these tracks: " + missing);
                    }
                },
            .accepted = [this] { on_accepted(); },
            .ended = [] {}};
}

endpoint::OutputSettings Forward::output_settings() {
    auto const& times = settings_.times;
    return {.connect = times.connect,
            .times = {.dialogue = times.connect, .silence = times.stall + kKernelPatience},
            .check =
                [this](asio::ip::tcp::endpoint const& endpoint) {
                    auto why = settings_.rules.refusal(endpoint);
                    facts_.forbidden = why.has_value();
                    return why;
                },
            .trust = settings_.output_trust};
}

void Forward::on_accepted() {
    auto const now = net::LoopClock::now();
    facts_.accepted = true;
    ++situation_.connections;
    situation_.output_latency = now - began_;
    progress_ = now;
    log(log::Level::info, "output.connected", "the destination has accepted the stream");
    enter(Phase::forwarding);
    begin_flow();
}

void Forward::begin_flow() {
    auto const units = fresh_.begin();
    if (units.empty()) return;
    flowing_ = true;
    for (auto const& unit : units) output_->on_unit(unit);
    log(log::Level::info, "forwarding.started", "media goes to " + target_address_);
}

bool Forward::take_failure(Failure failure) {
    auto const level = failure.is_final() ? log::Level::error : log::Level::warn;
    ++situation_.retries[name(failure.kind)];
    refusals_ = failure.kind == FailureKind::refused ? refusals_ + 1 : 0;
    auto const pause = pause_after(failure);
    situation_.failures = backoff_.failures();
    situation_.last_failure = failure;
    if (failure.kind == FailureKind::address) {
        log(level, "output.lost", failure.message, &failure);
        finish(ExitCode::configuration, failure.message);
    } else if (failure.kind == FailureKind::credentials) {
        log(level, "output.lost", failure.message, &failure);
        finish(ExitCode::output_refused, failure.message);
    } else if (settings_.most_attempts != 0 && backoff_.failures() >= settings_.most_attempts) {
        auto const refused = failure.kind == FailureKind::refused;
        log(log::Level::error, "output.lost", failure.message, &failure);
        finish(refused ? ExitCode::output_refused : ExitCode::transient, failure.message);
    } else {
        bool const is_long = pause >= settings_.times.refused_pause;
        enter(is_long ? Phase::paused : Phase::retrying, net::LoopClock::now() + pause);
        log(level, "retry.scheduled",
            fmt::format("{}; next attempt in {} ms", failure.message, pause.count()), &failure);
    }
    return !code_;
}

milliseconds Forward::pause_after(Failure const& failure) {
    auto const pause = backoff_.next(base::random_bits());
    bool const often = failure.kind == FailureKind::refused && refusals_ >= kMostRefusals;
    return often ? settings_.times.refused_pause : pause;
}

}  // namespace tidegate::forwarder
