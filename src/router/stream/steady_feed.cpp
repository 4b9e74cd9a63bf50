#include "router/stream/steady_feed.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <utility>

#include "media/aac.hpp"

namespace tidegate::router {

namespace {

std::string labels_of(media::Tracks const& tracks) {
    std::vector<std::string_view> labels;
    for (auto const& track : tracks) labels.push_back(track.label());
    return fmt::format("[{}]", fmt::join(labels, " "));
}

std::string describe_aac(media::Track const& track) {
    auto const core = media::aac_core(std::get<media::AacConfig>(track.config));
    if (!core) return "unknown";
    return fmt::format("type={}, sampleRate={}, channelCount={}", core->object_type,
                       core->sample_rate, core->channel_configuration);
}

std::string describe_g711(media::Track const& track) {
    auto const format = track.audio_format();
    return fmt::format("MULaw={}, sampleRate={}, channelCount={}",
                       track.codec() == media::Codec::pcmu, format.sample_rate,
                       format.channel_count);
}

bool is_g711(media::Track const& track) {
    return track.codec() == media::Codec::pcma || track.codec() == media::Codec::pcmu;
}

bool same_kind_of_codec(media::Track const& a, media::Track const& b) {
    return a.codec() == b.codec() || (is_g711(a) && is_g711(b));
}

filler::SourceLost settings_of(std::shared_ptr<filler::Slate const> slate) {
    filler::SourceLost lost;
    lost.then = filler::OnSourceLost::slate;
    lost.slate = std::move(slate);
    lost.from_the_start = true;
    return lost;
}

}  // namespace

SteadyFeed::SteadyFeed(asio::io_context& loop, std::shared_ptr<Stream> stream,
                       std::shared_ptr<filler::Slate const> slate)
    : stream_(std::move(stream)),
      declared_(*stream_->tracks()),
      timer_(loop),
      gap_(settings_of(std::move(slate))),
      source_(declared_),
      told_(declared_),
      newest_at_(Clock::now()) {}

void SteadyFeed::start() {
    std::unique_lock lock(mutex_);
    gap_.on_tracks(source_);
    gap_.begin(newest_);
    lock.unlock();
    asio::post(timer_.get_executor(), [self = shared_from_this()] { self->tick(); });
}

void SteadyFeed::end() {
    std::unique_lock lock(mutex_);
    ended_ = true;
    present_ = 0;
    lock.unlock();
    asio::post(timer_.get_executor(), [self = shared_from_this()] { self->timer_.cancel(); });
}

std::optional<std::string> SteadyFeed::refusal(media::Tracks const& tracks) const {
    bool const alike = std::ranges::equal(tracks, declared_, same_kind_of_codec);
    if (!alike) {
        return fmt::format("wants to publish {}, but stream expects {}", labels_of(tracks),
                           labels_of(declared_));
    }
    for (std::size_t i = 0; i < tracks.size(); ++i) {
        auto const &is = tracks[i], &expected = declared_[i];
        if (is.codec() == media::Codec::aac && describe_aac(is) != describe_aac(expected)) {
            return fmt::format(
                "MPEG-4 audio configuration does not match, is {}, but stream expects {}",
                describe_aac(is), describe_aac(expected));
        }
        if (is_g711(is) && describe_g711(is) != describe_g711(expected)) {
            return fmt::format("G711 configuration does not match, is {}, but stream expects {}",
                               describe_g711(is), describe_g711(expected));
        }
    }
    return std::nullopt;
}

// Sound keeps the configuration that readers know; it is the same in all that matters.
std::uint64_t SteadyFeed::come(media::Tracks tracks) {
    std::lock_guard const lock(mutex_);
    for (std::size_t i = 0; i < tracks.size(); ++i) {
        if (tracks[i].kind() == media::Kind::audio) tracks[i] = declared_[i];
    }
    source_ = std::move(tracks);
    gap_.on_tracks(source_);
    gap_.begin(newest_);
    shift_.reset();
    return present_ = ++publishers_;
}

void SteadyFeed::leave(std::uint64_t publisher) {
    std::lock_guard const lock(mutex_);
    if (publisher != present_) return;
    present_ = 0;
    gap_.begin(newest_);
    tell_tracks();
}

void SteadyFeed::update_track(std::uint64_t publisher, std::size_t index, media::Track track) {
    std::lock_guard const lock(mutex_);
    if (publisher != present_ || track.kind() == media::Kind::audio) return;
    source_[index] = std::move(track);
    gap_.on_tracks(source_);
    tell_tracks();
}

void SteadyFeed::publish(std::uint64_t publisher, media::Unit unit) {
    std::lock_guard const lock(mutex_);
    if (publisher != present_ || ended_) return;
    auto const now = Clock::now();
    if (!shift_) shift_ = reached(now) - unit.dts;
    unit.dts += *shift_;
    unit.pts += *shift_;
    newest_ = std::max(newest_, unit.dts);
    newest_at_ = now;
    if (gap_.filling()) {
        if (!gap_.accept(unit)) return;
        tell_tracks();
    }
    gap_.note(unit);
    hand_on(std::move(unit));
}

void SteadyFeed::hand_on(media::Unit unit) {
    auto const mapped = line_.map(unit.track, unit.dts, unit.pts);
    unit.dts = mapped.dts;
    unit.pts = mapped.pts;
    stream_->publish(unit);
}

void SteadyFeed::tell_tracks() {
    auto const& shown = gap_.shown();
    for (std::size_t i = 0; i < shown.size(); ++i) {
        if (told_[i] == shown[i]) continue;
        told_[i] = shown[i];
        stream_->update_track(i, shown[i], line_.newest().value_or(base::Timestamp{}));
    }
}

base::Timestamp SteadyFeed::reached(Clock::time_point now) const {
    auto const passed = std::chrono::duration_cast<base::Timestamp>(now - newest_at_);
    return newest_ + std::max(passed, media::kMinStep);
}

void SteadyFeed::fill(Clock::time_point now) {
    tell_tracks();
    std::vector<media::Unit> units;
    gap_.fill(reached(now), units);
    for (auto& unit : units) hand_on(std::move(unit));
}

void SteadyFeed::tick() {
    std::unique_lock lock(mutex_);
    if (ended_) return;
    if (gap_.filling()) fill(Clock::now());
    lock.unlock();
    arm();
}

void SteadyFeed::arm() {
    timer_.expires_after(kSteadyPeriod);
    timer_.async_wait([weak = weak_from_this()](boost::system::error_code cancelled) {
        auto const self = weak.lock();
        if (!cancelled && self) self->tick();
    });
}

}  // namespace tidegate::router
