#include "media/ac3.hpp"

#include <array>

#include "media/bit_reader.hpp"

namespace tidegate::media {

namespace {

constexpr std::uint32_t kDolbySync = 0x0b77;
constexpr std::array<std::uint32_t, 3> kDolbyRates{48000, 44100, 32000};
// kbit/s by frmsizecod / 2.
constexpr std::array<std::uint16_t, 19> kAc3BitRates{
    32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512, 576, 640};
// By acmod; 0 is two independent channels.
constexpr std::array<std::uint8_t, 8> kDolbyChannels{2, 1, 2, 3, 3, 4, 4, 5};
constexpr std::array<std::uint32_t, 4> kDolbyBlocks{1, 2, 3, 6};
constexpr std::uint32_t kDolbySamplesPerBlock = 256;
constexpr unsigned kMaxAc3Bsid = 10;  // decoders of AC-3 take up to 8; 9 and 10 have half rates
constexpr unsigned kMaxEac3Bsid = 16;

struct DolbyFields {
    unsigned rate = 0;  // fscod
    unsigned bsid = 0;
    unsigned mode = 0;      // bsmod
    unsigned channels = 0;  // acmod
    bool lfe = false;

    std::uint8_t channel_count() const {
        return static_cast<std::uint8_t>(kDolbyChannels[channels] + (lfe ? 1 : 0));
    }
};

std::size_t ac3_frame_size(unsigned rate, unsigned code) {
    std::size_t const kbps = kAc3BitRates[code / 2];
    switch (rate) {
        case 0:
            return kbps * 4;
        case 1:
            return (kbps * 320 / 147 + code % 2) * 2;
        default:
            return kbps * 6;
    }
}

// Packs fields of up to 64 bits, the first one in the highest bits.
struct Packed {
    std::uint64_t bits = 0;
    Packed& put(std::uint64_t value, unsigned count) {
        bits = bits << count | (value & ((std::uint64_t{1} << count) - 1));
        return *this;
    }
    base::Bytes bytes(unsigned count) const {
        base::Bytes out;
        for (unsigned i = count; i-- > 0;) out.push_back(static_cast<std::uint8_t>(bits >> 8 * i));
        return out;
    }
};

base::Bytes dac3_of(DolbyFields const& fields, unsigned rate_code) {
    return Packed{}
        .put(fields.rate, 2)
        .put(fields.bsid, 5)
        .put(fields.mode, 3)
        .put(fields.channels, 3)
        .put(fields.lfe ? 1 : 0, 1)
        .put(rate_code, 5)
        .put(0, 5)
        .bytes(3);
}

base::Bytes dec3_of(DolbyFields const& fields, std::uint64_t kbps) {
    return Packed{}
        .put(kbps, 13)
        .put(0, 3)  // one independent substream
        .put(fields.rate, 2)
        .put(fields.bsid, 5)
        .put(0, 1)
        .put(0, 1)  // not for a hearing-impaired service
        .put(fields.mode, 3)
        .put(fields.channels, 3)
        .put(fields.lfe ? 1 : 0, 1)
        .put(0, 3)
        .put(0, 4)  // no dependent substreams
        .put(0, 1)
        .bytes(5);
}

}  // namespace

std::expected<Ac3Frame, Error> parse_ac3_frame(base::ByteView bytes) {
    BitReader reader(bytes);
    auto const sync = reader.bits(16);
    reader.skip(16);  // checksum
    DolbyFields fields;
    fields.rate = reader.bits(2);
    auto const size_code = reader.bits(6);
    fields.bsid = reader.bits(5);
    fields.mode = reader.bits(3);
    fields.channels = reader.bits(3);
    if ((fields.channels & 1) != 0 && fields.channels != 1) reader.skip(2);
    if ((fields.channels & 4) != 0) reader.skip(2);
    if (fields.channels == 2) reader.skip(2);
    fields.lfe = reader.flag();
    if (reader.failed()) return fail("invalid AC-3 frame: too short");
    if (sync != kDolbySync) return fail("invalid AC-3 frame: no sync word");
    if (fields.rate >= kDolbyRates.size() || size_code / 2 >= kAc3BitRates.size() ||
        fields.bsid > kMaxAc3Bsid) {
        return fail("invalid AC-3 frame: invalid header");
    }
    return Ac3Frame{.config = {kDolbyRates[fields.rate], fields.channel_count(),
                               dac3_of(fields, size_code / 2)},
                    .size = ac3_frame_size(fields.rate, size_code),
                    .samples = kAc3Samples};
}

std::expected<Eac3Frame, Error> parse_eac3_frame(base::ByteView bytes) {
    BitReader reader(bytes);
    auto const sync = reader.bits(16);
    auto const type = reader.bits(2);
    auto const substream = reader.bits(3);
    auto const size = (reader.bits(11) + std::size_t{1}) * 2;
    DolbyFields fields;
    fields.rate = reader.bits(2);
    auto const second = reader.bits(2);  // fscod2, or the number of blocks
    fields.channels = reader.bits(3);
    fields.lfe = reader.flag();
    fields.bsid = reader.bits(5);
    if (reader.failed()) return fail("invalid E-AC-3 frame: too short");
    if (sync != kDolbySync) return fail("invalid E-AC-3 frame: no sync word");
    bool const half = fields.rate == 3;
    if ((half && second == 3) || type == 3 || fields.bsid <= kMaxAc3Bsid ||
        fields.bsid > kMaxEac3Bsid) {
        return fail("invalid E-AC-3 frame: invalid header");
    }
    auto const rate = half ? kDolbyRates[second] / 2 : kDolbyRates[fields.rate];
    auto const samples = kDolbySamplesPerBlock * (half ? kDolbyBlocks[3] : kDolbyBlocks[second]);
    auto const kbps = std::uint64_t{size} * 8 * rate / samples / 1000;
    return Eac3Frame{.config = {rate, fields.channel_count(), dec3_of(fields, kbps)},
                     .size = size,
                     .samples = samples,
                     .dependent = type == 1 || substream != 0};
}

std::expected<Ac3Config, Error> parse_dac3(base::ByteView content) {
    BitReader reader(content);
    DolbyFields fields;
    fields.rate = reader.bits(2);
    reader.skip(5 + 3);
    fields.channels = reader.bits(3);
    fields.lfe = reader.flag();
    reader.skip(5 + 5);
    if (reader.failed()) return fail("invalid dac3 box: too short");
    if (fields.rate >= kDolbyRates.size()) return fail("invalid dac3 box: invalid rate");
    return Ac3Config{
        kDolbyRates[fields.rate], fields.channel_count(), {content.begin(), content.begin() + 3}};
}

std::expected<Eac3Config, Error> parse_dec3(base::ByteView content) {
    constexpr std::size_t kMaxDec3 = 64;  // eight substreams have less
    BitReader reader(content);
    reader.skip(13 + 3);
    DolbyFields fields;
    fields.rate = reader.bits(2);
    reader.skip(5 + 1 + 1 + 3);
    fields.channels = reader.bits(3);
    fields.lfe = reader.flag();
    reader.skip(3 + 4 + 1);
    if (reader.failed()) return fail("invalid dec3 box: too short");
    // The box does not tell half rates, which nobody uses.
    if (fields.rate >= kDolbyRates.size()) return fail("invalid dec3 box: invalid rate");
    if (content.size() > kMaxDec3) return fail("invalid dec3 box: too long");
    return Eac3Config{
        kDolbyRates[fields.rate], fields.channel_count(), {content.begin(), content.end()}};
}

}  // namespace tidegate::media
