// Where the id stands in each kind of parameter set.
#include <array>

#include "media/bit_reader.hpp"
#include "media/parameter_sets.hpp"

namespace tidegate::media {

namespace {

// How many bytes of a set are read. The id that stands furthest behind is that of an H.265 SPS: it
// follows a profile_tier_level of 96 bits and up to 6 sub-layers of 98 bits, less than 90 bytes.
constexpr std::size_t kHeadSize = 96;

// The first bytes of a NAL unit without the emulation prevention bytes. No allocation: this runs
// for each set in the stream.
class Head {
public:
    explicit Head(base::ByteView nalu) {
        int zeros = 0;
        for (auto const byte : nalu) {
            if (size_ == bytes_.size()) break;
            bool const prevention = zeros >= 2 && byte == 3;
            zeros = byte == 0 ? zeros + 1 : 0;
            if (!prevention) bytes_[size_++] = byte;
        }
    }
    base::ByteView view() const { return {bytes_.data(), size_}; }

private:
    std::array<std::uint8_t, kHeadSize> bytes_{};
    std::size_t size_ = 0;
};

// ITU-T H.265 §7.3.3: each sub-layer has two flags; behind all flags stands what they announce.
void skip_profile_tier_level(BitReader& reader, unsigned sub_layers) {
    reader.skip(96);
    std::size_t announced = 0;
    for (unsigned i = 0; i < sub_layers; ++i) {
        announced += reader.flag() ? 88 : 0;
        announced += reader.flag() ? 8 : 0;
    }
    if (sub_layers > 0) reader.skip(std::size_t{2} * (8 - sub_layers));
    reader.skip(announced);
}

std::uint32_t h265_sps_id(BitReader& reader, bool base_layer) {
    reader.skip(4);  // video parameter set id
    auto const sub_layers = reader.bits(3);
    // In an enhancement layer the value 7 means that profile and layers stand in the VPS instead
    // (annex F.7.3.2.2.1).
    if (base_layer || sub_layers != 7) {
        reader.skip(1);
        skip_profile_tier_level(reader, sub_layers);
    }
    return reader.ue();
}

std::optional<std::uint8_t> within(BitReader const& reader, std::uint32_t id, unsigned ids) {
    if (reader.failed() || id >= ids) return std::nullopt;
    return static_cast<std::uint8_t>(id);
}

std::optional<std::uint8_t> h264_id(NalRole role, base::ByteView bytes) {
    BitReader reader(bytes);
    reader.skip(8);
    if (role == NalRole::pps) return within(reader, reader.ue(), kH264PpsIds);
    reader.skip(24);  // profile, constraints, level
    return within(reader, reader.ue(), kH264SpsIds);
}

std::optional<std::uint8_t> h265_id(NalRole role, base::ByteView bytes) {
    BitReader reader(bytes);
    reader.skip(7);
    bool const base_layer = reader.bits(6) == 0;
    reader.skip(3);
    if (role == NalRole::vps) return within(reader, reader.bits(4), kH265VpsIds);
    if (role == NalRole::pps) return within(reader, reader.ue(), kH265PpsIds);
    return within(reader, h265_sps_id(reader, base_layer), kH265SpsIds);
}

}  // namespace

std::optional<std::uint8_t> parameter_set_id(Codec codec, base::ByteView nalu) {
    auto const role = nal_role(codec, nalu);
    if (!is_parameter_set(role)) return std::nullopt;
    Head const head(nalu);
    return codec == Codec::h264 ? h264_id(role, head.view()) : h265_id(role, head.view());
}

}  // namespace tidegate::media
