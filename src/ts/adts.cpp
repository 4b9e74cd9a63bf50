#include "ts/adts.hpp"

#include "media/aac.hpp"

namespace tidegate::ts {

namespace {

constexpr unsigned kMaxObjectType = 4;
constexpr unsigned kMaxChannelConfiguration = 7;

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
    auto const core = media::aac_core(config);
    auto const index = core ? media::aac_rate_index(core->sample_rate) : std::nullopt;
    if (!index || core->object_type == 0 || core->object_type > kMaxObjectType ||
        core->channel_configuration == 0 ||
        core->channel_configuration > kMaxChannelConfiguration) {
        return media::fail("this form of AAC is not supported in MPEG-TS");
    }
    return AdtsForm{static_cast<std::uint8_t>(core->object_type), *index,
                    static_cast<std::uint8_t>(core->channel_configuration), core->sample_rate};
}

}  // namespace tidegate::ts
