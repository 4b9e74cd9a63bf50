#include "worker/stages/dub/source_units.hpp"

#include <gtest/gtest.h>

#include "media/aac.hpp"

namespace tidegate::worker {
namespace {

constexpr media::AudioFormat kFormatOfUnits{48000, 2};

class SourceUnitsTest : public testing::Test {
protected:
    SourceUnitsTest() {
        units.set_track({*media::make_aac_lc_config(48000, 2)});
        for (int i = 0; i < 10; ++i) add(1000 + 1024 * i);
    }
    void add(dub::Position at, std::size_t size = 100) {
        units.add(at, base::Bytes(size, std::uint8_t(at / 1024)));
    }
    std::size_t sent(dub::Position first, dub::Position end) const {
        auto const bytes = units.adts(first, end);
        return bytes ? bytes->size() / 107 : 0;
    }

    SourceUnits units{kFormatOfUnits};
};

TEST_F(SourceUnitsTest, TheNearestUnitIsFoundIfThereIsOne) {
    EXPECT_EQ(units.nearest(2500, 0), 2024);
    EXPECT_EQ(units.nearest(2500, 2025), 3048);
    EXPECT_EQ(units.nearest(2600, 0), 3048);
    EXPECT_EQ(units.nearest(1000, 0), 1000);
    EXPECT_EQ(units.nearest(10300, 0), 10216) << "the last one";
    EXPECT_EQ(units.nearest(12000, 0), 12000) << "it is too far";
    EXPECT_EQ(units.nearest(-5000, -9000), -5000);
    EXPECT_EQ(units.nearest(10300, 10300), 10300);
    units.interrupt();
    EXPECT_EQ(units.nearest(2500, 0), 2500);
}

TEST_F(SourceUnitsTest, AUnitMoreIsSentThanIsHeard) {
    EXPECT_EQ(sent(2024, 3048), 2U);
    EXPECT_EQ(sent(2024, 11240), 10U) << "up to the end of the last one";
    EXPECT_EQ(sent(2024, 11250), 10U) << "which is rounded";
    EXPECT_EQ(sent(2024, 11500), 0U);
    EXPECT_EQ(sent(1000, 3048), 0U) << "nothing before it";
    EXPECT_EQ(sent(2025, 3048), 0U);
    EXPECT_EQ(sent(2024, 3049), 0U);
    EXPECT_EQ(sent(3048, 3048), 0U);
    EXPECT_EQ(sent(4072, 3048), 0U);
}

TEST_F(SourceUnitsTest, WhatIsForgottenLeavesTheUnitBeforeTheRest) {
    units.forget_before(4072);
    EXPECT_EQ(sent(4072, 6120), 3U);
    EXPECT_EQ(sent(3048, 6120), 0U);
    units.forget_before(100'000);
    EXPECT_EQ(sent(10216, 11240), 0U);
}

TEST_F(SourceUnitsTest, OtherSoundThanThatOfTheLineIsNotSent) {
    for (auto const& config :
         {*media::make_aac_lc_config(44100, 2), *media::make_aac_lc_config(48000, 1),
          media::AacConfig{{0x2B, 0x11, 0x88, 0x00}}, media::AacConfig{}}) {
        units.set_track({config});
        add(1000);
        add(2024);
        EXPECT_EQ(sent(2024, 3048), 0U);
    }
    units.set_track({media::OpusConfig{}});
    add(1000);
    add(2024);
    EXPECT_EQ(sent(2024, 3048), 0U);
}

TEST_F(SourceUnitsTest, AUnitThatIsTooLongInterrupts) {
    add(11240, 1536);
    EXPECT_TRUE(units.adts(10216, 12264));
    add(12264, 1537);
    EXPECT_FALSE(units.adts(10216, 12264));
}

TEST_F(SourceUnitsTest, OnlySoManyAreKept) {
    for (int i = 10; i < 5000; ++i) add(1000 + 1024 * i);
    EXPECT_EQ(units.nearest(2024, 0), 2024) << "there is none any more";
    EXPECT_FALSE(units.adts(1000 + 1024 * 3900, 1000 + 1024 * 3910));
    EXPECT_TRUE(units.adts(1000 + 1024 * 4000, 1000 + 1024 * 4010));
}

}  // namespace
}  // namespace tidegate::worker
