#include "filler/idr_pic_id.hpp"

#include <bit>

#include "media/bit_reader.hpp"
#include "media/nal.hpp"
#include "media/sps.hpp"

namespace tidegate::filler {

namespace {

// The widest exp-Golomb code whose successor of 8 more bits still holds an idr_pic_id of 16 bits.
constexpr unsigned kMostCodeBits = 23;

base::ByteView find_set(media::ParameterSets const& sets, media::NalRole role, std::uint32_t id) {
    for (auto const& set : sets.of(role)) {
        if (set.id == id) return set.nalu;
    }
    return {};
}

std::optional<media::H264SliceSyntax> syntax_of(media::ParameterSets const& sets,
                                                std::uint32_t pps_id) {
    auto const pps = find_set(sets, media::NalRole::pps, pps_id);
    if (pps.empty()) return std::nullopt;
    auto const rbsp = media::remove_emulation_prevention(pps);
    media::BitReader reader(rbsp);
    reader.skip(8);
    reader.ue();  // pic_parameter_set_id
    auto const sps_id = reader.ue();
    if (reader.failed()) return std::nullopt;
    auto const sps = find_set(sets, media::NalRole::sps, sps_id);
    return sps.empty() ? std::nullopt : media::h264_slice_syntax(sps);
}

// Puts the reader in front of idr_pic_id.
bool seek(media::BitReader& reader, media::ParameterSets const& sets) {
    reader.skip(8);  // the NAL unit's header
    reader.ue();     // first_mb_in_slice
    reader.ue();     // slice_type
    auto const syntax = syntax_of(sets, reader.ue());
    if (!syntax) return false;
    if (syntax->separate_planes) reader.bits(2);
    reader.bits(syntax->frame_num_bits);
    if (!syntax->frames_only && reader.flag()) reader.flag();  // the field
    return !reader.failed();
}

void set_bit(base::Bytes& bytes, std::size_t at, bool value) {
    auto const mask = static_cast<std::uint8_t>(0x80U >> at % 8);
    auto& byte = bytes[at / 8];
    byte = static_cast<std::uint8_t>(value ? byte | mask : byte & ~mask);
}

// §7.4.1: no 00 00 0x, with x at most 3, within a NAL unit, and no 00 at its end.
base::Bytes add_emulation_prevention(base::ByteView rbsp) {
    base::Bytes nalu;
    nalu.reserve(rbsp.size() + rbsp.size() / 64 + 1);
    unsigned zeros = 0;
    for (auto const byte : rbsp) {
        if (zeros >= 2 && byte <= 3) {
            nalu.push_back(3);
            zeros = 0;
        }
        nalu.push_back(byte);
        zeros = byte == 0 ? zeros + 1 : 0;
    }
    if (zeros > 0) nalu.push_back(3);
    return nalu;
}

}  // namespace

std::optional<base::Bytes> with_other_idr_pic_id(base::ByteView nalu,
                                                 media::ParameterSets const& sets, unsigned form) {
    auto bytes = media::remove_emulation_prevention(nalu);
    media::BitReader reader(bytes);
    if (!seek(reader, sets)) return std::nullopt;
    auto const begin = reader.position();
    reader.ue();
    auto const end = reader.position();
    if (reader.failed() || reader.remaining() == 0 || end - begin > kMostCodeBits) {
        return std::nullopt;
    }
    auto const code_bits = end - begin + 8;
    // ue(v): as many zeros as bits follow the first 1.
    auto const code = (std::size_t{1} << code_bits / 2) + form % 2;
    bytes.insert(bytes.begin() + static_cast<std::ptrdiff_t>(end / 8), bytes[end / 8]);
    for (std::size_t i = 0; i < code_bits; ++i) {
        set_bit(bytes, begin + i, (code >> (code_bits - 1 - i) & 1U) != 0);
    }
    return add_emulation_prevention(bytes);
}

}  // namespace tidegate::filler
