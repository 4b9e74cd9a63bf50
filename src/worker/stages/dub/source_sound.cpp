#include "worker/stages/dub/source_sound.hpp"

#include <algorithm>
#include <utility>

#include "codec/encoder.hpp"

namespace tidegate::worker {

namespace {

// The nearest number of frames at another rate.
std::int64_t at_rate(std::int64_t frames, std::uint32_t from, std::uint32_t to) {
    return (frames * to + from / 2) / from;
}

}  // namespace

SourceSound::SourceSound(base::Timestamp origin, media::AudioFormat format, Lay lay)
    : drift_(origin, format.sample_rate), format_(format), lay_(std::move(lay)), units_(format) {}

void SourceSound::set_track(media::Track const& track) {
    units_.set_track(track);
    auto decoder = codec::Decoder::open(track);
    if (decoder) {
        decoder_.emplace(std::move(*decoder));
    } else {
        decoder_.reset();  // silence, until a description comes that can be used
    }
}

void SourceSound::take(base::ByteView unit, base::Timestamp pts) {
    if (!decoder_) {
        ++damaged_;
        return;
    }
    auto const before = decoder_->errors();
    sounds_.clear();
    decoder_->decode(unit, pts, sounds_);
    auto const errors = decoder_->errors() - before;
    damaged_ += errors;
    if (errors > 0 || sounds_.size() != 1) units_.interrupt();
    for (auto const& sound : sounds_) take(sound, errors > 0 ? base::ByteView{} : unit);
}

void SourceSound::take(codec::Sound const& sound, base::ByteView unit) {
    auto const& format = sound.pcm.format;
    if (!prepare(format)) return;
    auto const frames = static_cast<std::int64_t>(sound.pcm.frames());
    auto const place = drift_.next(
        sound.at, at_rate(frames, format.sample_rate, format_.sample_rate), resampler_->held());
    if (place.gap > 0) {
        finish();  // before the gap
        if (!prepare(format)) return;
    }
    keep(sound, unit, place);
    if (place.compensation) {
        resampler_->stretch(static_cast<int>(place.compensation->frames),
                            static_cast<int>(place.compensation->distance));
    }
    auto const skip = std::clamp<std::int64_t>(
        at_rate(place.skip, format_.sample_rate, format.sample_rate), 0, frames);
    samples_.clear();
    resampler_->convert(
        sound.pcm.frames(static_cast<std::size_t>(skip), static_cast<std::size_t>(frames - skip)),
        samples_);
    lay(place.at);
}

// What the resampler holds is heard before this unit.
void SourceSound::keep(codec::Sound const& sound, base::ByteView unit,
                       dub::Drift::Placement const& place) {
    if (place.gap > 0 || place.skip > 0) units_.interrupt();
    if (unit.empty() || place.skip > 0) return;
    if (sound.pcm.format != format_ || sound.pcm.frames() != codec::kAacFrames) {
        return units_.interrupt();
    }
    units_.add(place.at + resampler_->held(), unit);
}

void SourceSound::lay(dub::Position at) {
    auto const frames = static_cast<std::int64_t>(samples_.size() / format_.channel_count);
    if (frames == 0) return;
    lay_(at, samples_);
    drift_.laid(frames);
    end_ = at + frames;
}

// The frames that the resampler holds belong where the sound ended. A new one begins without them.
dub::Frames SourceSound::finish() {
    if (!resampler_) return 0;
    samples_.clear();
    resampler_->finish(samples_);
    resampler_.reset();
    auto const frames = static_cast<std::int64_t>(samples_.size() / format_.channel_count);
    if (frames > 0) lay_(end_, samples_);
    end_ += frames;
    return frames;
}

bool SourceSound::prepare(media::AudioFormat format) {
    if (resampler_ && resampler_->from() == format) return true;
    drift_.laid(finish());
    auto resampler = codec::Resampler::open(format, format_);
    if (!resampler) return false;
    resampler_.emplace(std::move(*resampler));
    return true;
}

}  // namespace tidegate::worker
