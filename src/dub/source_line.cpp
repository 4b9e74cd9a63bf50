#include "dub/source_line.hpp"

#include <algorithm>
#include <limits>

#include "dub/sample.hpp"

namespace tidegate::dub {

namespace {

constexpr std::int64_t kSilence = -1;
constexpr Position kForever = std::numeric_limits<Position>::max();
// Fades after the end of a run in which its last samples may still be needed: the hole that is
// bridged, a fade that was running, and the fade to what follows. A mirror shows at most one fade.
constexpr Frames kFadesAfterEnd = 3;
constexpr Frames kFadesOfHistory = kFadesAfterEnd + 1;

}  // namespace

SourceLine::SourceLine(media::AudioFormat format, Frames capacity, Position start)
    : channels_(format.channel_count),
      capacity_(capacity),
      position_(start),
      curve_(format.sample_rate),
      fader_(kSilence, curve_.length()),
      ring_(static_cast<std::size_t>(capacity + kFadesOfHistory * curve_.length()) * channels_) {}

Frames SourceLine::ring_frames() const {
    return capacity_ + kFadesOfHistory * curve_.length();
}

// Where the samples of a position are in the ring.
std::size_t SourceLine::index(Position at) const {
    auto const frames = ring_frames();
    auto const frame = at % frames;
    return static_cast<std::size_t>(frame < 0 ? frame + frames : frame) * channels_;
}

Position SourceLine::end() const {
    return runs_.empty() ? position_ : std::max(position_, runs_.back().end);
}

Frames SourceLine::put(Position at, std::span<float const> samples) {
    auto const limit = position_ + capacity_;
    if (at >= limit || samples.empty()) return 0;
    auto const first = std::max(at, end());
    auto const stop = std::min(at + static_cast<Frames>(samples.size() / channels_), limit);
    if (first >= stop) return 0;
    if (runs_.empty() || runs_.back().end != first) {
        if (runs_.size() >= kMaxRuns) return 0;
        runs_.push_back({next_run_++, first, first});
    }
    store(first, samples.subspan(static_cast<std::size_t>(first - at) * channels_,
                                 static_cast<std::size_t>(stop - first) * channels_));
    runs_.back().end = stop;
    return stop - first;
}

void SourceLine::store(Position at, std::span<float const> samples) {
    auto const begin = index(at);
    auto const before_wrap = std::min(samples.size(), ring_.size() - begin);
    std::ranges::transform(samples.first(before_wrap),
                           ring_.begin() + static_cast<std::ptrdiff_t>(begin), clean);
    std::ranges::transform(samples.subspan(before_wrap), ring_.begin(), clean);
}

SourceLine::Wanted SourceLine::wanted(Position at) const {
    auto const next =
        std::ranges::partition_point(runs_, [&](Run const& r) { return r.end <= at; });
    if (next == runs_.end()) return {kSilence, kForever};
    if (next->first <= at) return {next->id, next->end};
    if (next != runs_.begin()) {
        auto const& before = *std::prev(next);
        if (next->first - before.end <= curve_.length()) return {before.id, next->first};
    }
    return {kSilence, next->first};
}

SourceLine::Run const& SourceLine::run(Voice voice) const {
    return *std::ranges::lower_bound(runs_, voice, {}, &Run::id);
}

// The position whose sample is heard at `at` in a run: behind its end, its last part is mirrored
// again and again.
Position SourceLine::source_of(Run const& run, Position at) const {
    if (at < run.end) return at;
    auto const mirror = std::min(run.end - run.first, curve_.length());
    auto const behind = (at - run.end) % (2 * mirror);
    return behind < mirror ? run.end - 1 - behind : run.end - 2 * mirror + behind;
}

void SourceLine::copy(std::span<float> out, Position at) const {
    auto const begin = index(at);
    auto const before_wrap = std::min(out.size(), ring_.size() - begin);
    std::copy_n(ring_.begin() + static_cast<std::ptrdiff_t>(begin), before_wrap, out.begin());
    std::copy_n(ring_.begin(), out.size() - before_wrap,
                out.begin() + static_cast<std::ptrdiff_t>(before_wrap));
}

// Adds the sound of a voice, each frame with its weight.
void SourceLine::add(std::span<float> out, Position at, Voice voice,
                     std::span<float const> weights) const {
    if (voice == kSilence) return;
    auto const& source = run(voice);
    for (std::size_t i = 0; i < out.size(); i += channels_, ++at) {
        auto const weight = weights[i / channels_];
        auto const from = index(source_of(source, at));
        for (std::size_t c = 0; c < channels_; ++c) out[i + c] += weight * ring_[from + c];
    }
}

// A piece in which neither the voice changes nor a fade begins or ends.
void SourceLine::read_piece(std::span<float> out, Position at) const {
    std::ranges::fill(out, 0.0F);
    auto const voice = fader_.current();
    if (fader_.fading(at)) {
        auto const into = static_cast<std::size_t>(at - fader_.begun());
        add(out, at, voice, std::span(curve_.in).subspan(into));
        add(out, at, fader_.previous(), std::span(curve_.out).subspan(into));
    } else if (voice != kSilence) {
        auto const& source = run(voice);
        auto const real =
            std::clamp<Frames>(source.end - at, 0, static_cast<Frames>(out.size() / channels_));
        auto const samples = static_cast<std::size_t>(real) * channels_;
        copy(out.first(samples), at);
        for (auto i = samples; i < out.size(); i += channels_) {
            auto const from = index(source_of(source, at + static_cast<Frames>(i / channels_)));
            std::copy_n(ring_.begin() + static_cast<std::ptrdiff_t>(from), channels_,
                        out.begin() + static_cast<std::ptrdiff_t>(i));
        }
    }
}

Frames SourceLine::read(std::span<float> out) {
    auto const stop = position_ + static_cast<Frames>(out.size() / channels_);
    Frames silence = 0;
    while (position_ < stop) {
        auto const want = wanted(position_);
        fader_.want(want.voice, position_);
        auto until = std::min(stop, want.until);
        if (fader_.fading(position_)) until = std::min(until, fader_.fade_end());
        auto const samples = static_cast<std::size_t>(until - position_) * channels_;
        read_piece(out.first(samples), position_);
        if (fader_.current() == kSilence) silence += until - position_;
        out = out.subspan(samples);
        position_ = until;
    }
    forget();
    return silence;
}

// Runs whose last samples can no longer be heard.
void SourceLine::forget() {
    auto const old = position_ - kFadesAfterEnd * curve_.length();
    auto const keep = std::ranges::find_if(runs_, [&](Run const& r) { return r.end > old; });
    runs_.erase(runs_.begin(), keep);
}

}  // namespace tidegate::dub
