// What a stream is made of: its tracks, and what a decoder must know before the first unit of each.
// Plain values; any thread.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/bytes.hpp"
#include "media/codec.hpp"
#include "media/parameter_sets.hpp"

namespace tidegate::media {

// What a video decoder must know. No sets, or some missing, is legal: a publisher may send them
// in-band only.
template <Codec kCodec>
struct ParameterSetConfig {
    ParameterSets sets{kCodec};

    ParameterSetConfig() = default;
    explicit ParameterSetConfig(ParameterSets given) : sets(std::move(given)) {}
    ParameterSetConfig(std::initializer_list<base::Bytes> nalus) {
        std::vector<base::ByteView> const views(nalus.begin(), nalus.end());
        sets = ParameterSets(kCodec, views);
    }
    bool operator==(ParameterSetConfig const&) const = default;
};
using H264Config = ParameterSetConfig<Codec::h264>;
using H265Config = ParameterSetConfig<Codec::h265>;
struct AacConfig {
    base::Bytes audio_specific_config;  // ISO/IEC 14496-3 §1.6.2.1, as received
    std::uint32_t sample_rate = 0;      // of the output: with SBR the extension's rate
    std::uint8_t channel_count = 0;     // of the output: 2 with PS, 8 for configuration 7
    bool operator==(AacConfig const&) const = default;
};
struct OpusConfig {
    std::uint8_t channel_count = 2;
    bool operator==(OpusConfig const&) const = default;
};
struct Mp3Config {
    std::uint32_t sample_rate = 44100;
    std::uint8_t channel_count = 2;
    bool operator==(Mp3Config const&) const = default;
};

// The alternative's index is the Codec's value.
using CodecConfig = std::variant<H264Config, H265Config, AacConfig, OpusConfig, Mp3Config>;

struct Track {
    CodecConfig config;

    Codec codec() const { return static_cast<Codec>(config.index()); }
    Kind kind() const { return codec() <= Codec::h265 ? Kind::video : Kind::audio; }
    // RTP clock: 90000 for video and MP3 (RFC 2250), 48000 for Opus, the sample rate for AAC.
    std::uint32_t clock_rate() const;
    // MediaMTX's label: "H264", "H265", "MPEG-4 Audio", "Opus", "MPEG-1/2 Audio".
    std::string_view label() const;
    // Of a video track; nullptr for audio.
    ParameterSets* parameter_sets();
    ParameterSets const* parameter_sets() const;
    // A decoder can be set up: for video no parameter set is missing.
    bool configured() const;
    bool operator==(Track const&) const = default;
};

// In publisher order; a unit's track number indexes it. At most kMaxTracks.
using Tracks = std::vector<Track>;

// More tracks than any encoder sends; bounds what a hostile publisher can announce.
inline constexpr std::size_t kMaxTracks = 16;

}  // namespace tidegate::media
