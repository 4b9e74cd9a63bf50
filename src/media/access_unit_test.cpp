#include "media/access_unit.hpp"

#include <gtest/gtest.h>

#include "media/test_samples.hpp"

namespace tidegate::media {
namespace {

using base::SharedBytes;
using test::hex;

TEST(AccessUnit, IsBroughtToLengthsOfFourBytes) {
    struct Case {
        char const* name;
        unsigned length_size;
        char const* payload;
    };
    Case const cases[] = {
        {"as usual", 4, "00000002 6588 00000003 0605ff"},
        {"3 bytes", 3, "000002 6588 000003 0605ff"},
        {"2 bytes", 2, "0002 6588 0003 0605ff"},
        {"1 byte", 1, "02 6588 03 0605ff"},
        {"empty units", 2, "0000 0002 6588 0000 0003 0605ff 0000"},
        {"annex B", 4, "00000001 6588 000001 0605ff"},
        {"annex B with short start codes", 4, "000001 6588 000001 0605ff"},
        {"annex B with zeros around", 4, "0000000001 6588 0000000001 0605ff 000000"},
        {"annex B, whatever the record says", 3, "00000001 6588 000001 0605ff"},
        {"4 bytes, whatever the record says", 2, "00000002 6588 00000003 0605ff"},
    };
    for (auto const& c : cases) {
        auto const unit =
            read_access_unit(Codec::h264, SharedBytes::copy_of(hex(c.payload)), c.length_size);
        ASSERT_TRUE(unit) << c.name << ": " << unit.error().message;
        auto const bytes = unit->payload.view();
        EXPECT_EQ(base::Bytes(bytes.begin(), bytes.end()), hex("00000002 6588 00000003 0605ff"))
            << c.name;
        EXPECT_TRUE(unit->summary.keyframe) << c.name;
        EXPECT_FALSE(unit->summary.parameter_sets) << c.name;
        EXPECT_EQ(unit->summary.nalus, 2U) << c.name;
    }
}

TEST(AccessUnit, IsNotCopiedWhereNothingChanges) {
    auto const payload = SharedBytes::copy_of(hex("00000002 6588"));
    EXPECT_EQ(read_access_unit(Codec::h264, payload, 4)->payload.data(), payload.data());
}

TEST(AccessUnit, WhatCannotBeReadIsRefusedInTheWordsOfItsForm) {
    struct Case {
        unsigned length_size;
        char const* payload;
    };
    Case const cases[] = {
        {4, "00000003 6588"}, {4, "000000"}, {3, "000003 6588"}, {2, "0003 6588"},
        {1, "03 6588"},       {2, "00"},     {3, "00"},          {4, "00000009 01"},
    };
    for (auto const& c : cases) {
        auto const unit =
            read_access_unit(Codec::h264, SharedBytes::copy_of(hex(c.payload)), c.length_size);
        ASSERT_FALSE(unit) << c.payload;
        EXPECT_EQ(unit.error().message, "unable to decode AVCC: invalid length") << c.payload;
    }
}

TEST(AccessUnit, TheLimitsHoldInEveryForm) {
    base::Bytes narrow, start_codes;
    for (std::size_t i = 0; i <= kMaxNalus; ++i) {
        for (auto const byte : hex("01 41")) narrow.push_back(byte);
        for (auto const byte : hex("000001 41")) start_codes.push_back(byte);
    }
    EXPECT_FALSE(read_access_unit(Codec::h264, SharedBytes::copy_of(narrow), 1));
    EXPECT_FALSE(read_access_unit(Codec::h264, SharedBytes::copy_of(start_codes), 4));
    base::Bytes const huge(kMaxUnit + 1, 1);
    EXPECT_FALSE(read_access_unit(Codec::h264, SharedBytes::copy_of(huge), 2));
}

base::Bytes avcc(std::initializer_list<char const*> nalus) {
    base::Bytes out;
    for (auto const* const nalu : nalus) append_avcc(out, hex(nalu));
    return out;
}

TEST(LearnParameterSets, TakesThemFromThePayload) {
    Track track{H264Config{}};
    EXPECT_FALSE(learn_configuration(track, avcc({"4188"})));
    EXPECT_TRUE(learn_configuration(track, avcc({"674d401e80", "68ee", "6588"})));
    EXPECT_EQ(track, (Track{H264Config{hex("674d401e80"), hex("68ee")}}));
    EXPECT_FALSE(learn_configuration(track, avcc({"674d401e80", "68ee", "6588"})));
    EXPECT_TRUE(learn_configuration(track, avcc({"6850", "4188"})));
    EXPECT_EQ(track, (Track{H264Config{hex("674d401e80"), hex("68ee"), hex("6850")}}));
    Track audio{test::aac_stereo_44100()};
    EXPECT_FALSE(learn_configuration(audio, avcc({"674d401e80"})));
}

TEST(AdoptConfiguration, ReplacesWholeOnesAndJoinsParts) {
    Track const learned{H264Config{hex("674d401e80"), hex("68ee"), hex("6850")}};
    Track const first{H264Config{hex("674d401e80"), hex("68ee")}};
    Track const other{H264Config{hex("674d402880"), hex("68ee")}};
    struct Case {
        char const* name;
        Track header;
        Track outcome;
    };
    Case const cases[] = {
        {"repeated", first, learned},
        {"empty", {H264Config{}}, learned},
        {"new", other, other},
        {"a part",
         {H264Config{hex("682c")}},
         {H264Config{hex("674d401e80"), hex("68ee"), hex("6850"), hex("682c")}}},
    };
    for (auto const& c : cases) {
        auto track = learned;
        EXPECT_EQ(adopt_configuration(track, c.header), c.outcome != learned) << c.name;
        EXPECT_EQ(track, c.outcome) << c.name;
    }
    Track audio{test::aac_stereo_44100()};
    EXPECT_FALSE(adopt_configuration(audio, Track{test::aac_stereo_44100()}));
    EXPECT_TRUE(adopt_configuration(audio, Track{AacConfig{hex("1188"), 48000, 1}}));
    EXPECT_EQ(audio.clock_rate(), 48000U);
}

}  // namespace
}  // namespace tidegate::media
