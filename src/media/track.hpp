// What a stream consists of: its tracks, and for each what a decoder must know before the first
// unit. Plain values; any thread.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
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
    ParameterSetConfig(std::initializer_list<base::Bytes> nalus) : sets(kCodec, nalus) {}
    bool operator==(ParameterSetConfig const&) const = default;
};
using H264Config = ParameterSetConfig<Codec::h264>;
using H265Config = ParameterSetConfig<Codec::h265>;
// AV1 has one sequence header, which comes in-band as well.
struct Av1Config {
    base::Bytes sequence_header;  // the whole OBU, with its size; empty: not known yet
    bool operator==(Av1Config const&) const = default;
};
// All of this stands in each key frame, too; the level only in the publisher's configuration.
struct Vp9Config {
    std::uint32_t width = 0;  // pixels; 0: no key frame has come yet
    std::uint32_t height = 0;
    std::uint8_t profile = 0;
    std::uint8_t level = 0;  // ten times the level, 31 is 3.1; 0: not known
    std::uint8_t bit_depth = 8;
    std::uint8_t chroma_subsampling = 1;  // as in vpcC: 0 and 1 are 4:2:0, 2 is 4:2:2, 3 is 4:4:4
    bool full_range = false;
    std::uint8_t color_primaries = 2;  // ISO/IEC 23091-2; 2: unspecified
    std::uint8_t transfer_characteristics = 2;
    std::uint8_t matrix_coefficients = 2;
    bool operator==(Vp9Config const&) const = default;
};
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

// AC-3 and E-AC-3 (ETSI TS 102 366).
template <Codec kCodec>
struct DolbyConfig {
    std::uint32_t sample_rate = 0;  // Hz; 0: neither a description nor a frame has come yet
    std::uint8_t channel_count = 0;
    base::Bytes specific;  // the content of the box dac3 or dec3; empty until the first frame
    bool operator==(DolbyConfig const&) const = default;
};
using Ac3Config = DolbyConfig<Codec::ac3>;
using Eac3Config = DolbyConfig<Codec::eac3>;
struct FlacConfig {
    base::Bytes stream_info;  // the content of the metadata block STREAMINFO (RFC 9639 §8.2)
    std::uint32_t sample_rate = 0;
    std::uint8_t channel_count = 0;
    bool operator==(FlacConfig const&) const = default;
};
template <Codec kCodec>
struct G711Config {
    std::uint32_t sample_rate = 8000;  // Hz; over RTMP always 8000
    std::uint8_t channel_count = 1;
    bool operator==(G711Config const&) const = default;
};
using PcmaConfig = G711Config<Codec::pcma>;
using PcmuConfig = G711Config<Codec::pcmu>;

// The index of the alternative is the value of its Codec.
using AnyConfig =
    std::variant<H264Config, H265Config, Av1Config, Vp9Config, AacConfig, OpusConfig, Mp3Config,
                 Ac3Config, Eac3Config, FlacConfig, PcmaConfig, PcmuConfig>;
static_assert(std::variant_size_v<AnyConfig> == kCodecs);

// Most units include this header, and each would compile how so many alternatives are copied, moved
// and compared. So these are functions, in track.cpp.
struct CodecConfig : AnyConfig {
    using AnyConfig::AnyConfig;
    using AnyConfig::operator=;

    CodecConfig();
    CodecConfig(CodecConfig const& other);
    CodecConfig(CodecConfig&& other) noexcept;
    CodecConfig& operator=(CodecConfig const& other);
    CodecConfig& operator=(CodecConfig&& other) noexcept;
    ~CodecConfig();
    bool operator==(CodecConfig const& other) const;
};

// The sound of an audio track after decoding.
struct AudioFormat {
    std::uint32_t sample_rate = 0;  // Hz; 0: not known yet
    std::uint8_t channel_count = 0;
    bool operator==(AudioFormat const&) const = default;
};

struct Track {
    CodecConfig config;
    // Of sound, where the publisher says it: a tag of RFC 5646 ("es", "pt-BR"), and what a menu of
    // a player shows. From language_tag() and track_name() (language.hpp), or empty.
    std::string language{};
    std::string name{};

    Codec codec() const { return static_cast<Codec>(config.index()); }
    Kind kind() const { return kind_of(codec()); }
    // Ticks per second of the track's RTP timestamps: 90000 for video and MP3 (RFC 2250), 48000 for
    // Opus (RFC 7587), the sample rate for other sound.
    std::uint32_t clock_rate() const;
    // The codec in MediaMTX's words: "H264", "MPEG-4 Audio", "AC3". (It has none for E-AC-3.)
    std::string_view label() const;
    // Zeros for video.
    AudioFormat audio_format() const;
    // The parameter sets of H.264 and H.265; nullptr for other codecs.
    ParameterSets* parameter_sets();
    ParameterSets const* parameter_sets() const;
    // Whether a decoder can start: no parameter set, sequence header or sample rate is missing.
    bool configured() const;
    bool operator==(Track const&) const = default;
};

// The tracks of a stream in the publisher's order, at most kMaxTracks. A unit names its track by
// the index.
using Tracks = std::vector<Track>;

// No encoder sends more tracks; the limit bounds what a hostile publisher can announce.
inline constexpr std::size_t kMaxTracks = 16;

}  // namespace tidegate::media
