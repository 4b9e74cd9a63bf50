#include "hls/core/rendition.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "mp4/init_segment.hpp"
#include "mp4/slices.hpp"
#include "mp4/track_setup.hpp"

namespace tidegate::hls {

void Rendition::begin(std::vector<media::Track> tracks) {
    sampler_.reset();
    samples_.clear();
    if (tracks.empty()) return;
    set_track(0, std::move(tracks.front()));
    timescale_ = next_timescale_;
    sampler_.emplace(timescale_);
}

void Rendition::set_track(std::size_t, media::Track config) {
    std::array const setup{mp4::TrackSetup{.track = std::move(config)}};
    auto init = mp4::write_init_segment(setup);
    if (!init) return;
    next_init_ = *std::move(init);
    next_timescale_ = mp4::timescale(setup.front().track);
}

bool Rendition::changed() const {
    return init_ != nullptr && configured() &&
           !std::ranges::equal(init_->bytes.view(), next_init_.view());
}

std::shared_ptr<Init const> Rendition::take_init() {
    if (!configured()) return init_;
    if (init_ == nullptr || changed()) {
        auto const number = init_ == nullptr ? 1 : init_->number + 1;
        init_ = std::make_shared<Init const>(Init{number, next_init_});
    }
    if (sampler_ && timescale_ != next_timescale_) {
        timescale_ = next_timescale_;
        sampler_.emplace(timescale_);
    }
    return init_;
}

std::expected<void, media::Error> Rendition::approach(media::Unit const& unit) {
    return keep(sampler_->finish(unit.dts));
}

std::expected<void, media::Error> Rendition::add(media::Unit const& unit) {
    // Nobody can decode it: the new configuration counts from the next segment on.
    if (!leading_ && changed()) return {};
    last_ = unit.dts;
    return keep(sampler_->push(unit));
}

std::expected<void, media::Error> Rendition::drain(base::Timestamp end) {
    if (!sampler_) return {};
    return keep(leading_ ? sampler_->finish(end) : sampler_->finish());
}

std::expected<void, media::Error> Rendition::keep(std::optional<mp4::TimedSample> sample) {
    // A time before the start of all times cannot be written.
    if (!sample || sample->decode_time < 0) return {};
    if (samples_.empty()) decode_time_ = static_cast<std::uint64_t>(sample->decode_time);
    samples_.push_back(std::move(sample->sample));
    return count(samples_.back().payload.size());
}

std::expected<Part, media::Error> Rendition::take_part(base::Timestamp end) {
    if (!leading_ && sampler_ && end - last_ > kMaxHeld) {
        if (auto kept = keep(sampler_->finish()); !kept) {
            return std::unexpected(std::move(kept.error()));
        }
    }
    Part part;
    if (samples_.empty()) return part;
    part.independent = std::ranges::any_of(samples_, &mp4::FragmentSample::sync);
    mp4::TrackRun const run{.track_id = 1, .decode_time = decode_time_, .samples = samples_};
    auto media = mp4::write_fragment(static_cast<std::uint32_t>(next_part()), {&run, 1});
    if (!media) return std::unexpected(std::move(media.error()));
    samples_.clear();
    if (media->size <= kJoinedPart) {
        part.media.add(mp4::joined(*media));
    } else {
        part.media = *std::move(media);
    }
    return part;
}

}  // namespace tidegate::hls
