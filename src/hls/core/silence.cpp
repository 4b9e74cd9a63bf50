#include "hls/core/silence.hpp"

#include <array>
#include <chrono>

#include "media/aac.hpp"

namespace tidegate::hls {

namespace {

constexpr std::uint32_t kAacLowComplexity = 2;

// One element (SCE, CPE) whose channels have no spectrum, because max_sfb is 0, and the element
// that ends a unit (ISO/IEC 14496-3 §4.4.2.1).
constexpr std::array<std::uint8_t, 4> kAacMono{0x00, 0xc8, 0x00, 0x07};
constexpr std::array<std::uint8_t, 7> kAacStereo{0x20, 0x64, 0x00, 0x01, 0x90, 0x00, 0x0e};

// CELT, full band, 20 ms, whose first bit says that nothing is coded (RFC 6716 §3.1 and §4.3).
constexpr std::array<std::uint8_t, 3> kOpusMono{0xf8, 0xff, 0xfe};
constexpr std::array<std::uint8_t, 3> kOpusStereo{0xfc, 0xff, 0xfe};
constexpr base::Timestamp kOpusDuration = std::chrono::milliseconds(20);

std::optional<Silence> made(std::uint8_t channels, base::ByteView mono, base::ByteView stereo,
                            base::Timestamp duration) {
    if (channels != 1 && channels != 2) return std::nullopt;
    return Silence{base::SharedBytes::copy_of(channels == 1 ? mono : stereo), duration};
}

}  // namespace

std::optional<Silence> silence_of(media::Track const& track) {
    if (auto const* opus = std::get_if<media::OpusConfig>(&track.config)) {
        return made(opus->channel_count, kOpusMono, kOpusStereo, kOpusDuration);
    }
    auto const* const aac = std::get_if<media::AacConfig>(&track.config);
    if (aac == nullptr || aac->sample_rate == 0) return std::nullopt;
    auto const core = media::aac_core(*aac);
    if (!core || core->object_type != kAacLowComplexity || core->sample_rate != aac->sample_rate) {
        return std::nullopt;  // with SBR or PS
    }
    if (core->channel_configuration != aac->channel_count) return std::nullopt;
    return made(aac->channel_count, kAacMono, kAacStereo,
                base::from_ticks(media::kAacSamplesPerUnit, aac->sample_rate));
}

}  // namespace tidegate::hls
