#include "dub/cutter.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "dub/sample.hpp"

namespace tidegate::dub {

namespace {

// A pause at the beginning of a fragment that is at least this long becomes one of its own.
constexpr std::size_t kLead = 500 / kVoiceWindow.count();
// What goes with the speech after it: breath, and the beginning of a soft sound.
constexpr std::size_t kBeforeSpeech = 100 / kVoiceWindow.count();
// A hard cut is made in the last third, where this long is quietest: a gap between words.
constexpr std::size_t kGapBetweenWords = 50 / kVoiceWindow.count();
// Not only quieter than the voice activity asks for, but quiet beside the rest of the fragment:
// a steady tone is no pause. Parts of the mean energy; 6 dB.
constexpr float kQuietBesideSpeech = 0.25F;

std::size_t windows_of(std::chrono::milliseconds length) {
    return static_cast<std::size_t>(std::max<std::int64_t>(1, length / kVoiceWindow));
}

float silence_energy() {
    return static_cast<float>(std::pow(10.0, kSilenceDb / 10));
}

float mean_square(std::span<float const> samples) {
    auto sum = 0.0F;
    for (auto const sample : samples) sum += sample * sample;
    return samples.empty() ? 0 : sum / static_cast<float>(samples.size());
}

}  // namespace

Cutter::Cutter(CutterSettings const& settings)
    : format_(settings.format),
      channels_(settings.format.channel_count),
      window_(std::max<Frames>(1, frames_of(kVoiceWindow, settings.format.sample_rate))),
      min_length_(windows_of(settings.min_length)),
      max_length_(std::max(min_length_, windows_of(settings.max_length))),
      min_pause_(windows_of(settings.min_pause)),
      nearest_(settings.nearest),
      end_(std::numeric_limits<Position>::min()) {
    samples_.reserve((max_length_ + 1) * static_cast<std::size_t>(window_) * channels_);
    windows_.reserve(max_length_ + 1);
}

Frames Cutter::open_length() const {
    return static_cast<Frames>(samples_.size() / channels_);
}

std::optional<Position> Cutter::open_since() const {
    return first_;
}

std::optional<Fragment> Cutter::next() {
    if (finished_.empty()) return std::nullopt;
    auto fragment = std::move(finished_.front());
    finished_.pop_front();
    return fragment;
}

void Cutter::put(Position at, std::span<float const> samples) {
    if (at < end_) {
        auto const known = static_cast<std::uint64_t>(end_) - static_cast<std::uint64_t>(at);
        if (known >= samples.size() / channels_) return;
        samples = samples.subspan(static_cast<std::size_t>(known) * channels_);
        at = end_;
    }
    if (samples.empty()) return;
    if (first_ && at > end_) finish(Ending::gap);
    if (!first_) first_ = at;
    end_ = at + static_cast<Frames>(samples.size() / channels_);
    while (!samples.empty()) {
        auto const whole =
            static_cast<std::size_t>(static_cast<Frames>(windows_.size() + 1) * window_ - before_) *
            channels_;
        auto const count = std::min(samples.size(), whole - samples_.size());
        std::ranges::transform(samples.first(count), std::back_inserter(samples_), clean);
        samples = samples.subspan(count);
        if (samples_.size() == whole) take_window();
    }
}

void Cutter::take_window() {
    auto const size = static_cast<std::size_t>(window_) * channels_;
    auto const verdict = activity_.next(std::span(samples_).last(size), channels_);
    windows_.push_back({verdict.energy, verdict.speech});
    if (verdict.speech) ++speech_windows_;
    cut_if_due();
}

void Cutter::cut_if_due() {
    auto const count = windows_.size();
    if (auto const lead = lead_to_cut()) return cut_after(*lead, Ending::pause);
    auto const pause = windows_without_speech();
    if (has_speech() && count >= min_length_ && pause >= pause_needed()) {
        return cut_after(std::max(min_length_, count - pause / 2), Ending::pause);
    }
    if (count < max_length_) return;
    if (auto const earlier = best_pause()) return cut_after(*earlier, Ending::pause);
    cut_after(has_speech() ? quietest_window() : count, Ending::maximum);
}

// The middle of the longest pause that came too early to be enough, but would be enough now.
std::optional<std::size_t> Cutter::best_pause() const {
    std::optional<std::size_t> best;
    auto longest = pause_needed() - 1;
    std::size_t pause = 0;
    for (std::size_t i = 0; i < windows_.size(); ++i) {
        pause = windows_[i].speech ? 0 : pause + 1;
        auto const middle = i + 1 - pause / 2;
        if (pause <= longest || middle < min_length_ || pause > i) continue;
        longest = pause;
        best = middle;
    }
    return best;
}

// Speech has just begun after a pause that is worth a fragment. Noise that is shorter than a
// fragment is none: a service has nothing to say about it.
std::optional<std::size_t> Cutter::lead_to_cut() const {
    auto const count = windows_.size();
    if (speech_windows_ != 1 || !windows_.back().speech || count <= kLead + kBeforeSpeech) {
        return std::nullopt;
    }
    auto const lead = count - 1 - kBeforeSpeech;
    return lead >= min_length_ || all_silent(lead) ? std::optional(lead) : std::nullopt;
}

// At the end of the open fragment.
std::size_t Cutter::windows_without_speech() const {
    auto const last = std::find_if(windows_.rbegin(), windows_.rend(),
                                   [](Window const& window) { return window.speech; });
    return static_cast<std::size_t>(last - windows_.rbegin());
}

// The longer the fragment, the shorter a pause is enough.
std::size_t Cutter::pause_needed() const {
    auto const range = std::max<std::size_t>(1, max_length_ - min_length_);
    auto const over = windows_.size() - min_length_;
    return std::max<std::size_t>(1, min_pause_ - min_pause_ * 2 * over / (3 * range));
}

// Where the last third is quietest: the number of windows before it.
std::size_t Cutter::quietest_window() const {
    auto const first = std::max(min_length_, windows_.size() * 2 / 3);
    auto best = windows_.size();
    auto least = std::numeric_limits<float>::max();
    for (auto end = first + kGapBetweenWords; end <= windows_.size(); ++end) {
        auto sum = 0.0F;
        for (auto i = end - kGapBetweenWords; i < end; ++i) sum += windows_[i].energy;
        if (sum >= least) continue;
        least = sum;
        best = end - kGapBetweenWords / 2;
    }
    return best;
}

bool Cutter::all_silent(std::size_t windows) const {
    auto const limit = silence_energy();
    return std::ranges::none_of(std::span(windows_).first(windows),
                                [&](Window const& window) { return window.energy > limit; });
}

// Of the first `windows` windows, which have `length` frames with what is in no window yet.
Frames Cutter::pause_at_end(Frames length, std::size_t windows) const {
    auto sum = 0.0F;
    for (std::size_t i = 0; i < windows; ++i) sum += windows_[i].energy;
    auto const quiet =
        sum / static_cast<float>(std::max<std::size_t>(1, windows)) * kQuietBesideSpeech;
    auto speaks = windows;
    while (speaks > 0 && !windows_[speaks - 1].speech && windows_[speaks - 1].energy < quiet) {
        --speaks;
    }
    if (speaks == windows) return 0;
    return std::min(length, length + before_ - static_cast<Frames>(speaks) * window_);
}

// Near the end of that window.
void Cutter::cut_after(std::size_t windows, Ending ending) {
    auto const wanted = static_cast<Frames>(windows) * window_ - before_;
    if (!nearest_) return cut(wanted, ending);
    // Silence may be shorter than the minimum. Nothing is shorter than a window.
    auto const least = std::min(wanted, static_cast<Frames>(min_length_) * window_);
    auto const near = nearest_(*first_ + wanted, *first_ + std::max(least, window_)) - *first_;
    cut(near >= least && near <= open_length() ? near : wanted, ending);
}

void Cutter::cut(Frames length, Ending ending) {
    auto const windows =
        std::min(windows_.size(), static_cast<std::size_t>((length + before_) / window_));
    auto const samples = std::span(samples_).first(static_cast<std::size_t>(length) * channels_);
    auto& fragment = finished_.emplace_back();
    fragment.number = next_number_++;
    fragment.first = *first_;
    fragment.pcm = {format_, {samples.begin(), samples.end()}};
    auto const rest = static_cast<std::size_t>(std::clamp<Frames>(
                          static_cast<Frames>(windows) * window_ - before_, 0, length)) *
                      channels_;
    fragment.silent = all_silent(windows) && mean_square(samples.subspan(rest)) <= silence_energy();
    fragment.pause = fragment.silent ? length : pause_at_end(length, windows);
    fragment.ending = ending;

    first_ = *first_ + length;
    before_ = length + before_ - static_cast<Frames>(windows) * window_;
    samples_.erase(samples_.begin(), samples_.begin() + std::ssize(samples));
    windows_.erase(windows_.begin(), windows_.begin() + static_cast<std::ptrdiff_t>(windows));
    speech_windows_ = static_cast<std::size_t>(
        std::ranges::count_if(windows_, [](Window const& window) { return window.speech; }));
}

void Cutter::finish(Ending ending) {
    if (!samples_.empty()) cut(open_length(), ending);
    first_.reset();
    before_ = 0;
    windows_.clear();
    speech_windows_ = 0;
}

}  // namespace tidegate::dub
