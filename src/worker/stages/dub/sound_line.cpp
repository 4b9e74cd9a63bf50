#include "worker/stages/dub/sound_line.hpp"

#include <algorithm>
#include <utility>

#include "codec/piece.hpp"
#include "dub/fit.hpp"
#include "dub/loudness.hpp"

namespace tidegate::worker {

namespace {

// How far the source may be ahead of the output beyond the delay: a router may give a new reader
// the group of pictures so far at once. Encoders that send longer ones are rare.
constexpr std::chrono::seconds kBurst{6};
// Sound that has not come for this long has stopped; tracks of one stream lie less far apart.
constexpr std::chrono::seconds kStopped{1};

dub::TimelineSettings timeline_settings(LineSettings const& settings, dub::Position start) {
    dub::TimelineSettings made{settings.format, start, 0, std::nullopt};
    made.capacity = dub::frames_of(settings.dub.delay + kBurst, settings.format.sample_rate);
    if (settings.dub.bed_db) made.bed = dub::BedSettings{*settings.dub.bed_db};
    return made;
}

dub::CutterSettings cutter_settings(LineSettings const& settings) {
    dub::CutterSettings made;
    made.format = settings.format;
    made.min_length = settings.dub.shortest();
    made.max_length = settings.dub.longest();
    return made;
}

std::chrono::milliseconds duration_of(dub::Frames frames, std::uint32_t rate) {
    return std::chrono::milliseconds{frames * 1000 / std::int64_t{rate}};
}

}  // namespace

SoundLine::SoundLine(LineSettings settings)
    : settings_(std::move(settings)),
      start_(-dub::frames_of(settings_.dub.delay, settings_.format.sample_rate)),
      timeline_(timeline_settings(settings_, start_)),
      cutter_(cutter_settings(settings_)),
      source_(settings_.origin, settings_.format,
              [this](dub::Position at, std::span<float const> samples) { lay(at, samples); }) {}

Made SoundLine::take_made() {
    made_.damaged = source_.damaged();
    return std::exchange(made_, {});
}

base::Timestamp SoundLine::time_of(dub::Position position) const {
    return settings_.origin + base::from_ticks(position, settings_.format.sample_rate);
}

dub::Position SoundLine::position_of(base::Timestamp time) const {
    return dub::frames_of(time - settings_.origin, settings_.format.sample_rate);
}

// --- from the source ---

void SoundLine::take(base::ByteView unit, base::Timestamp pts) {
    source_.take(unit, pts);
    take_fragments();
}

void SoundLine::lay(dub::Position at, std::span<float const> samples) {
    timeline_.put(at, samples);
    cutter_.put(at, samples);
}

void SoundLine::note_time(base::Timestamp newest) {
    if (!cutter_.open_since() || newest - time_of(source_.end()) < kStopped) return;
    source_.finish();
    cutter_.finish(dub::Ending::gap);
    take_fragments();
}

void SoundLine::end_source() {
    source_.finish();
    cutter_.finish();
    take_fragments();
}

void SoundLine::take_fragments() {
    while (auto const fragment = cutter_.next()) take(*fragment);
}

void SoundLine::take(dub::Fragment const& fragment) {
    auto const at = time_of(fragment.first);
    auto const settle = [&](dub::Fallback reason) {
        made_.settled.push_back({fragment.number, at,
                                 duration_of(fragment.length(), settings_.format.sample_rate),
                                 reason});
    };
    if (fragment.silent) return settle(dub::Fallback::silent);
    if (!timeline_.expect(fragment.number, fragment.first, fragment.length(), fragment.pause)) {
        return settle(dub::Fallback::late);
    }
    Sent sent{fragment.first, fragment.length(), fragment.pause, std::nullopt};
    Cut cut{fragment.number, at};
    if (!not_sending_) {
        sent.loudness = dub::loudness(fragment.pcm);
        cut.sound = sound_of(fragment.pcm);
    }
    sent_.emplace(fragment.number, sent);
    if (!cut.sound) {
        timeline_.fall_back(fragment.number, not_sending_.value_or(dub::Fallback::refused));
    }
    made_.cuts.push_back(std::move(cut));
}

std::optional<sts::AudioData> SoundLine::sound_of(media::Pcm const& pcm) const {
    sts::AudioData audio;
    audio.format = settings_.dub.format;
    audio.sample_rate = pcm.format.sample_rate;
    audio.channels = pcm.format.channel_count;
    audio.duration =
        duration_of(static_cast<dub::Frames>(pcm.frames()), settings_.format.sample_rate);
    if (audio.format == sts::kFormatPcm) {
        audio.base64 = sts::encode_sound(codec::to_s16le(pcm));
        return audio;
    }
    auto const bytes = codec::to_adts(pcm);
    if (!bytes) return std::nullopt;
    audio.base64 = sts::encode_sound(*bytes);
    return audio;
}

// --- from the service ---

std::expected<media::Pcm, dub::Fallback> SoundLine::decoded(sts::AudioData const& audio) const {
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
    auto fitting = codec::resampled(std::move(*pcm), settings_.format);
    if (!fitting) return std::unexpected(dub::Fallback::wrong_format);
    return std::move(*fitting);
}

void SoundLine::answer(std::uint64_t fragment, sts::Dub&& dub) {
    auto const found = sent_.find(fragment);
    if (found == sent_.end()) return;  // its place has gone out
    auto& sent = found->second;
    auto pcm = decoded(dub.audio);
    if (!pcm) return timeline_.fall_back(fragment, pcm.error());
    auto fitted =
        dub::fit(std::move(*pcm), {settings_.format, sent.length, sent.pause, sent.loudness});
    if (!fitted) return timeline_.fall_back(fragment, fitted.error());
    sent.stretch = fitted->stretch;
    sent.gain_db = fitted->gain_db;
    if (auto const laid = timeline_.lay(fragment, std::move(fitted->pcm)); !laid) {
        timeline_.fall_back(fragment, laid.error());
    }
}

void SoundLine::fall_back(std::uint64_t fragment, dub::Fallback reason) {
    timeline_.fall_back(fragment, reason);
}

// --- to the output ---

void SoundLine::advance(base::Timestamp until) {
    read_until(position_of(until));
    take_outcomes();
}

void SoundLine::read_until(dub::Position until) {
    auto const step = static_cast<dub::Frames>(codec::kAacFrames);
    while (timeline_.position() + step <= until) {
        frames_.clear();
        timeline_.read(timeline_.position() + step, frames_);
        encode();
    }
}

bool SoundLine::open_encoder() {
    if (encoder_) return true;
    auto encoder = codec::Encoder::open(settings_.format);
    if (!encoder) return false;
    encoder_.emplace(std::move(*encoder));
    encoder_start_ = timeline_.position() - static_cast<dub::Frames>(codec::kAacFrames);
    return true;
}

// An encoder fails when there is no memory. Its successor goes on where it was: a gap of 20 ms.
void SoundLine::encode() {
    encoded_.clear();
    if (!open_encoder() || encoder_->encode(frames_, encoded_)) return collect(encoded_);
    encoder_.reset();
}

void SoundLine::collect(std::vector<codec::EncodedUnit>& encoded) {
    for (auto& unit : encoded) {
        if (unit.first_frame < 0) continue;  // nothing is heard of it
        media::Unit made;
        made.track = settings_.track;
        made.keyframe = true;
        made.pts = made.dts = time_of(encoder_start_ + unit.first_frame) + settings_.dub.delay;
        made.payload = std::move(unit.payload);
        made_.units.push_back(std::move(made));
    }
}

void SoundLine::take_outcomes() {
    while (auto const outcome = timeline_.next_outcome()) {
        auto const sent = sent_.extract(outcome->fragment);
        if (sent.empty()) continue;
        auto const& fragment = sent.mapped();
        made_.settled.push_back({outcome->fragment, time_of(fragment.first),
                                 duration_of(fragment.length, settings_.format.sample_rate),
                                 outcome->fallback, fragment.stretch, fragment.gain_db});
    }
}

void SoundLine::finish() {
    auto const step = static_cast<dub::Frames>(codec::kAacFrames);
    read_until((timeline_.source_end() - timeline_.position() + step - 1) / step * step +
               timeline_.position());
    encoded_.clear();
    if (encoder_ && encoder_->finish(encoded_)) collect(encoded_);
    take_outcomes();
    made_.complete = true;
}

}  // namespace tidegate::worker
