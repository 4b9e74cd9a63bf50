#include "ts/adts.hpp"

#include <algorithm>

#include "media/bit_reader.hpp"

namespace tidegate::ts {

namespace {

constexpr std::array<std::uint32_t, 13> kRates{96000, 88200, 64000, 48000, 44100, 32000, 24000,
                                               22050, 16000, 12000, 11025, 8000,  7350};
constexpr unsigned kExplicitRate = 15;
constexpr unsigned kSbr = 5;
constexpr unsigned kPs = 29;
constexpr unsigned kEscape = 31;
constexpr unsigned kMaxObjectType = 4;
constexpr unsigned kMaxChannelConfiguration = 7;

unsigned read_object_type(media::BitReader& reader) {
    auto const type = reader.bits(5);
    return type == kEscape ? 32 + reader.bits(6) : type;
}

std::uint32_t read_rate(media::BitReader& reader) {
    auto const index = reader.bits(4);
    if (index == kExplicitRate) return reader.bits(24);
    return index < kRates.size() ? kRates[index] : 0;
}

}  // namespace

std::array<std::uint8_t, kAdtsHeaderSize> AdtsForm::header(std::size_t unit_size) const {
    auto const size = kAdtsHeaderSize + unit_size;
    auto const profile = object_type - 1U;
    return {
        0xff,
        0xf1,  // MPEG-4, no checksum
        static_cast<std::uint8_t>(profile << 6 | unsigned{rate_index} << 2 |
                                  unsigned{channel_configuration} >> 2),
        static_cast<std::uint8_t>((channel_configuration & 3U) << 6 | size >> 11),
        static_cast<std::uint8_t>(size >> 3 & 0xffU),
        static_cast<std::uint8_t>((size & 7U) << 5 | 0x1fU),  // fullness: variable bit rate
        0xfc,                                                 // one unit
    };
}

std::expected<AdtsForm, media::Error> adts_form(media::AacConfig const& config) {
    media::BitReader reader(config.audio_specific_config);
    auto type = read_object_type(reader);
    auto const rate = read_rate(reader);
    auto const channels = reader.bits(4);
    if (type == kSbr || type == kPs) {
        read_rate(reader);
        type = read_object_type(reader);
    }
    auto const* const index = std::ranges::find(kRates, rate);
    if (reader.failed() || type == 0 || type > kMaxObjectType || index == kRates.end() ||
        channels == 0 || channels > kMaxChannelConfiguration) {
        return media::fail("this form of AAC is not supported in MPEG-TS");
    }
    return AdtsForm{static_cast<std::uint8_t>(type),
                    static_cast<std::uint8_t>(index - kRates.begin()),
                    static_cast<std::uint8_t>(channels), rate};
}

}  // namespace tidegate::ts
