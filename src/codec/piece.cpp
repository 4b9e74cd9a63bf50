#include "codec/piece.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

#include "codec/decoder.hpp"
#include "codec/encoder.hpp"
#include "media/aac.hpp"
#include "ts/adts.hpp"

namespace tidegate::codec {

namespace {

// Units of kMaxPiece at the highest rate. Damaged ones give no sound, but take time.
constexpr std::size_t kMaxUnits =
    static_cast<std::size_t>(kMaxPiece.count()) * 96'000 / kAacFrames + 2;

std::size_t most_frames(media::AudioFormat format) {
    return static_cast<std::size_t>(kMaxPiece.count()) * format.sample_rate;
}

}  // namespace

std::expected<base::Bytes, std::string> adts_frames(media::AacConfig const& config,
                                                    std::span<base::ByteView const> units) {
    auto const form = ts::adts_form(config);
    if (!form) return std::unexpected(form.error().message);
    base::Bytes bytes;
    for (auto const& unit : units) {
        if (ts::kAdtsHeaderSize + unit.size() > ts::kMaxAdtsFrame) {
            return std::unexpected("a unit is too long for ADTS");
        }
        auto const header = form->header(unit.size());
        bytes.insert(bytes.end(), header.begin(), header.end());
        bytes.insert(bytes.end(), unit.begin(), unit.end());
    }
    return bytes;
}

std::expected<base::Bytes, std::string> to_adts(media::Pcm const& pcm) {
    auto encoder = Encoder::open(pcm.format, Encoder::Listener::machine);
    if (!encoder) return std::unexpected(encoder.error());
    std::vector<EncodedUnit> units;
    std::vector<float> last;
    for (std::size_t at = 0; at < pcm.frames(); at += kAacFrames) {
        auto frames = pcm.frames(at, std::min(kAacFrames, pcm.frames() - at));
        if (frames.size() < kAacFrames * pcm.format.channel_count) {
            last.assign(frames.begin(), frames.end());
            last.resize(kAacFrames * pcm.format.channel_count);
            frames = last;
        }
        if (auto const encoded = encoder->encode(frames, units); !encoded) {
            return std::unexpected(encoded.error());
        }
    }
    if (auto const encoded = encoder->finish(units); !encoded) {
        return std::unexpected(encoded.error());
    }
    std::vector<base::ByteView> payloads;
    for (auto const& unit : units) payloads.push_back(unit.payload.view());
    return adts_frames(encoder->config(), payloads);
}

std::expected<media::Pcm, std::string> from_adts(base::ByteView bytes) {
    // The decoder learns everything from the headers of the frames.
    auto decoder = Decoder::open({media::AacConfig{}});
    if (!decoder) return std::unexpected(decoder.error());
    media::Pcm pcm;
    std::vector<Sound> sounds;
    for (std::size_t unit = 0; auto const frame = media::parse_adts_frame(bytes); ++unit) {
        if (unit == kMaxUnits) return std::unexpected("longer than a minute");
        sounds.clear();
        decoder->decode(bytes.first(frame->size), {}, sounds);
        bytes = bytes.subspan(frame->size);
        if (unit == 0) continue;  // the encoder's priming
        for (auto const& sound : sounds) {
            if (pcm.samples.empty()) pcm.format = sound.pcm.format;
            if (sound.pcm.format != pcm.format) {
                return std::unexpected("the sample rate changes within the sound");
            }
            pcm.samples.insert(pcm.samples.end(), sound.pcm.samples.begin(),
                               sound.pcm.samples.end());
            if (pcm.frames() > most_frames(pcm.format)) {
                return std::unexpected("longer than a minute");
            }
        }
    }
    if (pcm.samples.empty()) return std::unexpected("no AAC in ADTS frames");
    return pcm;
}

base::Bytes to_s16le(media::Pcm const& pcm) {
    base::Bytes bytes;
    bytes.reserve(pcm.samples.size() * 2);
    for (auto const sample : pcm.samples) {
        auto const scaled = std::clamp(std::round(sample * 32768.0F), -32768.0F, 32767.0F);
        auto const value = static_cast<std::uint16_t>(static_cast<std::int16_t>(scaled));
        bytes.push_back(static_cast<std::uint8_t>(value & 0xff));
        bytes.push_back(static_cast<std::uint8_t>(value >> 8));
    }
    return bytes;
}

std::expected<media::Pcm, std::string> from_s16le(base::ByteView bytes, media::AudioFormat format) {
    if (format.channel_count == 0 || format.channel_count > kMaxChannels ||
        format.sample_rate < 8000 || format.sample_rate > media::kMaxAudioSampleRate) {
        return std::unexpected("samples without a sample rate and channels");
    }
    auto const frames = bytes.size() / (2U * format.channel_count);
    if (frames == 0) return std::unexpected("no sample");
    if (frames > most_frames(format)) return std::unexpected("longer than a minute");
    media::Pcm pcm{format, {}};
    pcm.samples.reserve(frames * format.channel_count);
    for (std::size_t i = 0; i < frames * format.channel_count; ++i) {
        auto const value = static_cast<std::uint16_t>(bytes[2 * i] | bytes[2 * i + 1] << 8);
        pcm.samples.push_back(static_cast<float>(static_cast<std::int16_t>(value)) / 32768.0F);
    }
    return pcm;
}

}  // namespace tidegate::codec
