#include "media/flac.hpp"

#include "media/bit_reader.hpp"

namespace tidegate::media {

namespace {

constexpr std::string_view kFlacMarker = "fLaC";
constexpr std::size_t kFlacBlockHeader = 4;
constexpr std::uint32_t kMaxFlacRate = 655350;

}  // namespace

std::expected<FlacConfig, Error> parse_flac_config(base::ByteView bytes) {
    if (bytes.size() >= kFlacMarker.size() &&
        base::as_text(bytes.first(kFlacMarker.size())) == kFlacMarker) {
        bytes = bytes.subspan(kFlacMarker.size());
    }
    // The header says type 0 and the size. A block without one has no room for it.
    if (bytes.size() >= kFlacBlockHeader + kFlacStreamInfoSize && (bytes[0] & 0x7f) == 0 &&
        bytes[1] == 0 && bytes[2] == 0 && bytes[3] == kFlacStreamInfoSize) {
        bytes = bytes.subspan(kFlacBlockHeader);
    }
    if (bytes.size() < kFlacStreamInfoSize) return fail("invalid FLAC STREAMINFO: too short");
    bytes = bytes.first(kFlacStreamInfoSize);
    BitReader reader(bytes);
    reader.skip(16 + 16 + 24 + 24);
    auto const rate = reader.bits(20);
    auto const channels = static_cast<std::uint8_t>(reader.bits(3) + 1);
    if (rate == 0 || rate > kMaxFlacRate) return fail("invalid FLAC STREAMINFO: invalid rate");
    return FlacConfig{{bytes.begin(), bytes.end()}, rate, channels};
}

}  // namespace tidegate::media
