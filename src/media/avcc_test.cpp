#include "media/avcc.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "media/test_samples.hpp"

namespace tidegate::media {
namespace {

using test::hex;

std::vector<base::Bytes> units_of(base::ByteView payload) {
    std::vector<base::Bytes> out;
    AvccReader reader(payload);
    while (auto const nalu = reader.next()) out.emplace_back(nalu->begin(), nalu->end());
    return out;
}

TEST(NalRole, IsReadFromTheHeaderOfEachCodec) {
    struct Case {
        Codec codec;
        char const* nalu;
        NalRole role;
    };
    Case const cases[] = {
        {Codec::h264, "65", NalRole::keyframe_slice},
        {Codec::h264, "41", NalRole::slice},
        {Codec::h264, "02", NalRole::slice},
        {Codec::h264, "67", NalRole::sps},
        {Codec::h264, "68", NalRole::pps},
        {Codec::h264, "06", NalRole::sei},
        {Codec::h264, "09", NalRole::access_unit_delimiter},
        {Codec::h264, "0c", NalRole::other},
        {Codec::h264, "", NalRole::other},
        {Codec::h265, "0201", NalRole::slice},
        {Codec::h265, "2601", NalRole::keyframe_slice},  // IDR_W_RADL
        {Codec::h265, "2a01", NalRole::keyframe_slice},  // CRA
        {Codec::h265, "2001", NalRole::keyframe_slice},  // BLA_W_LP
        {Codec::h265, "2c01", NalRole::other},           // reserved IRAP
        {Codec::h265, "4001", NalRole::vps},
        {Codec::h265, "4201", NalRole::sps},
        {Codec::h265, "4401", NalRole::pps},
        {Codec::h265, "4601", NalRole::access_unit_delimiter},
        {Codec::h265, "4e01", NalRole::sei},
        {Codec::h265, "5001", NalRole::sei},
        {Codec::h265, "26", NalRole::other},
        {Codec::aac, "6565", NalRole::other},
    };
    for (auto const& c : cases) EXPECT_EQ(nal_role(c.codec, hex(c.nalu)), c.role) << c.nalu;
}

TEST(AvccReader, GivesTheUnitsInOrderAndSkipsEmptyOnes) {
    auto const payload = hex("00000000 00000002 6501 00000000 00000001 41");
    EXPECT_EQ(units_of(payload), (std::vector{hex("6501"), hex("41")}));
    EXPECT_TRUE(units_of({}).empty());
    EXPECT_TRUE(units_of(hex("00000000")).empty());
}

TEST(AvccReader, AnyCutInsideAUnitIsAnInvalidLength) {
    auto const payload = hex("00000002 6501 00000003 410203");
    for (std::size_t size = 0; size <= payload.size(); ++size) {
        AvccReader reader(base::ByteView(payload).first(size));
        while (reader.next()) {
        }
        auto const whole = size == 0 || size == 6 || size == payload.size();
        EXPECT_EQ(reader.error().has_value(), !whole) << size;
        if (!whole) {
            EXPECT_EQ(reader.error()->message, "unable to decode AVCC: invalid length");
        }
        EXPECT_FALSE(reader.next()) << "stays at its end";
    }
}

TEST(AvccReader, ALengthNearTheTopOfItsRangeIsInvalid) {
    EXPECT_EQ(inspect_avcc(Codec::h264, hex("ffffffff 65")).error().message,
              "unable to decode AVCC: invalid length");
}

TEST(AvccReader, TakesTheMostUnitsAndRefusesOneMore) {
    base::Bytes payload;
    for (std::size_t i = 0; i < kMaxNalus; ++i) append_avcc(payload, hex("41"));
    EXPECT_EQ(inspect_avcc(Codec::h264, payload)->nalus, kMaxNalus);
    append_avcc(payload, {});
    EXPECT_TRUE(inspect_avcc(Codec::h264, payload)) << "empty units do not count";
    append_avcc(payload, hex("41"));
    EXPECT_EQ(inspect_avcc(Codec::h264, payload).error().message,
              "unable to decode AVCC: NALU count exceeds maximum allowed (1024)");
}

TEST(AvccReader, TakesTheLargestUnitAndRefusesOneByteMore) {
    base::Bytes payload;
    append_avcc(payload, base::Bytes(kMaxUnit - kAvccLengthSize, 0x41));
    EXPECT_TRUE(inspect_avcc(Codec::h264, payload));
    payload.clear();
    append_avcc(payload, base::Bytes(kMaxUnit - kAvccLengthSize + 1, 0x41));
    EXPECT_EQ(inspect_avcc(Codec::h264, payload).error().message,
              "unable to decode AVCC: access unit size (16777153) is too big, maximum is 16777152");
}

TEST(InspectAvcc, TellsKeyframesSlicesAndTheRest) {
    struct Case {
        char const* payload;
        std::size_t nalus;
        bool keyframe, slice;
    };
    Case const cases[] = {
        {"", 0, false, false},
        {"00000001 67 00000001 68", 2, false, false},
        {"00000001 06 00000001 41", 2, false, true},
        {"00000001 67 00000001 65 00000001 65", 3, true, true},
    };
    for (auto const& c : cases) {
        auto const summary = inspect_avcc(Codec::h264, hex(c.payload));
        ASSERT_TRUE(summary);
        EXPECT_EQ(summary->nalus, c.nalus) << c.payload;
        EXPECT_EQ(summary->keyframe, c.keyframe) << c.payload;
        EXPECT_EQ(summary->slice, c.slice) << c.payload;
    }
}

TEST(ContainsKeyframe, IsTrueForAudioAndFalseForBrokenVideo) {
    EXPECT_TRUE(contains_keyframe(Codec::aac, hex("21")));
    EXPECT_TRUE(contains_keyframe(Codec::h264, hex("00000001 65")));
    EXPECT_FALSE(contains_keyframe(Codec::h264, hex("00000001 65 00000009 65")));
    EXPECT_TRUE(contains_keyframe(Codec::h265, hex("00000002 2601")));
    EXPECT_FALSE(contains_keyframe(Codec::h265, hex("00000002 0201")));
}

TEST(AnnexB, BecomesAvccWithEitherStartCode) {
    struct Case {
        char const* stream;
        char const* avcc;
    };
    Case const cases[] = {
        {"00000001 6742 000001 68ce 00000001 6588", "00000002 6742 00000002 68ce 00000002 6588"},
        {"000001 41", "00000001 41"},
        {"00000000 000001 41 0000", "00000001 41"},
        {"000001 000001 41", "00000001 41"},
        {"000001 41 00 02", "00000003 410002"},
        {"000001", ""},
    };
    for (auto const& c : cases) {
        auto const avcc = annex_b_to_avcc(hex(c.stream));
        ASSERT_TRUE(avcc) << c.stream;
        EXPECT_EQ(*avcc, hex(c.avcc)) << c.stream;
    }
}

TEST(AnnexB, WithoutStartCodeOrBeyondTheLimitsIsRefused) {
    EXPECT_FALSE(annex_b_to_avcc({}));
    EXPECT_FALSE(annex_b_to_avcc(hex("0000")));
    EXPECT_FALSE(annex_b_to_avcc(hex("41424344")));
    EXPECT_FALSE(annex_b_to_avcc(base::Bytes(kMaxUnit + 1, 1)));
    base::Bytes many;
    for (std::size_t i = 0; i <= kMaxNalus; ++i) {
        auto const unit = hex("00000141");
        many.insert(many.end(), unit.begin(), unit.end());
    }
    EXPECT_FALSE(annex_b_to_avcc(many));
}

std::vector<base::Bytes> split(base::Bytes const& bytes) {
    std::vector<base::Bytes> nalus;
    AnnexBReader units(bytes);
    while (auto const nalu = units.next()) nalus.emplace_back(nalu->begin(), nalu->end());
    return nalus;
}

TEST(AnnexB, StartCodesAreFoundWhereTheyAre) {
    EXPECT_EQ(find_start_code({}), 0U);
    EXPECT_EQ(find_start_code(base::Bytes{0, 1}), 2U);
    EXPECT_EQ(find_start_code(base::Bytes{0, 0, 1}), 0U);
    EXPECT_EQ(find_start_code(base::Bytes{0, 0, 0, 1}), 1U);
    EXPECT_EQ(find_start_code(base::Bytes{1, 0, 1, 1, 0, 0, 2, 0, 0, 3, 1}), 11U);
    EXPECT_EQ(find_start_code(base::Bytes{0, 0, 1, 5, 0, 0, 1}, 1), 4U);
    EXPECT_EQ(find_start_code(base::Bytes{0, 0, 1}, 7), 3U);
}

TEST(AnnexB, UnitsAreWalkedWithAndWithoutAFirstStartCode) {
    std::vector<base::Bytes> const wanted{{0x67, 1}, {0x68, 2}, {0x65, 3}};
    EXPECT_EQ(split({0, 0, 0, 1, 0x67, 1, 0, 0, 1, 0x68, 2, 0, 0, 0, 0, 1, 0x65, 3, 0, 0}), wanted);
    EXPECT_EQ(split({0x67, 1, 0, 0, 1, 0x68, 2, 0, 0, 1, 0x65, 3}), wanted);
    EXPECT_EQ(split({0x65, 3}), (std::vector<base::Bytes>{{0x65, 3}}));
    EXPECT_TRUE(split({0, 0, 1, 0, 0, 1, 0, 0, 0, 1, 0}).empty());
    EXPECT_TRUE(split({}).empty());
}

}  // namespace
}  // namespace tidegate::media
