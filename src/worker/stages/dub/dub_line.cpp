#include "worker/stages/dub/dub_line.hpp"

#include <algorithm>
#include <expected>
#include <utility>

#include "codec/piece.hpp"
#include "dub/fit.hpp"

namespace tidegate::worker {

namespace {

// How far the source may be ahead of the output beyond the delay: a router may give a new reader
// the group of pictures so far at once. Encoders that send longer ones are rare.
constexpr std::chrono::seconds kBurst{6};

dub::TimelineSettings timeline_settings(LineSettings const& settings, dub::Position start) {
    auto const rate = settings.format.sample_rate;
    dub::TimelineSettings made{settings.format, start, 0, std::nullopt};
    made.capacity = dub::frames_of(settings.dub.delay + kBurst, rate);
    if (settings.dub.bed_db) made.bed = dub::BedSettings{*settings.dub.bed_db};
    return made;
}

std::expected<media::Pcm, dub::Fallback> decoded(sts::AudioData const& audio,
                                                 media::AudioFormat format) {
    auto const bytes = sts::decode_sound(audio);
    if (!bytes) return std::unexpected(dub::Fallback::undecodable);
    if (bytes->empty()) return std::unexpected(dub::Fallback::empty);
    // A service may call anything m4a; samples are only believed where they are announced.
    bool const is_pcm = audio.format == sts::kFormatPcm;
    if (is_pcm && !dub::is_usable({audio.sample_rate,
                                   static_cast<std::uint8_t>(std::min(audio.channels, 255U))})) {
        return std::unexpected(dub::Fallback::wrong_format);
    }
    auto pcm = is_pcm ? codec::from_s16le(
                            *bytes, {audio.sample_rate, static_cast<std::uint8_t>(audio.channels)})
                      : codec::from_adts(*bytes);
    if (!pcm) return std::unexpected(dub::Fallback::undecodable);
    auto fitting = codec::resampled(std::move(*pcm), format);
    if (!fitting) return std::unexpected(dub::Fallback::wrong_format);
    return std::move(*fitting);
}

// The last frame of AAC is filled up with what is no sound any more. Of a dub that is longer than
// its place by no more than that, only what is heard in the cross-fade is left: to stretch it would
// cost more than all the rest, and move its end.
void cut_padding(media::Pcm& pcm, dub::Frames length) {
    auto const over = static_cast<dub::Frames>(pcm.frames()) - length;
    auto const heard = dub::frames_of(dub::kFade, pcm.format.sample_rate);
    if (over <= heard || over > static_cast<dub::Frames>(codec::kAacFrames)) return;
    pcm.samples.resize(static_cast<std::size_t>(length + heard) * pcm.format.channel_count);
}

}  // namespace

base::Timestamp time_of(LineSettings const& settings, dub::Position position) {
    return settings.origin + base::from_ticks(position, settings.format.sample_rate);
}

std::chrono::milliseconds duration_of(dub::Frames frames, std::uint32_t rate) {
    return std::chrono::milliseconds{frames * 1000 / std::int64_t{rate}};
}

// What goes out first is the delay before the source begins.
DubLine::DubLine(LineSettings const& settings, std::size_t language)
    : DubLine(settings, language, settings.tracks[language],
              -dub::frames_of(settings.dub.delay, settings.format.sample_rate)) {}

DubLine::DubLine(LineSettings const& settings, dub::Position start)
    : DubLine(settings, settings.tracks.size(), *settings.original, start) {}

DubLine::DubLine(LineSettings const& settings, std::size_t language, std::uint16_t track,
                 dub::Position start)
    : settings_(settings),
      language_(language),
      track_(track),
      timeline_(timeline_settings(settings, start)) {}

Settled DubLine::settled(std::uint64_t number, dub::Position first, dub::Frames length) const {
    Settled made{number, time_of(settings_, first),
                 duration_of(length, settings_.format.sample_rate)};
    made.language = language_;
    return made;
}

void DubLine::take(dub::Fragment const& fragment, Outgoing const& outgoing, Made& made) {
    auto const settle = [&](dub::Fallback reason) {
        made.settled.push_back(settled(fragment.number, fragment.first, fragment.length()));
        made.settled.back().fallback = reason;
    };
    if (fragment.silent) return settle(dub::Fallback::silent);
    if (!timeline_.expect(fragment.number, fragment.first, fragment.length(), fragment.pause)) {
        return settle(dub::Fallback::late);
    }
    Cut cut{fragment.number, time_of(settings_, fragment.first)};
    cut.language = language_;
    cut.duration = duration_of(fragment.length(), settings_.format.sample_rate);
    if (sending()) cut.sound = outgoing.sound;
    sent_.emplace(fragment.number,
                  Sent{fragment.first, fragment.length(), fragment.pause, outgoing.loudness});
    if (!cut.sound) {
        timeline_.fall_back(fragment.number, not_sending_.value_or(dub::Fallback::refused));
    }
    made.cuts.push_back(std::move(cut));
}

// --- from the service ---

void DubLine::answer(std::uint64_t fragment, sts::Dub&& dub) {
    auto const found = sent_.find(fragment);
    if (found == sent_.end()) return;  // its place has gone out
    auto& sent = found->second;
    auto pcm = decoded(dub.audio, settings_.format);
    if (!pcm) return timeline_.fall_back(fragment, pcm.error());
    if (dub.audio.format != sts::kFormatPcm) cut_padding(*pcm, sent.length);
    auto fitted =
        dub::fit(std::move(*pcm), {settings_.format, sent.length, sent.pause, sent.loudness});
    if (!fitted) return timeline_.fall_back(fragment, fitted.error());
    sent.stretch = fitted->stretch;
    sent.gain_db = fitted->gain_db;
    if (auto const laid = timeline_.lay(fragment, std::move(fitted->pcm)); !laid) {
        timeline_.fall_back(fragment, laid.error());
    }
}

void DubLine::fall_back(std::uint64_t fragment, dub::Fallback reason) {
    timeline_.fall_back(fragment, reason);
}

// --- to the output ---

void DubLine::advance(dub::Position until, Made& made) {
    read_until(until, made);
    take_outcomes(made);
}

void DubLine::read_until(dub::Position until, Made& made) {
    auto const step = static_cast<dub::Frames>(codec::kAacFrames);
    while (timeline_.position() + step <= until) {
        frames_.clear();
        timeline_.read(timeline_.position() + step, frames_);
        encode(made);
    }
}

bool DubLine::open_encoder() {
    if (encoder_) return true;
    auto encoder = codec::Encoder::open(settings_.format);
    if (!encoder) return false;
    encoder_.emplace(std::move(*encoder));
    encoder_start_ = timeline_.position() - static_cast<dub::Frames>(codec::kAacFrames);
    return true;
}

// An encoder fails when there is no memory. Its successor goes on where it was: a gap of 20 ms.
void DubLine::encode(Made& made) {
    encoded_.clear();
    if (!open_encoder() || encoder_->encode(frames_, encoded_)) return collect(made);
    encoder_.reset();
}

void DubLine::collect(Made& made) {
    for (auto& encoded : encoded_) {
        if (encoded.first_frame < 0) continue;  // nothing is heard of it
        media::Unit unit;
        unit.track = track_;
        unit.keyframe = true;
        unit.pts = unit.dts =
            time_of(settings_, encoder_start_ + encoded.first_frame) + settings_.dub.delay;
        unit.payload = std::move(encoded.payload);
        made.units.push_back(std::move(unit));
    }
}

void DubLine::take_outcomes(Made& made) {
    while (auto const outcome = timeline_.next_outcome()) {
        auto const sent = sent_.extract(outcome->fragment);
        if (sent.empty()) continue;
        auto const& fragment = sent.mapped();
        auto heard = settled(outcome->fragment, fragment.first, fragment.length);
        heard.fallback = outcome->fallback;
        heard.stretch = fragment.stretch;
        heard.gain_db = fragment.gain_db;
        made.settled.push_back(std::move(heard));
    }
}

void DubLine::finish(Made& made) {
    auto const step = static_cast<dub::Frames>(codec::kAacFrames);
    read_until((timeline_.source_end() - timeline_.position() + step - 1) / step * step +
                   timeline_.position(),
               made);
    encoded_.clear();
    if (encoder_ && encoder_->finish(encoded_)) collect(made);
    take_outcomes(made);
}

}  // namespace tidegate::worker
