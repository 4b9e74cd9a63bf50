#include "worker/stages/dub/sound_line.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include "codec/piece.hpp"
#include "dub/loudness.hpp"

namespace tidegate::worker {

namespace {

// Sound that has not come for this long has stopped; tracks of one stream lie less far apart.
constexpr std::chrono::seconds kStopped{1};

dub::CutterSettings cutter_settings(LineSettings const& settings, SourceUnits const& units) {
    dub::CutterSettings made;
    made.format = settings.format;
    made.min_length = settings.dub.shortest();
    made.max_length = settings.dub.longest();
    if (settings.dub.format == sts::kFormatAac) {
        made.nearest = [&units](dub::Position to, dub::Position least) {
            return units.nearest(to, least);
        };
    }
    return made;
}

// units: ADTS frames with this sound, if there are any.
std::optional<sts::AudioData> sound_of(media::Pcm const& pcm, std::string const& format,
                                       std::optional<base::Bytes> units) {
    sts::AudioData audio;
    audio.format = format;
    audio.sample_rate = pcm.format.sample_rate;
    audio.channels = pcm.format.channel_count;
    audio.duration = duration_of(static_cast<dub::Frames>(pcm.frames()), pcm.format.sample_rate);
    if (audio.format == sts::kFormatPcm) {
        audio.base64 = sts::encode_sound(codec::to_s16le(pcm));
        return audio;
    }
    if (!units) {
        auto encoded = codec::to_adts(pcm);
        if (!encoded) return std::nullopt;
        units = std::move(*encoded);
    }
    audio.base64 = sts::encode_sound(*units);
    return audio;
}

}  // namespace

SoundLine::SoundLine(LineSettings settings)
    : settings_(std::move(settings)),
      source_(settings_.origin, settings_.format,
              [this](dub::Position at, std::span<float const> samples) { lay(at, samples); }),
      cutter_(cutter_settings(settings_, source_.units())) {
    for (std::size_t i = 0; i < settings_.tracks.size(); ++i) lines_.emplace_back(settings_, i);
}

Made SoundLine::take_made() {
    made_.damaged = source_.damaged();
    if (lines_.size() > 1) {
        std::ranges::sort(made_.units, {},
                          [](media::Unit const& unit) { return std::pair{unit.dts, unit.track}; });
    }
    return std::exchange(made_, {});
}

std::size_t SoundLine::memory() const {
    return std::accumulate(
        lines_.begin(), lines_.end(), original_ ? original_->memory() : 0,
        [](std::size_t sum, DubLine const& line) { return sum + line.memory(); });
}

// --- from the source ---

void SoundLine::take(base::ByteView unit, base::Timestamp pts) {
    source_.take(unit, pts);
    take_fragments();
}

void SoundLine::encode_original() {
    if (settings_.original && !original_) original_.emplace(settings_, source_.end());
}

void SoundLine::lay(dub::Position at, std::span<float const> samples) {
    each_line([&](DubLine& line) { line.put(at, samples); });
    cutter_.put(at, samples);
}

void SoundLine::note_time(base::Timestamp newest) {
    if (!cutter_.open_since() || newest - time_of(settings_, source_.end()) < kStopped) return;
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
    bool const sending = !fragment.silent && std::ranges::any_of(lines_, &DubLine::sending);
    auto const all = sending ? outgoing(fragment) : Outgoing{};
    for (auto& line : lines_) line.take(fragment, all, made_);
    source_.units().forget_before(fragment.end());
}

Outgoing SoundLine::outgoing(dub::Fragment const& fragment) const {
    return {dub::loudness(fragment.pcm),
            sound_of(fragment.pcm, settings_.dub.format,
                     source_.units().adts(fragment.first, fragment.end()))};
}

// --- to the output ---

void SoundLine::advance(base::Timestamp until) {
    auto const position = dub::frames_of(until - settings_.origin, settings_.format.sample_rate);
    each_line([&](DubLine& line) { line.advance(position, made_); });
}

void SoundLine::finish() {
    each_line([&](DubLine& line) { line.finish(made_); });
    made_.complete = true;
}

}  // namespace tidegate::worker
