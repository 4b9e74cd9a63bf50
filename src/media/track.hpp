// What a stream consists of: its tracks, and for each what a decoder must know before the first
// unit. Plain values; any thread.
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

// The configuration of a video track. Its parameter sets may be missing, in part or all of them: a
// publisher may send them in-band, and they come with the first pictures then.
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
    base::Bytes audio_specific_config;  // ISO/IEC 14496-3 §1.6.2.1, as the publisher sent it
    std::uint32_t sample_rate = 0;      // Hz, of the decoded sound: with SBR the doubled rate
    std::uint8_t channel_count = 0;     // of the decoded sound: 2 with PS, 8 for configuration 7
    bool operator==(AacConfig const&) const = default;
};
struct OpusConfig {
    std::uint8_t channel_count = 2;
    bool operator==(OpusConfig const&) const = default;
};
struct Mp3Config {
    std::uint32_t sample_rate = 44100;  // Hz
    std::uint8_t channel_count = 2;
    bool operator==(Mp3Config const&) const = default;
};

// The index of the alternative is the value of its Codec.
using CodecConfig = std::variant<H264Config, H265Config, AacConfig, OpusConfig, Mp3Config>;

struct Track {
    CodecConfig config;

    Codec codec() const { return static_cast<Codec>(config.index()); }
    Kind kind() const { return codec() <= Codec::h265 ? Kind::video : Kind::audio; }
    // Ticks per second of the track's RTP timestamps: 90000 for video and MP3 (RFC 2250), 48000 for
    // Opus (RFC 7587), the sample rate for AAC.
    std::uint32_t clock_rate() const;
    // The codec in MediaMTX's words: "H264", "H265", "MPEG-4 Audio", "Opus", "MPEG-1/2 Audio".
    std::string_view label() const;
    // The parameter sets of a video track; nullptr for audio.
    ParameterSets* parameter_sets();
    ParameterSets const* parameter_sets() const;
    // Whether a decoder can start: true for audio, and for video when no parameter set is missing.
    bool configured() const;
    bool operator==(Track const&) const = default;
};

// The tracks of a stream in the publisher's order, at most kMaxTracks. A unit names its track by
// the index.
using Tracks = std::vector<Track>;

// No encoder sends more tracks; the limit bounds what a hostile publisher can announce.
inline constexpr std::size_t kMaxTracks = 16;

}  // namespace tidegate::media
