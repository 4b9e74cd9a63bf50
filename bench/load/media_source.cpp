#include "load/media_source.hpp"

#include <algorithm>

#include "load/time_code.hpp"
#include "media/aac.hpp"
#include "media/decoder_config.hpp"

namespace tidegate::bench {

namespace {

// A keyframe weighs as much as so many other frames: what x264 makes of a talking head.
constexpr double kKeyframeWeight = 6;
constexpr std::size_t kNalLengthSize = 4;
constexpr std::size_t kSeiHeader = 3;                             // type, payload type, size
constexpr std::size_t kSeiSize = kSeiHeader + kTimeCodeSize + 1;  // and the trailing bits
constexpr std::size_t kSmallestSlice = 8;
constexpr std::uint8_t kFiller = 0xe5;  // never an emulation of a start code

void put_length(base::Bytes& out, std::size_t size) {
    base::ByteWriter(out).u32(static_cast<std::uint32_t>(size));
}

base::Bytes make_frame(std::size_t size, bool keyframe) {
    auto const head = 2 * kNalLengthSize + kSeiSize;
    auto const slice = std::max(size, head + kSmallestSlice) - head;
    base::Bytes out;
    put_length(out, kSeiSize);
    base::ByteWriter writer(out);
    writer.u8(std::uint8_t{0x06});  // SEI
    writer.u8(std::uint8_t{0x05});  // user data unregistered
    writer.u8(static_cast<std::uint8_t>(kTimeCodeSize));
    out.resize(out.size() + kTimeCodeSize);
    out.push_back(0x80);
    put_length(out, slice);
    out.push_back(keyframe ? 0x65 : 0x41);
    out.resize(out.size() + slice - 1, kFiller);
    return out;
}

std::size_t bytes_per_unit(double kbps, double rate) {
    return static_cast<std::size_t>(kbps * 1000 / 8 / rate);
}

Nanoseconds at(std::uint64_t units, double rate) {
    return static_cast<Nanoseconds>(static_cast<double>(units) / rate * kSecond);
}

}  // namespace

MediaSource::MediaSource(MediaSettings const& settings) : settings_(settings) {
    tracks_.push_back({media::default_h264_config()});
    auto const gop = static_cast<double>(std::max(settings_.keyframe_every, 1U));
    auto const mean = static_cast<double>(bytes_per_unit(settings_.video_kbps, settings_.fps));
    auto const frame = mean * gop / (gop - 1 + kKeyframeWeight);
    frame_ = make_frame(static_cast<std::size_t>(frame), false);
    keyframe_ = make_frame(static_cast<std::size_t>(frame * kKeyframeWeight), true);
    if (!has_audio()) return;
    tracks_.push_back({*media::make_aac_lc_config(44100, 2)});
    auto const size = bytes_per_unit(settings_.audio_kbps, settings_.audio_rate);
    audio_.assign(std::max(size, kTimeCodeSize), kFiller);
}

MediaSource::Made MediaSource::next_video(Nanoseconds sent) {
    bool const keyframe = frames_ % std::max(settings_.keyframe_every, 1U) == 0;
    auto& unit = keyframe ? keyframe_ : frame_;
    write_time_code(unit.data() + kNalLengthSize + kSeiHeader, {true, sent});
    auto const timestamp = next_video_at() / kMillisecond;
    ++frames_;
    return {true, keyframe, timestamp, unit};
}

MediaSource::Made MediaSource::next_audio(Nanoseconds sent) {
    write_time_code(audio_.data(), {false, sent});
    auto const timestamp = next_audio_at() / kMillisecond;
    ++audio_units_;
    return {false, true, timestamp, audio_};
}

Nanoseconds MediaSource::next_video_at() const {
    return at(frames_, settings_.fps);
}

Nanoseconds MediaSource::next_audio_at() const {
    return at(audio_units_, settings_.audio_rate);
}

}  // namespace tidegate::bench
