#include "media/track.hpp"

namespace tidegate::media {

namespace {

auto* sets_of(auto& config) {
    auto* const h265 = std::get_if<H265Config>(&config);
    if (auto* const h264 = std::get_if<H264Config>(&config)) return &h264->sets;
    return h265 == nullptr ? nullptr : &h265->sets;
}

}  // namespace

std::uint32_t Track::clock_rate() const {
    if (auto const* aac = std::get_if<AacConfig>(&config)) return aac->sample_rate;
    return codec() == Codec::opus ? 48000 : 90000;
}

ParameterSets* Track::parameter_sets() {
    return sets_of(config);
}

ParameterSets const* Track::parameter_sets() const {
    return sets_of(config);
}

bool Track::configured() const {
    auto const* const sets = parameter_sets();
    return sets == nullptr || sets->complete();
}

std::string_view Track::label() const {
    switch (codec()) {
        case Codec::h264:
            return "H264";
        case Codec::h265:
            return "H265";
        case Codec::aac:
            return "MPEG-4 Audio";
        case Codec::opus:
            return "Opus";
        case Codec::mp3:
            return "MPEG-1/2 Audio";
    }
    return "Generic";
}

}  // namespace tidegate::media
