#include "media/track.hpp"

namespace tidegate::media {

std::uint32_t Track::clock_rate() const {
    if (auto const* aac = std::get_if<AacConfig>(&config)) return aac->sample_rate;
    return codec() == Codec::opus ? 48000 : 90000;
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
