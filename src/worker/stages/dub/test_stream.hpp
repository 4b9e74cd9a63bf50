// A stream whose sound and dubs can be told apart, for the tests of this folder: the speaker of the
// source sounds like 300 Hz and pauses after each sentence, the dub like 1 kHz. Tests only.
#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

#include "codec/decoder.hpp"
#include "codec/encoder.hpp"
#include "codec/piece.hpp"
#include "codec/test_sounds.hpp"
#include "media/aac.hpp"
#include "media/unit.hpp"
#include "sts/core/outcome.hpp"

namespace tidegate::worker::test {

using std::chrono::milliseconds;

inline constexpr double kVoice = 300, kDubVoice = 1000;
inline constexpr std::uint32_t kRate = 48000;

inline media::Track aac_track(std::uint32_t rate = kRate, std::uint8_t channels = 2) {
    return {*media::make_aac_lc_config(rate, channels)};
}

// A sentence of 700 ms in the middle of each second.
inline media::Pcm speech(int seconds, media::AudioFormat format = {kRate, 2}) {
    auto pcm = codec::test::silence(std::size_t(seconds) * format.sample_rate, format);
    for (int i = 0; i < seconds; ++i) {
        auto const second = std::size_t(i) * format.sample_rate;
        codec::test::add_tone(pcm, kVoice, 0.3F, second + format.sample_rate * 15 / 100,
                              format.sample_rate * 7 / 10);
    }
    return pcm;
}

inline constexpr milliseconds kSentence{150};  // where it begins in its second

// Units of AAC as a publisher sends them: the time of each is that of what a decoder gives of it.
inline std::vector<media::Unit> units_of(media::Pcm const& pcm, base::Timestamp from,
                                         std::uint16_t track = 1) {
    auto encoder = *codec::Encoder::open(pcm.format);
    std::vector<codec::EncodedUnit> encoded;
    for (std::size_t at = 0; at + codec::kAacFrames <= pcm.frames(); at += codec::kAacFrames) {
        (void)encoder.encode(pcm.frames(at, codec::kAacFrames), encoded);
    }
    std::vector<media::Unit> units;
    for (auto const& made : encoded) {
        if (made.first_frame < 0) continue;
        media::Unit unit;
        unit.track = track;
        unit.keyframe = true;
        unit.pts = unit.dts = from + base::from_ticks(made.first_frame, pcm.format.sample_rate);
        unit.payload = made.payload;
        units.push_back(unit);
    }
    return units;
}

// What a player hears: each unit at its time. The first frame is that of the first unit.
struct Heard {
    media::Pcm pcm;
    base::Timestamp from{};
    base::Timestamp largest_step{};  // between units, beside their usual one

    std::size_t frame_at(base::Timestamp time) const {
        return std::size_t(base::to_ticks(time - from, pcm.format.sample_rate));
    }
};

inline Heard hear(std::vector<media::Unit> const& units, media::AudioFormat format = {kRate, 2}) {
    Heard heard{{format, {}}, units.empty() ? base::Timestamp{} : units.front().dts};
    auto decoder = *codec::Decoder::open(aac_track(format.sample_rate, format.channel_count));
    for (std::size_t i = 0; i < units.size(); ++i) {
        std::vector<codec::Sound> sounds;
        decoder.decode(units[i].payload.view(), units[i].pts, sounds);
        for (auto const& sound : sounds) {
            heard.pcm.samples.insert(heard.pcm.samples.end(), sound.pcm.samples.begin(),
                                     sound.pcm.samples.end());
        }
        if (i == 0) continue;
        auto const step = units[i].dts - units[i - 1].dts -
                          base::from_ticks(codec::kAacFrames, format.sample_rate);
        heard.largest_step = std::max(heard.largest_step, std::chrono::abs(step));
    }
    return heard;
}

inline bool is_tone(Heard const& heard, double hertz, base::Timestamp from, milliseconds length) {
    return codec::test::share_of(
               heard.pcm, hertz, heard.frame_at(from),
               std::size_t(length.count()) * heard.pcm.format.sample_rate / 1000) > 0.9;
}

// The dub of a fragment: a tone all over.
inline sts::Dub dub_of(milliseconds length, std::uint32_t rate = 22050, std::uint8_t channels = 1,
                       double hertz = kDubVoice) {
    auto pcm = codec::test::silence(std::size_t(length.count()) * rate / 1000, {rate, channels});
    codec::test::add_tone(pcm, hertz, 0.3F, 0, pcm.frames());
    sts::Dub dub;
    dub.audio = {std::string(sts::kFormatPcm), rate, channels, length,
                 sts::encode_sound(codec::to_s16le(pcm))};
    dub.transcript = "said";
    dub.translation = "dicho";
    dub.round_trip = milliseconds(120);
    return dub;
}

}  // namespace tidegate::worker::test
