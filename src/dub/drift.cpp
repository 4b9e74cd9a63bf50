#include "dub/drift.hpp"

#include <algorithm>
#include <cmath>

namespace tidegate::dub {

namespace {

// Averages reach over about this time: 47 pieces of AAC, in which the millisecond of RTMP is 0.02.
constexpr double kAverageSeconds = 1;
// A piece of which most is missing is a lost piece; less is jitter.
constexpr double kMostOfPiece = 0.75;
// Timestamps that jitter a lot make no gaps.
constexpr double kJitterFactor = 4;
// Of the difference, in each period: what is corrected at once, and what is taken for skew. They
// give a loop that settles in some 10 s without overshoot, and 200 ppm never move sound by 1 ms.
constexpr double kCorrected = 0.3;
constexpr double kLearned = 0.03;

}  // namespace

Drift::Drift(base::Timestamp origin, std::uint32_t sample_rate)
    : origin_(origin), sample_rate_(sample_rate) {}

Position Drift::position_of(base::Timestamp timestamp) const {
    return base::to_ticks(timestamp - origin_, sample_rate_);
}

base::Timestamp Drift::timestamp_of(Position position) const {
    return origin_ + base::from_ticks(position, sample_rate_);
}

std::chrono::nanoseconds Drift::offset() const {
    return std::chrono::nanoseconds{std::llround(difference_ * 1e9 / sample_rate_)};
}

double Drift::skew() const {
    return -per_period_ / (static_cast<double>(kSlewPeriod.count()) * sample_rate_);
}

void Drift::begin_at(Position at) {
    end_ = at;
    difference_ = 0;
}

Drift::Placement Drift::next(base::Timestamp timestamp, Frames frames, Frames held) {
    Placement place;
    auto const belongs = position_of(timestamp);
    if (!started_) {
        started_ = true;
        begin_at(belongs);
        next_period_ = belongs + frames_of(kSlewPeriod, sample_rate_);
    }
    auto const difference = belongs - (end_ + held);
    auto const jumps = is_jump(static_cast<double>(difference), frames);
    if (!jumps) follow(static_cast<double>(difference), frames);
    if (jumps || is_too_far()) jump(place, belongs, difference, frames);
    place.at = end_;
    place.compensation = compensate();
    return place;
}

bool Drift::is_jump(double difference, Frames frames) const {
    auto const least = static_cast<double>(frames_of(kMinJump, sample_rate_));
    auto const most = kMostOfPiece * static_cast<double>(frames);
    return std::abs(difference - difference_) >= std::max({least, most, kJitterFactor * jitter_});
}

bool Drift::is_too_far() const {
    return std::abs(difference_) > static_cast<double>(frames_of(kMaxOffset, sample_rate_));
}

void Drift::jump(Placement& place, Position belongs, Frames difference, Frames frames) {
    if (difference > 0) {
        place.gap = difference;
        begin_at(belongs);
    } else if (-difference <= frames_of(kMaxOverlap, sample_rate_)) {
        place.skip = std::min(frames, -difference);
        difference_ = 0;
    } else {
        place.shift = base::from_ticks(difference, sample_rate_);
        origin_ += place.shift;
        difference_ = 0;
    }
}

void Drift::follow(double difference, Frames frames) {
    auto const part = std::min(0.5, static_cast<double>(frames) / (kAverageSeconds * sample_rate_));
    auto const deviation = difference - difference_;
    jitter_ += (std::abs(deviation) - jitter_) * part;
    difference_ += deviation * part;
}

std::optional<Drift::Compensation> Drift::compensate() {
    if (end_ < next_period_) return std::nullopt;
    auto const period = frames_of(kSlewPeriod, sample_rate_);
    next_period_ = end_ + period;
    auto const most = kMaxSlew * static_cast<double>(period);
    per_period_ = std::clamp(per_period_ + kLearned * difference_, -most, most);
    auto const wanted = std::clamp(per_period_ + kCorrected * difference_, -most, most);
    return Compensation{std::llround(wanted), period};
}

}  // namespace tidegate::dub
