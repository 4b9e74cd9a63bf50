#include "hls/core/codec_support.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string_view>

#include "base/bytes.hpp"
#include "media/aac.hpp"
#include "media/sps.hpp"
#include "mp4/sample_entry.hpp"
#include "mp4/track_setup.hpp"
#include "ts/tables.hpp"

namespace tidegate::hls {

namespace {

using media::Codec;
using media::Kind;
using media::Track;

std::string hex_number(std::uint32_t number) {
    std::array<char, 8> digits{};
    auto const end = std::to_chars(digits.data(), digits.data() + digits.size(), number, 16).ptr;
    return {digits.data(), end};
}

std::string hex_byte(std::uint8_t byte) {
    return (byte < 16 ? "0" : "") + hex_number(byte);
}

// ISO/IEC 14496-15 annex E.3: avc1.PPCCLL, three bytes of the SPS.
std::string h264_entry(Track const& track) {
    auto const sps = track.parameter_sets()->sps();
    if (sps.size() < media::kMinH264SpsSize) return {};
    return "avc1." + hex_byte(sps[1]) + hex_byte(sps[2]) + hex_byte(sps[3]);
}

// Annex E.3: hvc1.[space]profile.compatibility.tier level.constraints. The flags of compatibility
// stand in reverse order. Constraints that are 0 at the end are left out, but for the first.
std::string h265_entry(Track const& track) {
    auto const sps = media::parse_h265_sps(track.parameter_sets()->sps());
    if (!sps) return {};
    auto const& general = sps->general_profile_tier_level;
    auto const space = general[0] >> 6U;
    std::uint32_t flags = 0;
    for (unsigned bit = 0; bit < 32; ++bit) {
        if ((general[1 + bit / 8] >> (7 - bit % 8) & 1U) != 0) flags |= 1U << bit;
    }
    std::string entry = "hvc1.";
    if (space > 0) entry += static_cast<char>('A' + space - 1);
    entry += std::to_string(general[0] & 0x1fU) + '.' + hex_number(flags) + '.';
    entry += (general[0] & 0x20U) != 0 ? 'H' : 'L';
    entry += std::to_string(general[11]);
    std::size_t last = 10;
    while (last > 5 && general[last] == 0) --last;
    for (std::size_t i = 5; i <= last; ++i) entry += '.' + hex_number(general[i]);
    return entry;
}

// The object type of the core: SBR and PS are told by the configuration.
std::string aac_entry(Track const& track) {
    auto const core = media::aac_core(std::get<media::AacConfig>(track.config));
    return "mp4a.40." + std::to_string(core ? core->object_type : 2U);
}

std::string opus_entry(Track const&) {
    return "opus";
}

struct Support {
    Codec codec;
    int preference;  // of several videos, the one with the highest is carried
    std::string (*entry)(Track const&);
};
constexpr std::array kSupported{
    Support{Codec::h265, 2, h265_entry},
    Support{Codec::h264, 1, h264_entry},
    Support{Codec::aac, 0, aac_entry},
    Support{Codec::opus, 0, opus_entry},
};

Support const* support_of(Codec codec) {
    auto const* const found = std::ranges::find(kSupported, codec, &Support::codec);
    return found == kSupported.end() ? nullptr : found;
}

bool carried(Track const& track) {
    if (support_of(track.codec()) == nullptr || !mp4::has_sample_entry(track.codec())) return false;
    return !track.configured() || mp4::check_writable(track).has_value();
}

}  // namespace

std::vector<std::size_t> choose_tracks(std::vector<Source> const& sources) {
    std::optional<std::size_t> video;
    std::vector<std::size_t> chosen;
    for (std::size_t i = 0; i < sources.size(); ++i) {
        auto const& track = sources[i].track;
        if (!carried(track)) continue;
        if (track.kind() == Kind::audio) {
            chosen.push_back(i);
            continue;
        }
        if (!video || support_of(track.codec())->preference >
                          support_of(sources[*video].track.codec())->preference) {
            video = i;
        }
    }
    if (video) chosen.insert(chosen.begin(), *video);
    return chosen;
}

std::expected<void, media::Error> check_mpegts(std::vector<Track const*> const& tracks) {
    bool has_audio = false;
    for (auto const* track : tracks) {
        bool const video = track->kind() == Kind::video;
        if (video && track->codec() != Codec::h264) {
            return media::fail("the MPEG-TS variant of HLS supports H264 video only");
        }
        if (!video && has_audio) {
            return media::fail("the MPEG-TS variant of HLS supports a single audio track only");
        }
        if (!video && track->codec() != Codec::aac) {
            return media::fail("the MPEG-TS variant of HLS supports MPEG-4 Audio only");
        }
        if (auto fine = ts::check_writable(*track); !fine) return fine;
        has_audio = has_audio || !video;
    }
    return {};
}

std::string_view audio_group(Track const&) {
    return kUsualAudioGroup;
}

std::string codecs_entry(Track const& track) {
    auto const* const support = support_of(track.codec());
    return support == nullptr ? std::string{} : support->entry(track);
}

}  // namespace tidegate::hls
