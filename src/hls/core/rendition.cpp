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
    next_init_ = {};  // that of the publisher before is not for this one
    silence_.reset();
    patience_ = kSoundPatience;
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
    if (!leading_) silence_ = media::silence_of(setup.front().track);
}

bool Rendition::changed() const {
    return init_ != nullptr && configured() &&
           !std::ranges::equal(init_->bytes.view(), next_init_.view());
}

std::shared_ptr<Init const> Rendition::take_init() {
    if (!sound_end_) sound_end_ = segment_begin();
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
    if (too_late(unit)) return {};
    return keep(sampler_->finish(unit.dts));
}

std::expected<void, media::Error> Rendition::add(media::Unit const& unit) {
    // Nobody can decode it: the new configuration counts from the next segment on.
    if (!leading_ && (init_ == nullptr || !configured() || changed())) return {};
    if (too_late(unit)) {
        silent_ = false;
        patience_ =
            std::clamp(part_begin() - unit.dts + kSoundPatience, patience_, kMaxSoundPatience);
        return {};
    }
    silent_ = false;
    last_ = unit.dts;
    if (silence_) sound_end_ = unit.dts + silence_->duration();
    return keep(sampler_->push(unit));
}

std::expected<void, media::Error> Rendition::drain(base::Timestamp end) {
    if (auto filled = fill_with_silence(end); !filled) return filled;
    sound_end_.reset();
    silent_until_ = base::Timestamp::min();
    silent_ = false;
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

std::expected<void, media::Error> Rendition::fill_with_silence(base::Timestamp end) {
    if (!silence_ || !sampler_ || init_ == nullptr || changed() || !sound_end_) return {};
    auto at = *sound_end_;
    if (!silent_ && end - at <= patience_) return {};
    for (; at + silence_->duration() <= end; at += silence_->duration()) {
        media::Unit unit;
        unit.keyframe = true;
        unit.dts = unit.pts = last_ = at;
        unit.payload = silence_->unit;
        if (auto kept = keep(sampler_->finish(at)); !kept) return kept;
        if (auto kept = keep(sampler_->push(unit)); !kept) return kept;
    }
    silent_ = true;
    sound_end_ = silent_until_ = at;
    return {};
}

std::expected<Part, media::Error> Rendition::take_part(base::Timestamp end) {
    if (auto filled = fill_with_silence(end); !filled) return std::unexpected(filled.error());
    if (!leading_ && sampler_ && end - last_ > std::max(kMaxHeld, patience_)) {
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
