#include "media/mp3.hpp"

#include <array>

namespace tidegate::media {

namespace {

enum class Version : std::uint8_t { mpeg2_5 = 0, reserved = 1, mpeg2 = 2, mpeg1 = 3 };

using Rates = std::array<std::uint16_t, 15>;  // kbit/s by index; 0 is the free format

// Rows: MPEG-1 layers I, II, III; MPEG-2 layer I; MPEG-2 layers II and III.
constexpr std::array<Rates, 5> kBitRates{{
    {0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448},
    {0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384},
    {0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320},
    {0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256},
    {0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160},
}};

struct Fields {
    Version version{};
    unsigned layer = 0;  // 1 to 3
    unsigned bit_rate_index = 0, rate_index = 0, padding = 0;
    bool mono = false;
};

Fields unpack(std::uint32_t header) {
    return {
        .version = static_cast<Version>(header >> 19 & 3U),
        .layer = 4 - (header >> 17 & 3U),
        .bit_rate_index = header >> 12 & 15U,
        .rate_index = header >> 10 & 3U,
        .padding = header >> 9 & 1U,
        .mono = (header >> 6 & 3U) == 3,
    };
}

std::uint32_t bit_rate(Fields const& fields) {
    auto const mpeg1 = fields.version == Version::mpeg1;
    auto const row = mpeg1 ? fields.layer - 1 : (fields.layer == 1 ? 3U : 4U);
    return kBitRates[row][fields.bit_rate_index] * 1000U;
}

std::uint32_t sample_rate(Fields const& fields) {
    static constexpr std::array<std::uint32_t, 3> kMpeg1{44100, 48000, 32000};
    auto const divisor =
        fields.version == Version::mpeg1 ? 1U : (fields.version == Version::mpeg2 ? 2U : 4U);
    return kMpeg1[fields.rate_index] / divisor;
}

std::uint32_t samples(Fields const& fields) {
    if (fields.layer == 1) return 384;
    return fields.layer == 3 && fields.version != Version::mpeg1 ? 576 : 1152;
}

// Layer I counts in slots of four bytes.
std::size_t frame_size(Fields const& fields) {
    auto const rate = sample_rate(fields);
    if (fields.layer == 1) return (12 * bit_rate(fields) / rate + fields.padding) * 4;
    return samples(fields) / 8 * bit_rate(fields) / rate + fields.padding;
}

}  // namespace

std::expected<Mp3Frame, Error> parse_mp3_frame(base::ByteView bytes) {
    base::ByteReader reader(bytes);
    auto const header = reader.u32();
    if (reader.failed()) return fail("invalid MPEG audio frame: too short");
    if (header >> 21 != 0x7ff) return fail("invalid MPEG audio frame: no sync word");
    auto const fields = unpack(header);
    if (fields.version == Version::reserved || fields.layer == 4 || fields.rate_index == 3 ||
        fields.bit_rate_index == 15) {
        return fail("invalid MPEG audio frame: reserved value");
    }
    if (fields.bit_rate_index == 0) return fail("invalid MPEG audio frame: free format");
    Mp3Frame frame;
    frame.config = {.sample_rate = sample_rate(fields),
                    .channel_count = static_cast<std::uint8_t>(fields.mono ? 1 : 2)};
    frame.size = frame_size(fields);
    frame.samples = samples(fields);
    frame.duration = base::from_ticks(frame.samples, frame.config.sample_rate);
    return frame;
}

}  // namespace tidegate::media
