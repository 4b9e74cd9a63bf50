// AAC: the AudioSpecificConfig (ISO/IEC 14496-3 §1.6.2.1), which tells a decoder all that it must
// know, and the ADTS header (§1.A.3.2). Pure functions; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>

#include "base/bytes.hpp"
#include "media/error.hpp"
#include "media/track.hpp"

namespace tidegate::media {

// The longest AudioSpecificConfig that is read, in bytes. One with a program config element whose
// lists and comment are full has 400.
inline constexpr std::size_t kMaxAudioSpecificConfigSize = 512;
// The highest sample rate that is believed, in Hz: twice the highest one of the standard's table.
inline constexpr std::uint32_t kMaxAudioSampleRate = 192000;

// Samples of one channel in an access unit at the core's rate. With SBR the decoded sound has twice
// as many.
inline constexpr std::uint32_t kAacSamplesPerUnit = 1024;

// Understands every way to signal SBR and PS: hierarchical (object types 5 and 29), and the
// backward compatible extension at the end. For channel configuration 0 the number of channels
// comes from the program config element. It is an error when the configuration is cut short, and
// when it names no valid sample rate or no channels.
std::expected<AacConfig, Error> parse_audio_specific_config(base::ByteView bytes);

// The configuration of AAC-LC. Channel counts are 1 to 6 and 8; there is no configuration for 7.
std::expected<AacConfig, Error> make_aac_lc_config(std::uint32_t sample_rate,
                                                   std::uint8_t channel_count);

// How many samples of the decoded sound one access unit holds: 2048 where SBR doubles the rate,
// otherwise 1024.
std::uint32_t aac_samples_per_unit(AacConfig const& config);

// What an AudioSpecificConfig begins with: how the core is coded, which SBR and PS extend.
struct AacCore {
    std::uint32_t object_type = 0;            // 2 for AAC-LC
    std::uint32_t sample_rate = 0;            // in Hz, before SBR doubles it; 0: not a valid one
    std::uint32_t channel_configuration = 0;  // 0: a program config element says the channels
};

// nullopt when the configuration is cut short.
std::optional<AacCore> aac_core(AacConfig const& config);

// The index of a rate in the standard's table (§1.6.3.4); nullopt when it is not in the table.
std::optional<std::uint8_t> aac_rate_index(std::uint32_t sample_rate);

struct AdtsFrame {
    base::ByteView unit;   // the access unit without its header, a view into the caller's bytes
    std::size_t size = 0;  // bytes of the whole frame, its header included
};

// The ADTS frame at the start of `bytes`; nullopt when there is none, or when it is not complete.
// Some encoders send frames with ADTS headers where access units without one are due; this tells
// the two apart. An ADTS header begins with three 1 bits, which in an access unit are the element
// that ends it (ID_END).
std::optional<AdtsFrame> parse_adts_frame(base::ByteView bytes);

}  // namespace tidegate::media
