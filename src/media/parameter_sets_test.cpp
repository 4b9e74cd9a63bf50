#include "media/parameter_sets.hpp"

#include <gtest/gtest.h>

#include "media/test_samples.hpp"

namespace tidegate::media {
namespace {

using test::BitWriter;
using test::hex;

base::Bytes h264_sps(unsigned id, std::uint8_t level = 0x1e) {
    return BitWriter{}.bits(0x674d40, 24).bits(level, 8).ue(id).bits(0xab, 8).bytes();
}
base::Bytes h264_pps(unsigned id, std::size_t padding = 0) {
    auto nalu = BitWriter{}.bits(0x68, 8).ue(id).ue(0).bits(0xc0, 8).bytes();
    nalu.resize(nalu.size() + padding, 0x11);
    return nalu;
}
// The header of H.265: type, layer, temporal id.
BitWriter h265(unsigned type, unsigned layer) {
    return BitWriter{}.bits(0, 1).bits(type, 6).bits(layer, 6).bits(1, 3);
}

TEST(ParameterSetId, IsReadFromEachKindOfSet) {
    struct Case {
        char const* name;
        Codec codec;
        base::Bytes nalu;
        std::optional<std::uint8_t> id;
    };
    // A profile_tier_level of no sub-layers, and of 6 with all that they can announce.
    auto const flat = [](BitWriter writer) { return writer.bits(0, 48).bits(0, 48); };
    auto const deep = [&](BitWriter writer) {
        auto out = flat(std::move(writer)).bits(0xfff, 12).bits(0, 4);
        for (int i = 0; i < 6; ++i) out.bits(0, 48).bits(0, 48);
        return out;
    };
    Case const cases[] = {
        {"sps 0", Codec::h264, h264_sps(0), 0},
        {"sps 31", Codec::h264, h264_sps(31), 31},
        {"sps 32", Codec::h264, h264_sps(32), std::nullopt},
        {"sps without id", Codec::h264, hex("674d401e"), std::nullopt},
        {"sps of 33 zero bits", Codec::h264, hex("674d401e 0000000000 80"), std::nullopt},
        {"pps 0", Codec::h264, h264_pps(0), 0},
        {"pps 255", Codec::h264, h264_pps(255), 255},
        {"pps 256", Codec::h264, h264_pps(256), std::nullopt},
        {"pps of a header", Codec::h264, hex("68"), std::nullopt},
        {"slice", Codec::h264, hex("6588"), std::nullopt},
        {"real sps", Codec::h264, hex("6764001facd94050"), 0},
        {"vps 15", Codec::h265, h265(32, 0).bits(15, 4).bits(0, 12).bytes(), 15},
        {"vps of a header", Codec::h265, hex("4001"), std::nullopt},
        {"pps 63", Codec::h265, h265(34, 0).ue(63).ue(0).bytes(), 63},
        {"pps 64", Codec::h265, h265(34, 0).ue(64).ue(0).bytes(), std::nullopt},
        {"sps 15", Codec::h265, flat(h265(33, 0).bits(0, 4).bits(0, 3).bits(1, 1)).ue(15).bytes(),
         15},
        {"sps 3 of 7 layers", Codec::h265,
         deep(h265(33, 0).bits(0, 4).bits(6, 3).bits(1, 1)).ue(3).bytes(), 3},
        {"sps 16", Codec::h265, flat(h265(33, 0).bits(0, 4).bits(0, 3).bits(1, 1)).ue(16).bytes(),
         std::nullopt},
        {"sps 2 of an upper layer", Codec::h265, h265(33, 1).bits(0, 4).bits(7, 3).ue(2).bytes(),
         2},
        {"real sps", Codec::h265, test::first_set(test::h265_1080p().sets, NalRole::sps), 0},
        {"not a set", Codec::h265, hex("2601af"), std::nullopt},
    };
    for (auto const& c : cases) EXPECT_EQ(parameter_set_id(c.codec, c.nalu), c.id) << c.name;
}

TEST(ParameterSets, AreReplacedById) {
    ParameterSets sets(Codec::h264);
    EXPECT_TRUE(sets.put(h264_pps(1)));
    EXPECT_TRUE(sets.put(h264_sps(0)));
    EXPECT_TRUE(sets.put(h264_pps(0)));
    EXPECT_FALSE(sets.put(h264_pps(1)));
    EXPECT_EQ(sets.all().size(), 3U);
    EXPECT_TRUE(sets.put(h264_pps(1, 1)));
    ASSERT_EQ(sets.of(NalRole::pps).size(), 2U);
    EXPECT_EQ(sets.of(NalRole::pps)[0].nalu, h264_pps(0));
    EXPECT_EQ(sets.of(NalRole::pps)[1].nalu, h264_pps(1, 1));
    EXPECT_TRUE(sets.of(NalRole::vps).empty());
}

TEST(ParameterSets, OtherUnitsAreNone) {
    ParameterSets sets(Codec::h264);
    for (auto const* const nalu : {"", "6588", "09f0", "0605", "674d40"}) {
        EXPECT_FALSE(sets.put(hex(nalu))) << nalu;
    }
    EXPECT_FALSE(sets.put(h264_pps(0, kMaxParameterSetBytes)));
    EXPECT_TRUE(sets.empty());
}

TEST(ParameterSets, ADamagedOneNeverTakesAGoodOnesPlace) {
    ParameterSets sets(Codec::h264);
    EXPECT_TRUE(sets.put(hex("674d401e")));  // id cut off: taken for want of a better one
    EXPECT_TRUE(sets.put(hex("674d401f")));
    EXPECT_TRUE(sets.put(h264_sps(0)));
    EXPECT_FALSE(sets.put(hex("674d401e")));
    ASSERT_EQ(sets.all().size(), 1U);
    EXPECT_EQ(sets.all()[0].nalu, h264_sps(0));
}

TEST(ParameterSets, AreCompleteWithOneOfEachRole) {
    ParameterSets h264(Codec::h264);
    EXPECT_FALSE(h264.complete());
    h264.put(h264_pps(3));
    EXPECT_FALSE(h264.complete());
    h264.put(h264_sps(2));
    EXPECT_TRUE(h264.complete());

    ParameterSets h265(Codec::h265);
    for (auto const& set : test::h265_1080p().sets.all()) {
        EXPECT_FALSE(h265.complete());
        h265.put(set.nalu);
    }
    EXPECT_TRUE(h265.complete());
}

TEST(ParameterSets, TheFirstSpsOfADescriptionSpeaksUntilAnotherOneChanges) {
    H264Config config{h264_sps(5), h264_sps(2), h264_pps(0)};
    auto& sets = config.sets;
    auto const speaking = [&] { return base::Bytes(sets.sps().begin(), sets.sps().end()); };
    EXPECT_EQ(speaking(), h264_sps(5));
    sets.put(h264_sps(2));
    EXPECT_EQ(speaking(), h264_sps(5)) << "nothing new";
    sets.put(h264_sps(2, 0x28));
    EXPECT_EQ(speaking(), h264_sps(2, 0x28));
    sets.put(h264_sps(7));
    EXPECT_EQ(speaking(), h264_sps(7));
    EXPECT_EQ(
        base::Bytes(sets.described(NalRole::sps)[0].begin(), sets.described(NalRole::sps)[0].end()),
        h264_sps(7));
    EXPECT_EQ(sets.described(NalRole::sps).size(), 3U);
}

TEST(ParameterSets, EveryIdThatARecordCanCountIsKept) {
    ParameterSets sets(Codec::h264);
    for (unsigned id = 0; id < kH264SpsIds; ++id) sets.put(h264_sps(id));
    for (unsigned id = 0; id < kH264PpsIds; ++id) sets.put(h264_pps(id));
    EXPECT_EQ(sets.of(NalRole::sps).size(), kMaxSequenceSets);
    EXPECT_EQ(sets.of(NalRole::pps).size(), kMaxPictureSets);
    EXPECT_EQ(sets.of(NalRole::sps)[0].id, 1U) << "the oldest gave way";
    EXPECT_EQ(sets.of(NalRole::pps)[0].id, 1U);
}

TEST(ParameterSets, WhatHasNotComeForTheLongestMakesRoom) {
    constexpr std::size_t kSize = 1000;
    ParameterSets sets(Codec::h264);
    sets.put(h264_sps(0));
    for (unsigned id = 0; id < 8; ++id) sets.put(h264_pps(id, kSize));
    sets.put(h264_sps(0));
    sets.put(h264_pps(0, kSize));
    sets.put(h264_pps(8, kSize));
    std::size_t bytes = 0;
    std::vector<unsigned> ids;
    for (auto const& set : sets.all()) bytes += set.nalu.size();
    for (auto const& set : sets.of(NalRole::pps)) ids.push_back(set.id);
    EXPECT_LE(bytes, kMaxParameterSetBytes);
    EXPECT_EQ(ids, (std::vector<unsigned>{0, 2, 3, 4, 5, 6, 7, 8}));
    EXPECT_FALSE(sets.sps().empty());
}

TEST(ParameterSets, UpperLayersDoNotTakeTheBaseLayersPlace) {
    auto config = test::h265_1080p();
    auto const base = base::Bytes(config.sets.sps().begin(), config.sets.sps().end());
    EXPECT_TRUE(config.sets.put(h265(33, 1).bits(0, 4).bits(7, 3).ue(0).bytes()));
    EXPECT_EQ(config.sets.of(NalRole::sps).size(), 2U);
    EXPECT_EQ(base::Bytes(config.sets.sps().begin(), config.sets.sps().end()), base);
}

TEST(ParameterSets, CoverWhatTheyHave) {
    H264Config const all{h264_sps(0), h264_pps(0), h264_pps(1)};
    H264Config const some{h264_sps(0), h264_pps(1)};
    EXPECT_TRUE(all.sets.covers(some.sets));
    EXPECT_FALSE(some.sets.covers(all.sets));
    EXPECT_FALSE(all.sets.covers(H264Config{h264_sps(0, 0x28)}.sets));
    EXPECT_TRUE(all.sets.covers(ParameterSets(Codec::h264)));
    EXPECT_NE(all, some);
    auto joined = some;
    EXPECT_TRUE(joined.sets.put(all.sets));
    EXPECT_EQ(joined, all);
}

}  // namespace
}  // namespace tidegate::media
