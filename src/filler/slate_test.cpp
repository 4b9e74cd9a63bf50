#include "filler/slate.hpp"

#include <gtest/gtest.h>

#include "flv/writer.hpp"
#include "media/avcc.hpp"
#include "media/test_samples.hpp"
#include "mp4/file_writer.hpp"

namespace tidegate::filler {
namespace {

using std::chrono::milliseconds;

base::Bytes picture_of(bool keyframe) {
    base::Bytes unit;
    media::append_avcc(unit, base::Bytes{std::uint8_t(keyframe ? 0x65 : 0x41), 0x88, 0x84});
    return unit;
}

// Four pictures at 25 a second, of which the second is the first key frame; five units of sound.
base::SharedBytes mp4_file() {
    static constexpr std::uint32_t kPicture = 7, kSound = 3;
    static constexpr mp4::FileSample kVideo[] = {{3600, 0, kPicture, false},
                                                 {3600, 3600, kPicture, true},
                                                 {3600, 0, kPicture, false},
                                                 {3600, 0, kPicture, false}};
    static constexpr mp4::FileSample kAudio[] = {{1024, 0, kSound, true},
                                                 {1024, 0, kSound, true},
                                                 {1024, 0, kSound, true},
                                                 {1024, 0, kSound, true},
                                                 {1024, 0, kSound, true}};
    std::array<mp4::FileTrack, 2> const tracks{
        mp4::FileTrack{{.id = 1, .track = {media::test::h264_720p()}}, 0, kVideo},
        mp4::FileTrack{{.id = 2, .track = {media::test::aac_stereo_44100()}}, 0, kAudio}};
    auto const head = mp4::write_file_header(tracks);
    EXPECT_TRUE(head);
    base::Bytes file(head->header.view().begin(), head->header.view().end());
    mp4::FileOrder order(tracks);
    while (auto const place = order.next()) {
        auto const unit = place->track == 0 ? picture_of(kVideo[place->sample].sync)
                                            : base::Bytes{0x21, 0x10, std::uint8_t(place->sample)};
        file.insert(file.end(), unit.begin(), unit.end());
    }
    EXPECT_EQ(file.size(), head->size);
    return base::SharedBytes::copy_of(file);
}

TEST(Slate, OfAnMp4FileBeginsWithAKeyFrame) {
    auto const slate = parse_slate(mp4_file());
    ASSERT_TRUE(slate) << slate.error();
    ASSERT_EQ(slate->tracks.size(), 2U);
    EXPECT_EQ(slate->tracks[0].codec(), media::Codec::h264);
    ASSERT_EQ(slate->units[0].size(), 3U);
    EXPECT_TRUE(slate->units[0][0].keyframe);
    EXPECT_EQ(slate->units[0][0].dts, milliseconds{40});
    EXPECT_EQ(slate->units[0][0].pts, milliseconds{80});
    EXPECT_TRUE(std::ranges::equal(slate->units[0][0].payload.view(), picture_of(true)));
    ASSERT_EQ(slate->units[1].size(), 5U);
    EXPECT_EQ(slate->units[1][4].payload.view()[2], 4);
    EXPECT_EQ(slate->duration, milliseconds{160});
}

TEST(Slate, OfAFileThatIsCutOffIsRefusedOrShorter) {
    auto const file = mp4_file();
    for (std::size_t size = 0; size < file.size(); ++size) {
        auto const slate = parse_slate(file.slice(0, size));
        EXPECT_FALSE(slate) << size;
        if (!slate) {
            EXPECT_FALSE(slate.error().empty());
        }
    }
}

base::Bytes flv_tag(std::uint8_t type, std::uint32_t at, base::Bytes const& body) {
    base::Bytes tag{type};
    base::ByteWriter out(tag);
    out.u24(static_cast<std::uint32_t>(body.size()));
    out.u24(at);
    out.u32(0U);  // the time's upper byte, the stream's id
    out.bytes(body);
    out.u32(static_cast<std::uint32_t>(11 + body.size()));
    return tag;
}

base::SharedBytes flv_file() {
    media::Track const video{media::test::h264_720p()};
    auto file = media::test::hex("464c5601 05 00000009 00000000");
    auto const add = [&file](base::Bytes const& tag) {
        file.insert(file.end(), tag.begin(), tag.end());
    };
    add(flv_tag(9, 0, flv::write_sequence_header(video)));
    for (std::uint32_t i = 0; i < 4; ++i) {
        media::Unit unit;
        unit.keyframe = i == 0;
        unit.payload = base::SharedBytes::copy_of(picture_of(i == 0));
        auto const head = flv::write_frame_header(video, unit);
        base::Bytes body(head.view().begin(), head.view().end());
        body.insert(body.end(), unit.payload.view().begin(), unit.payload.view().end());
        add(flv_tag(9, 1000 + 40 * i, body));
    }
    return base::SharedBytes::copy_of(file);
}

TEST(Slate, OfAnFlvFileMayBeShort) {
    auto const slate = parse_slate(flv_file());
    ASSERT_TRUE(slate) << slate.error();
    ASSERT_EQ(slate->tracks.size(), 1U);
    ASSERT_EQ(slate->units[0].size(), 4U);
    EXPECT_EQ(slate->units[0][3].dts, milliseconds{120});
    EXPECT_EQ(slate->duration, milliseconds{160});
}

TEST(Slate, WhatIsNoFileOfMediaIsRefusedInWords) {
    auto const none = read_slate("/nonexistent/slate.mp4");
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error(), "/nonexistent/slate.mp4: No such file or directory");
    auto const text =
        parse_slate(base::SharedBytes::copy_of(base::as_bytes("hello, this is text")));
    ASSERT_FALSE(text);
    EXPECT_FALSE(read_slate("/proc/self")) << "a folder";
}

}  // namespace
}  // namespace tidegate::filler
