#include "media/codecs_parameter.hpp"

#include <array>
#include <cstdio>

#include "media/aac.hpp"
#include "media/av1.hpp"
#include "media/mp3.hpp"
#include "media/sps.hpp"
#include "media/vp9.hpp"

namespace tidegate::media {

namespace {

template <class... Args>
std::string formatted(char const* format, Args... args) {
    std::array<char, 80> text{};
    auto const size = std::snprintf(text.data(), text.size(), format, args...);
    return {text.data(), static_cast<std::size_t>(size)};
}

// Bytes 1 to 3 of the SPS: profile, constraints, level (ISO/IEC 14496-15 annex E.3).
std::string parameter(H264Config const& config) {
    auto const sps = config.sets.sps();
    if (sps.size() < kMinH264SpsSize) return {};
    return formatted("avc1.%02x%02x%02x", unsigned{sps[1]}, unsigned{sps[2]}, unsigned{sps[3]});
}

std::uint32_t reversed(std::uint32_t bits) {
    std::uint32_t out = 0;
    for (unsigned i = 0; i < 32; ++i) out |= (bits >> i & 1U) << (31 - i);
    return out;
}

// ISO/IEC 14496-15 annex E.3.
std::string parameter(H265Config const& config) {
    auto const sps = parse_h265_sps(config.sets.sps());
    if (!sps) return {};
    base::ByteReader reader(sps->general_profile_tier_level);
    auto const first = reader.u8();
    auto const compatibility = reader.u32();
    auto const constraints = reader.take(6);
    auto const level = reader.u8();
    auto const space = unsigned{first} >> 6;
    auto text = std::string("hvc1.");
    if (space != 0) text += static_cast<char>('A' + space - 1);
    text += formatted("%u.%x.%c%u", first & 31U, reversed(compatibility),
                      (first & 32) != 0 ? 'H' : 'L', unsigned{level});
    // Constraints that are 0 at the end are left out, but for the first.
    auto used = constraints.size();
    while (used > 1 && constraints[used - 1] == 0) --used;
    for (auto const byte : constraints.first(used)) text += formatted(".%x", unsigned{byte});
    return text;
}

// AV1 Codec ISO Media File Format Binding §5. Colours that the header does not describe count as
// BT.709.
std::string parameter(Av1Config const& config) {
    auto const sequence = av1_sequence(config);
    if (!sequence) return {};
    auto const& s = *sequence;
    auto const color = [&](std::uint8_t value) { return s.color_described ? unsigned{value} : 1U; };
    return formatted("av01.%u.%02u%c.%02u.%u.%u%u%u.%02u.%02u.%02u.%u", unsigned{s.profile},
                     unsigned{s.level}, s.tier == 0 ? 'M' : 'H', unsigned{s.bit_depth},
                     unsigned{s.monochrome}, unsigned{s.subsampling_x}, unsigned{s.subsampling_y},
                     unsigned{s.chroma_sample_position}, color(s.color_primaries),
                     color(s.transfer_characteristics), color(s.matrix_coefficients),
                     unsigned{s.full_range});
}

// VP Codec ISO Media File Format Binding §5.
std::string parameter(Vp9Config const& config) {
    return formatted("vp09.%02u.%02u.%02u", unsigned{config.profile}, unsigned{vp9_level(config)},
                     unsigned{config.bit_depth});
}

// The object type of the core: SBR and PS are told by the configuration.
std::string parameter(AacConfig const& config) {
    auto const core = aac_core(config);
    return "mp4a.40." + std::to_string(core ? core->object_type : 2U);
}

std::string parameter(OpusConfig const&) {
    return "opus";
}
std::string parameter(Mp3Config const& config) {
    return is_mpeg1_audio(config) ? "mp4a.6B" : "mp4a.69";
}
std::string parameter(Ac3Config const&) {
    return "ac-3";
}
std::string parameter(Eac3Config const&) {
    return "ec-3";
}
std::string parameter(FlacConfig const&) {
    return "flac";
}
template <Codec kCodec>
std::string parameter(G711Config<kCodec> const&) {
    return {};
}

}  // namespace

std::string codecs_parameter(Track const& track) {
    return std::visit([](auto const& config) { return parameter(config); }, track.config);
}

}  // namespace tidegate::media
