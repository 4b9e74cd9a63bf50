#include "filler/still.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "filler/idr_pic_id.hpp"
#include "media/avcc.hpp"
#include "media/bit_reader.hpp"
#include "media/nal.hpp"
#include "media/sps.hpp"
#include "media/test_samples.hpp"

namespace tidegate::filler {
namespace {

using media::test::BitWriter;

constexpr std::size_t kRest = 40;

// The beginning of an IDR slice as a stream of these parameter sets has it, and `kRest` bytes of
// coded picture behind it, which end with a stop bit.
base::Bytes slice_of(media::H264Config const& config, std::uint32_t idr_pic_id,
                     std::uint8_t filling = 0xA5) {
    auto const syntax = *media::h264_slice_syntax(config.sets.sps());
    BitWriter bits;
    bits.bits(0x65, 8).ue(0).ue(7).ue(0);
    bits.bits(0, syntax.frame_num_bits).ue(idr_pic_id);
    for (std::size_t i = 0; i < kRest; ++i) bits.bits(filling, 8);
    return bits.bits(1, 1).bytes();
}

struct Slice {
    std::uint32_t idr_pic_id = 0;
    std::vector<bool> rest;
};

Slice read(base::ByteView nalu, media::H264Config const& config) {
    auto const syntax = *media::h264_slice_syntax(config.sets.sps());
    auto const rbsp = media::remove_emulation_prevention(nalu);
    media::BitReader reader(rbsp);
    reader.skip(8);
    for (int i = 0; i < 3; ++i) reader.ue();
    reader.bits(syntax.frame_num_bits);
    Slice slice{reader.ue(), {}};
    while (reader.remaining() > 0) slice.rest.push_back(reader.flag());
    EXPECT_FALSE(reader.failed());
    return slice;
}

TEST(IdrPicId, IsAnotherOneAndNothingElseChanges) {
    auto const config = media::test::h264_720p();
    for (std::uint32_t const id : {0U, 1U, 2U, 3U, 6U, 7U, 254U, 2046U}) {
        SCOPED_TRACE(id);
        auto const nalu = slice_of(config, id);
        auto const before = read(nalu, config);
        ASSERT_EQ(before.idr_pic_id, id);
        auto const first = with_other_idr_pic_id(nalu, config.sets, 0);
        auto const second = with_other_idr_pic_id(nalu, config.sets, 1);
        ASSERT_TRUE(first && second);
        EXPECT_EQ(first->size(), nalu.size() + 1) << "all that follows keeps its place in its byte";
        EXPECT_EQ(read(*first, config).rest, before.rest);
        EXPECT_EQ(read(*second, config).rest, before.rest);
        EXPECT_NE(read(*first, config).idr_pic_id, read(*second, config).idr_pic_id);
        EXPECT_GT(read(*first, config).idr_pic_id, id);
        EXPECT_LE(read(*second, config).idr_pic_id, 65'535U);
    }
}

TEST(IdrPicId, EmulationPreventionIsMadeAnew) {
    auto const config = media::test::h264_main_360p();
    auto const nalu = slice_of(config, 0, 0x00);  // a picture of zeros
    auto const changed = with_other_idr_pic_id(nalu, config.sets, 1);
    ASSERT_TRUE(changed);
    EXPECT_EQ(media::find_start_code(*changed), changed->size());
    for (std::size_t i = 0; i + 2 < changed->size(); ++i) {
        auto const* const at = changed->data() + i;
        EXPECT_FALSE(at[0] == 0 && at[1] == 0 && at[2] < 3) << i;
    }
    EXPECT_EQ(read(*changed, config).rest, read(nalu, config).rest);
}

TEST(IdrPicId, StaysWhereItCannotBeRead) {
    auto const config = media::test::h264_720p();
    auto const nalu = slice_of(config, 0);
    EXPECT_FALSE(with_other_idr_pic_id(nalu, media::ParameterSets(media::Codec::h264), 0));
    for (std::size_t size = 0; size < 6; ++size) {
        static_cast<void>(with_other_idr_pic_id(base::ByteView(nalu).first(size), config.sets, 0));
    }
    EXPECT_FALSE(with_other_idr_pic_id(base::ByteView(nalu).first(2), config.sets, 0));
    EXPECT_FALSE(with_other_idr_pic_id(slice_of(config, 65'535), config.sets, 0))
        << "there is no room above it";
}

TEST(Still, PicturesOfH264DifferFromTheirNeighboursAndSayNothingTwice) {
    auto const config = media::test::h264_720p();
    base::Bytes unit;
    media::append_avcc(unit, media::test::hex("0605ffff80"));  // SEI
    media::append_avcc(unit, slice_of(config, 0));
    Still still({config}, base::SharedBytes::copy_of(unit));
    std::vector<std::uint32_t> ids;
    for (int i = 0; i < 4; ++i) {
        media::AvccReader nalus(still.next().view());
        auto const slice = nalus.next();
        ASSERT_TRUE(slice);
        EXPECT_EQ(media::h264_nal_type(*slice), 5);
        ids.push_back(read(*slice, config).idr_pic_id);
        EXPECT_FALSE(nalus.next());
    }
    EXPECT_NE(ids[0], 0U) << "the picture of the source may have been the last one";
    EXPECT_NE(ids[0], ids[1]);
    EXPECT_EQ(ids[0], ids[2]);
    EXPECT_EQ(ids[1], ids[3]);
}

TEST(Still, ACraOfH265BecomesABla) {
    base::Bytes unit;
    media::append_avcc(unit, base::Bytes{0x2A, 0x01, 0xAF, 0x10});  // CRA_NUT
    media::append_avcc(unit, base::Bytes{0x28, 0x01, 0xAF, 0x10});  // IDR_N_LP
    Still still({media::test::h265_1080p()}, base::SharedBytes::copy_of(unit));
    media::AvccReader nalus(still.next().view());
    EXPECT_EQ(media::h265_nal_type(*nalus.next()), 18);
    EXPECT_EQ(media::h265_nal_type(*nalus.next()), 20);
}

TEST(Still, WhatCannotBeChangedIsRepeated) {
    auto const picture = base::SharedBytes::copy_of(media::test::hex("0a0b0c"));
    Still av1({media::test::av1_160x120()}, picture);
    EXPECT_TRUE(std::ranges::equal(av1.next().view(), picture.view()));
    Still broken({media::test::h264_720p()}, picture);
    EXPECT_TRUE(std::ranges::equal(broken.next().view(), picture.view()));
}

}  // namespace
}  // namespace tidegate::filler
