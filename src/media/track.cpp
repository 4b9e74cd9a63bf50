#include "media/track.hpp"

#include <array>

namespace tidegate::media {

namespace {

auto* sets_of(auto& config) {
    auto* const h265 = std::get_if<H265Config>(&config);
    if (auto* const h264 = std::get_if<H264Config>(&config)) return &h264->sets;
    return h265 == nullptr ? nullptr : &h265->sets;
}

// Indexed by Codec.
constexpr std::array<std::string_view, kCodecs> kLabels{
    "H264",           "H265", "AV1",    "VP9",  "MPEG-4 Audio", "Opus",
    "MPEG-1/2 Audio", "AC3",  "E-AC-3", "FLAC", "G711",         "G711"};

constexpr std::uint32_t kUsualClock = 90000;
constexpr std::uint32_t kOpusClock = 48000;

}  // namespace

CodecConfig::CodecConfig() = default;
CodecConfig::CodecConfig(CodecConfig const& other) = default;
CodecConfig::CodecConfig(CodecConfig&& other) noexcept = default;
CodecConfig& CodecConfig::operator=(CodecConfig const& other) = default;
CodecConfig& CodecConfig::operator=(CodecConfig&& other) noexcept = default;
CodecConfig::~CodecConfig() = default;
bool CodecConfig::operator==(CodecConfig const& other) const = default;

AudioFormat Track::audio_format() const {
    return std::visit(
        [](auto const& own) -> AudioFormat {
            if constexpr (requires { own.sample_rate; }) {
                return {own.sample_rate, own.channel_count};
            } else if constexpr (requires { own.channel_count; }) {
                return {kOpusClock, own.channel_count};
            } else {
                return {};
            }
        },
        config);
}

std::uint32_t Track::clock_rate() const {
    if (kind() == Kind::video || codec() == Codec::mp3) return kUsualClock;
    return audio_format().sample_rate;
}

ParameterSets* Track::parameter_sets() {
    return sets_of(config);
}

ParameterSets const* Track::parameter_sets() const {
    return sets_of(config);
}

bool Track::configured() const {
    if (auto const* const sets = parameter_sets()) return sets->complete();
    if (auto const* const av1 = std::get_if<Av1Config>(&config)) {
        return !av1->sequence_header.empty();
    }
    if (auto const* const vp9 = std::get_if<Vp9Config>(&config)) return vp9->width != 0;
    return audio_format().sample_rate != 0;
}

std::string_view Track::label() const {
    return kLabels[static_cast<std::size_t>(codec())];
}

}  // namespace tidegate::media
