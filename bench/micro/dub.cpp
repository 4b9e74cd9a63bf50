#include <cmath>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <vector>

#include "dub/cutter.hpp"
#include "dub/fit.hpp"
#include "dub/loudness.hpp"
#include "dub/timeline.hpp"
#include "micro/cases.hpp"

namespace tidegate::bench {

namespace {

constexpr media::AudioFormat kSound{48000, 2};
constexpr dub::Frames kSecond = 48000;
constexpr dub::Frames kUnit = 1024;  // of AAC
constexpr dub::Frames kDelay = 10 * kSecond;

// Syllables of a hum of 140 Hz, and a pause of 400 ms after each 2.6 s.
media::Pcm speech(dub::Frames frames) {
    media::Pcm pcm{kSound, {}};
    for (dub::Frames i = 0; i < frames; ++i) {
        auto const time = static_cast<double>(i) / kSecond;
        auto const speaks = std::fmod(time, 3.0) < 2.6 ? 0.3 : 0.0;
        auto const syllable = std::abs(std::sin(time * 15));
        auto const sample = static_cast<float>(speaks * syllable * std::sin(time * 880));
        pcm.samples.insert(pcm.samples.end(), kSound.channel_count, sample);
    }
    return pcm;
}

// The line of a stream of which each fragment is dubbed. The sound is made before.
class Line {
public:
    // A unit of sound comes, and one goes out.
    void next_unit() {
        auto const first = static_cast<std::size_t>(at_ % (9 * kSecond));
        auto const samples = speech_.frames(first, kUnit);
        timeline_.put(at_, samples);
        cutter_.put(at_, samples);
        at_ += kUnit;
        while (auto const fragment = cutter_.next()) lay(*fragment);
        out_.clear();
        timeline_.read(at_ - kDelay, out_);
        while (timeline_.next_outcome()) {
        }
    }

private:
    void lay(dub::Fragment const& fragment) {
        timeline_.expect(fragment.number, fragment.first, fragment.length(), fragment.pause);
        if (!timeline_.lay(fragment.number, fragment.pcm)) throw std::logic_error("late");
    }

    media::Pcm speech_ = speech(9 * kSecond + kUnit);
    dub::Position at_ = 0;
    dub::Cutter cutter_{{.format = kSound}};
    dub::Timeline timeline_{{.format = kSound, .start = -kDelay, .capacity = kDelay + kSecond}};
    std::vector<float> out_;
};

}  // namespace

MicroStep dub_line_unit() {
    auto line = std::make_shared<Line>();
    for (int i = 0; i < 700; ++i) line->next_unit();
    return [line] { line->next_unit(); };
}

MicroStep dub_fit() {
    auto const sound = speech(kSecond / 2);
    return [sound] {
        auto const place = dub::Place{kSound, kSecond / 2, 0, dub::loudness(sound)};
        if (!dub::fit(sound, place)) throw std::logic_error("refused");
    };
}

}  // namespace tidegate::bench
