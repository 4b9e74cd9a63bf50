// What a Forward watches and reports.
#include <chrono>

#include "forwarder/forward.hpp"
#include "forwarder/target.hpp"

namespace tidegate::forwarder {

namespace {

// The bitrate is that of the last seconds: shorter ones jump with each key frame.
constexpr std::chrono::seconds kRateWindow{4};
// How often WATCHDOG=1 is sent if WATCHDOG_USEC does not say how often it is wanted.
constexpr std::chrono::milliseconds kDefaultWatchdog{1000};
// STATUS= is sent if it has changed, and at most this often.
constexpr std::chrono::milliseconds kStatusInterval{1000};
// A phase that has a deadline is over at most this much later.
constexpr std::chrono::seconds kLatest{10};

}  // namespace

void Forward::check(net::LoopClock::time_point now) {
    look_at_delivery(now);
    measure(now);
    if (output_) output_->uncork();
    auto const interval = notify_.watchdog_interval().value_or(kDefaultWatchdog);
    if (now - last_watchdog_ >= interval && is_alive(now)) {
        last_watchdog_ = now;
        notify_.watchdog(now);
    }
    if (now - last_status_ >= kStatusInterval) report(now);
}

// The destination's kernel takes bytes for a program that does not read, until its buffers are
// full. From then on nothing is acknowledged.
void Forward::look_at_delivery(Time now) {
    if (!output_ || !facts_.accepted || facts_.stalled) return;
    auto const delivery = output_->delivery();
    if (!delivery) return;
    count_delivered(*delivery, now);
    if (now - progress_ < settings_.times.stall) return;
    facts_.stalled = true;
    auto const seconds = std::chrono::duration_cast<std::chrono::seconds>(settings_.times.stall);
    output_->abandon("the destination has taken no byte for " + std::to_string(seconds.count()) +
                     " s");
}

void Forward::count_delivered(endpoint::Delivery const& delivery, Time now) {
    if (delivery.acknowledged > acknowledged_) {
        situation_.bytes_out += static_cast<std::uint64_t>(delivery.acknowledged - acknowledged_);
        acknowledged_ = delivery.acknowledged;
        progress_ = now;
    } else if (delivery.waiting == 0) {
        progress_ = now;
    }
    // The destination works again. What went wrong before is history.
    if (situation_.last_failure && now - situation_.since >= settings_.times.steady) {
        backoff_.forgive();
        situation_.failures = 0;
        situation_.last_failure.reset();
    }
}

void Forward::measure(Time now) {
    auto const dropped = output_statistics_.units_dropped;
    if (dropped != situation_.units_dropped) dropped_at_ = now;
    situation_.units_dropped = dropped;
    situation_.slow =
        situation_.phase == Phase::forwarding && dropped != 0 && now - dropped_at_ < kSlowFor;
    delivered_.emplace_back(now, situation_.bytes_out);
    while (now - delivered_.front().first > kRateWindow) delivered_.pop_front();
    auto const& [since, bytes] = delivered_.front();
    auto const seconds = std::chrono::duration<double>(now - since).count();
    situation_.bits_per_second =
        seconds > 0 ? 8.0 * static_cast<double>(situation_.bytes_out - bytes) / seconds : 0;
}

// Whoever started us replaces us when this is false for long: each phase that has an end must have
// ended by then.
bool Forward::is_alive(Time now) const {
    switch (situation_.phase) {
        case Phase::connecting:
            // A login asks three times.
            return now - situation_.since < 6 * settings_.times.connect + kLatest;
        case Phase::retrying:
        case Phase::paused:
            return now < situation_.until + kLatest;
        case Phase::forwarding:
            return now - progress_ < settings_.times.stall + kLatest;
        case Phase::waiting:
        case Phase::ended:
            break;
    }
    return true;
}

void Forward::report(Time now) {
    last_status_ = now;
    if (!notify_.enabled()) return;
    auto const text = status_line(situation_, target_address_, now);
    auto const about = report_of(situation_, now);
    if (text + about == last_text_) return;
    last_text_ = text + about;
    notify_.status({.text = text, .trouble = trouble_of(situation_, now)}, {}, about);
}

void Forward::log(log::Level level, std::string_view event, std::string const& message,
                  Failure const* failure) const {
    std::vector<log::Field> fields{{"streamId", std::string_view(settings_.stream_id)},
                                   {"destination", std::string_view(settings_.destination)},
                                   {"runId", std::string_view(settings_.run_id)},
                                   {"attempt", std::int64_t{situation_.attempt}},
                                   {"inputUrl", std::string_view(input_address_)},
                                   {"destHost", std::string_view(settings_.target.host)},
                                   {"destApp", std::string_view(app_)}};
    if (failure != nullptr) {
        fields.push_back({"error.kind", name(failure->kind)});
        fields.push_back({"error.message", std::string_view(failure->message)});
    }
    log::write(level, event, message, fields.data(), fields.size());
}

}  // namespace tidegate::forwarder
