// The first byte chooses: an AVC or HEVC configuration record, an SPS of either, an access unit, a
// byte stream.
#include <cstdint>
#include <cstdlib>

#include "media/avc_config.hpp"
#include "media/avcc.hpp"
#include "media/h264_sps.hpp"
#include "media/h265_sps.hpp"
#include "media/hevc_config.hpp"

namespace {

using namespace tidegate;

void require(bool condition) {
    if (!condition) std::abort();
}

void sane(media::VideoFormat const& format) {
    require(format.width > 0 && format.width <= media::kMaxPictureSide);
    require(format.height > 0 && format.height <= media::kMaxPictureSide);
    require(format.fps >= 0 && !format.profile.empty() && !format.level.empty());
}

void avc(base::ByteView bytes) {
    auto const config = media::parse_avc_config(bytes);
    if (!config) return;
    require(media::parse_avc_config(media::write_avc_config(*config)) == config);
}

void hevc(base::ByteView bytes) {
    auto const config = media::parse_hevc_config(bytes);
    if (!config) return;
    auto const record = media::write_hevc_config(*config);
    require(record.empty() || media::parse_hevc_config(record) == config);
}

void avcc(base::ByteView bytes) {
    auto const summary = media::inspect_avcc(media::Codec::h264, bytes);
    if (summary) require(summary->nalus <= media::kMaxNalus);
    media::contains_keyframe(media::Codec::h265, bytes);
}

void annex_b(base::ByteView bytes) {
    auto const payload = media::annex_b_to_avcc(bytes);
    if (payload && payload->size() <= media::kMaxUnit) {
        require(media::inspect_avcc(media::Codec::h264, *payload).has_value());
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    if (size == 0) return 0;
    base::ByteView const bytes{data + 1, size - 1};
    switch (data[0] % 6) {
        case 0:
            avc(bytes);
            break;
        case 1:
            hevc(bytes);
            break;
        case 2:
            if (auto const format = media::parse_h264_sps(bytes)) sane(*format);
            break;
        case 3:
            if (auto const sps = media::parse_h265_sps(bytes)) sane(sps->format);
            break;
        case 4:
            avcc(bytes);
            break;
        default:
            annex_b(bytes);
    }
    return 0;
}
