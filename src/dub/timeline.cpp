#include "dub/timeline.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <ranges>

#include "dub/fit.hpp"
#include "dub/sample.hpp"

namespace tidegate::dub {

namespace {

constexpr Position kNoChange = std::numeric_limits<Position>::max();
// Fades after the end of a place in which its dub may still be needed: a fade that was running, and
// the fade to what follows.
constexpr Frames kFadesAfterPlace = 2;

float peak_of(float const* frame, std::size_t channels) {
    auto peak = 0.0F;
    for (std::size_t c = 0; c < channels; ++c) peak = std::max(peak, std::abs(frame[c]));
    return peak;
}

}  // namespace

Timeline::Timeline(TimelineSettings const& settings)
    : format_(settings.format),
      channels_(settings.format.channel_count),
      capacity_(settings.capacity),
      position_(settings.start),
      source_(settings.format, settings.capacity, settings.start),
      curve_(settings.format.sample_rate),
      fader_(Voice{}, curve_.length()),
      last_end_(settings.start) {
    if (settings.bed) bed_.emplace(*settings.bed, settings.format.sample_rate);
}

// --- fragments ---

bool Timeline::expect(std::uint64_t fragment, Position first, Frames length, Frames pause) {
    if (length <= 0 || length > capacity_ || first < position_ || first < last_end_) return false;
    if (first - position_ > capacity_ - length) return false;
    if (last_number_ && fragment <= *last_number_) return false;
    auto& place = fragments_.emplace_back();
    place.number = fragment;
    place.first = first;
    place.length = length;
    place.pause = pause;
    last_number_ = fragment;
    last_end_ = place.end();
    return true;
}

Timeline::Expected* Timeline::find(std::uint64_t fragment) {
    auto const found = std::ranges::lower_bound(fragments_, fragment, {}, &Expected::number);
    return found == fragments_.end() || found->number != fragment ? nullptr : &*found;
}

std::optional<Fallback> Timeline::fault_of(Expected const& place, media::Pcm const& dub) const {
    if (dub.format != format_ || dub.samples.size() % channels_ != 0) return Fallback::wrong_format;
    if (dub.samples.empty()) return Fallback::empty;
    auto const missing = place.length - static_cast<Frames>(dub.frames());
    if (missing > longest_pause(place.length, place.pause, format_.sample_rate)) {
        return Fallback::too_short;
    }
    return std::nullopt;
}

std::expected<void, Fallback> Timeline::lay(std::uint64_t fragment, media::Pcm dub) {
    auto* const place = find(fragment);
    if (!place || place->begun || place->fallback || !place->dub.empty()) {
        return std::unexpected(Fallback::late);
    }
    place->fallback = fault_of(*place, dub);
    if (place->fallback) return std::unexpected(*place->fallback);
    // What is longer is heard during the cross-fade to the next sound only.
    auto const longest = static_cast<std::size_t>(place->length + curve_.length()) * channels_;
    dub.samples.resize(std::min(dub.samples.size(), longest));
    dub.samples.shrink_to_fit();
    std::ranges::transform(dub.samples, dub.samples.begin(), clean);
    place->dub = std::move(dub.samples);
    return {};
}

void Timeline::fall_back(std::uint64_t fragment, Fallback reason) {
    auto* const place = find(fragment);
    if (place && !place->begun && !place->fallback && place->dub.empty()) place->fallback = reason;
}

void Timeline::begin_places(Position until) {
    for (auto& place : fragments_) {
        if (place.first >= until) return;
        if (place.begun) continue;
        place.begun = true;
        if (place.dub.empty() && !place.fallback) place.fallback = Fallback::late;
        outcomes_.push_back({place.number, place.fallback});
    }
}

void Timeline::forget_places() {
    auto const old = position_ - kFadesAfterPlace * curve_.length();
    while (!fragments_.empty() && fragments_.front().end() <= old) fragments_.pop_front();
}

std::optional<Timeline::Outcome> Timeline::next_outcome() {
    if (outcomes_.empty()) return std::nullopt;
    auto const outcome = outcomes_.front();
    outcomes_.pop_front();
    return outcome;
}

std::size_t Timeline::memory() const {
    auto bytes = source_.memory();
    for (auto const& place : fragments_) bytes += place.dub.capacity() * sizeof(float);
    return bytes;
}

// --- the output ---

Timeline::Wanted Timeline::wanted(Position at) const {
    using enum Voice::Kind;
    auto const place =
        std::ranges::partition_point(fragments_, [&](Expected const& p) { return p.end() <= at; });
    if (place == fragments_.end()) return {{original}, kNoChange};
    if (place->first > at) return {{original}, place->first};
    if (place->dub.empty()) return {{original}, place->end()};
    auto const dub_end = place->first + static_cast<Frames>(place->dub.size() / channels_);
    // A pause that is not longer than a fade is none.
    if (place->end() - dub_end <= curve_.length()) return {{dub, place->number}, place->end()};
    if (at < dub_end) return {{dub, place->number}, dub_end};
    return {{pause, place->number}, place->end()};
}

// The samples of a dub at a position. Behind its end it is mirrored. nullptr: the voice is no dub.
float const* Timeline::dub_frame(Voice voice, Position at) const {
    if (voice.kind != Voice::Kind::dub) return nullptr;
    auto const& place =
        *std::ranges::lower_bound(fragments_, voice.fragment, {}, &Expected::number);
    auto const length = static_cast<Frames>(place.dub.size() / channels_);
    auto const into = (at - place.first) % (2 * length);
    auto const frame = into < length ? into : 2 * length - 1 - into;
    return place.dub.data() + static_cast<std::size_t>(frame) * channels_;
}

void Timeline::read(Position until, std::vector<float>& out) {
    if (until <= position_) return;
    begin_places(until);
    auto const before = out.size();
    out.resize(before + static_cast<std::size_t>(until - position_) * channels_);
    read_block(std::span(out).subspan(before));
    forget_places();
}

void Timeline::read_block(std::span<float> out) {
    auto const stop = position_ + static_cast<Frames>(out.size() / channels_);
    while (position_ < stop) {
        auto const want = wanted(position_);
        fader_.want(want.voice, position_);
        auto until = std::min(stop, want.until);
        if (fader_.fading(position_)) until = std::min(until, fader_.fade_end());
        auto const samples = static_cast<std::size_t>(until - position_) * channels_;
        read_piece(out.first(samples));
        out = out.subspan(samples);
    }
}

// A piece in which neither the voice changes nor a fade begins or ends.
void Timeline::read_piece(std::span<float> out) {
    auto const frames = static_cast<Frames>(out.size() / channels_);
    auto const silence = source_.read(out);  // the mix is made in place
    mix(out, position_);
    if (fader_.current().kind == Voice::Kind::original) {
        heard_.original += frames - silence;
        heard_.silence += silence;
    } else {
        heard_.dub += frames;
    }
    position_ += frames;
}

// `out` has the original, and gets what is heard.
void Timeline::mix(std::span<float> out, Position at) {
    auto const kind = fader_.current().kind;
    if (!fader_.fading(at)) {
        if (kind == Voice::Kind::original) {
            if (bed_) bed_->rest();
            return;
        }
        if (!bed_) return copy_dub(out, at);
    }
    for (std::size_t i = 0; i < out.size(); i += channels_, ++at) {
        Weights weights;
        if (fader_.fading(at)) {
            auto const into = static_cast<std::size_t>(at - fader_.begun());
            weights = {curve_.in[into], curve_.out[into]};
        }
        mix_frame(out.subspan(i, channels_), at, weights);
    }
}

// The dub alone, or its pause.
void Timeline::copy_dub(std::span<float> out, Position at) const {
    auto const voice = fader_.current();
    if (voice.kind == Voice::Kind::pause) {
        std::ranges::fill(out, 0.0F);
        return;
    }
    auto const& place =
        *std::ranges::lower_bound(fragments_, voice.fragment, {}, &Expected::number);
    auto const begin =
        std::min(place.dub.size(), static_cast<std::size_t>(at - place.first) * channels_);
    auto const real = std::min(out.size(), place.dub.size() - begin);
    std::copy_n(place.dub.data() + begin, real, out.begin());
    for (auto i = real; i < out.size(); i += channels_) {
        auto const* const frame = dub_frame(voice, at + static_cast<Frames>(i / channels_));
        std::copy_n(frame, channels_, out.begin() + static_cast<std::ptrdiff_t>(i));
    }
}

// One frame of several sounds. The sum of sounds that are not correlated has their power, but two
// peaks may meet: it is never louder than full scale, or than the loudest of them.
void Timeline::mix_frame(std::span<float> frame, Position at, Weights weights) {
    auto const current = fader_.current();
    auto const previous = weights.out > 0 ? fader_.previous() : Voice{Voice::Kind::pause};
    auto const* const comes = dub_frame(current, at);
    auto const* const goes = dub_frame(previous, at);

    auto original = 0.0F;
    if (current.kind == Voice::Kind::original) original = weights.in;
    if (previous.kind == Voice::Kind::original) original = weights.out;
    if (bed_) {
        auto const peak = std::max(comes ? weights.in * peak_of(comes, channels_) : 0.0F,
                                   goes ? weights.out * peak_of(goes, channels_) : 0.0F);
        auto const bed = bed_->next(peak);
        auto const power = original * original;
        original = std::sqrt(power + (1 - power) * bed * bed);
    }
    for (std::size_t c = 0; c < channels_; ++c) {
        auto limit = std::max(1.0F, std::abs(frame[c]));
        auto sum = original * frame[c];
        if (comes) {
            sum += weights.in * comes[c];
            limit = std::max(limit, std::abs(comes[c]));
        }
        if (goes) {
            sum += weights.out * goes[c];
            limit = std::max(limit, std::abs(goes[c]));
        }
        frame[c] = std::clamp(sum, -limit, limit);
    }
}

}  // namespace tidegate::dub
