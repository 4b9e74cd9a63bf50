// AudioSpecificConfig (ISO/IEC 14496-3 §1.6.2.1): what a decoder of AAC must know. Pure; any
// thread.
#pragma once

#include <cstdint>
#include <expected>

#include "base/bytes.hpp"
#include "media/error.hpp"
#include "media/track.hpp"

namespace tidegate::media {

// A longest record that is believed: a program config element with every list and comment full is
// 400 bytes.
inline constexpr std::size_t kMaxAudioSpecificConfigSize = 512;
// Twice the highest rate that the standard's table knows.
inline constexpr std::uint32_t kMaxAudioSampleRate = 192000;

// Samples of one channel in an access unit at the core's rate, for time stamps made from nothing.
inline constexpr std::uint32_t kAacSamplesPerUnit = 1024;

// Reads every signalling of SBR and PS: hierarchical (object types 5, 29) and the backward
// compatible extension at the end. Channel configuration 0 takes its count from the program config
// element.
std::expected<AacConfig, Error> parse_audio_specific_config(base::ByteView bytes);

// AAC-LC, 1 to 8 channels (7 of them have no configuration: error).
std::expected<AacConfig, Error> make_aac_lc_config(std::uint32_t sample_rate,
                                                   std::uint8_t channel_count);

}  // namespace tidegate::media
