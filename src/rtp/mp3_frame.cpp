#include "rtp/mp3_frame.hpp"

namespace tidegate::rtp {

namespace {

// kbit/s by bit-rate index 1 to 14.
constexpr std::uint16_t kRates[5][15] = {
    {0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448},  // MPEG-1 layer I
    {0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384},     // MPEG-1 layer II
    {0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320},      // MPEG-1 layer III
    {0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256},     // MPEG-2 layer I
    {0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160},  // MPEG-2 layers II, III
};
constexpr std::uint32_t kSampleRates[3] = {44100, 48000, 32000};

}  // namespace

std::optional<Mp3Frame> parse_mp3_frame(base::ByteView bytes) {
    if (bytes.size() < 4 || bytes[0] != 0xFF || bytes[1] < 0xE0) return std::nullopt;
    auto const version = bytes[1] >> 3 & 3;  // 3: MPEG-1, 2: MPEG-2, 0: MPEG-2.5
    auto const layer = 4 - (bytes[1] >> 1 & 3);
    auto const rate_index = bytes[2] >> 4;
    auto const sample_index = bytes[2] >> 2 & 3;
    if (version == 1 || layer == 4 || rate_index == 0 || rate_index == 15 || sample_index == 3) {
        return std::nullopt;
    }
    bool const first = version == 3;
    auto const row = first ? layer - 1 : (layer == 1 ? 3 : 4);
    auto const rate = std::uint32_t{kRates[row][rate_index]} * 1000;

    Mp3Frame frame;
    frame.sample_rate = kSampleRates[sample_index] >> (first ? 0 : version == 2 ? 1 : 2);
    frame.channels = bytes[3] >> 6 == 3 ? 1 : 2;
    frame.samples = layer == 1 ? 384 : (layer == 3 && !first ? 576 : 1152);
    auto const padding = static_cast<std::uint32_t>(bytes[2] >> 1 & 1);
    frame.size = layer == 1 ? std::size_t{4} * (12 * rate / frame.sample_rate + padding)
                            : frame.samples / 8 * rate / frame.sample_rate + padding;
    return frame;
}

}  // namespace tidegate::rtp
