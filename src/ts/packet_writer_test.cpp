#include "ts/packet_writer.hpp"

#include <gtest/gtest.h>

#include <array>

#include "media/test_samples.hpp"
#include "ts/test_demuxer.hpp"

namespace tidegate::ts {
namespace {

using media::test::hex;

base::Bytes written(Adaptation const& adaptation, std::span<base::ByteView const> pieces,
                    PacketStream& stream) {
    base::SharedBytesBuilder out;
    write_pes(out, stream, adaptation, pieces);
    auto const bytes = out.view();
    return {bytes.begin(), bytes.end()};
}

base::Bytes padded(char const* start, std::size_t fill, std::uint8_t with, char const* end = "") {
    auto bytes = hex(start);
    bytes.insert(bytes.end(), fill, with);
    auto const rest = hex(end);
    bytes.insert(bytes.end(), rest.begin(), rest.end());
    return bytes;
}

TEST(PacketWriter, HasTheseBytes) {
    struct Case {
        char const* name;
        Adaptation adaptation;
        std::size_t size;  // of the payload, bytes of ab
        base::Bytes wanted;
    };
    Case const cases[] = {
        {"full", {}, 184, padded("47 4123 15", 184, 0xab)},
        {"one byte of stuffing", {}, 183, padded("47 4123 35 00", 183, 0xab)},
        {"two", {}, 182, padded("47 4123 35 01 00", 182, 0xab)},
        {"many", {}, 1, padded("47 4123 35 b6 00", 181, 0xff, "ab")},
        {"random access",
         {.random_access = true, .clock = {}},
         182,
         padded("47 4123 35 01 40", 182, 0xab)},
        {"clock",
         {.random_access = false, .clock = 0x1ffffffff},
         176,
         padded("47 4123 35 07 10 ffffffff fe 00", 176, 0xab)},
        {"both, stuffed",
         {.random_access = true, .clock = 2},
         175,
         padded("47 4123 35 08 50 00000001 7e 00 ff", 175, 0xab)},
    };
    for (auto const& c : cases) {
        PacketStream stream{0x123, 5};
        base::Bytes const payload(c.size, 0xab);
        base::ByteView const piece = payload;
        EXPECT_EQ(written(c.adaptation, {&piece, 1}, stream), c.wanted) << c.name;
        EXPECT_EQ(stream.next_counter, 6) << c.name;
    }
}

TEST(PacketWriter, AnySizeAndAnyPiecesComeOutAsTheyWent) {
    base::Bytes payload;
    for (int i = 0; i < 800; ++i) payload.push_back(static_cast<std::uint8_t>(i * 7));
    for (std::size_t size = 1; size <= payload.size(); ++size) {
        base::ByteView const all = base::ByteView(payload).first(size);
        auto const third = size / 3;
        std::array<base::ByteView, 4> const pieces{
            all.first(third), {}, all.subspan(third, third), all.subspan(2 * third)};
        for (bool const clock : {false, true}) {
            PacketStream stream{300, 14};
            auto const stream_bytes =
                written({.random_access = clock,
                         .clock = clock ? std::optional<std::uint64_t>(77) : std::nullopt},
                        pieces, stream);
            auto const demuxed = test::Demuxer().run(stream_bytes);
            ASSERT_EQ(demuxed.fault, "") << size;
            ASSERT_EQ(demuxed.pieces.size(), 1U) << size;
            EXPECT_EQ(demuxed.pieces[0].bytes, base::Bytes(all.begin(), all.end())) << size;
            EXPECT_EQ(demuxed.pieces[0].random_access, clock);
            EXPECT_EQ(demuxed.pieces[0].clock.value_or(77), 77U);
        }
    }
}

TEST(PacketWriter, AClockAloneDoesNotCount) {
    PacketStream stream{256, 3};
    base::SharedBytesBuilder out;
    write_clock(out, stream, 0x123456789);
    auto const wanted = padded("47 0100 22 b7 10 91a2b3c4 fe 00", 176, 0xff);
    EXPECT_EQ(base::Bytes(out.view().begin(), out.view().end()), wanted);
    EXPECT_EQ(stream.next_counter, 3);
}

TEST(PacketWriter, ASectionMayGoOverSeveralPackets) {
    base::Bytes section(200, 0x5a);
    PacketStream stream{4096, 15};
    base::SharedBytesBuilder out;
    write_section(out, stream, section);
    auto wanted = padded("47 5000 1f 00", 183, 0x5a);
    auto const rest = padded("47 1000 10 5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a", 167, 0xff);
    wanted.insert(wanted.end(), rest.begin(), rest.end());
    EXPECT_EQ(base::Bytes(out.view().begin(), out.view().end()), wanted);
    EXPECT_EQ(stream.next_counter, 1);
}

TEST(Crc32, IsThatOfMpeg) {
    EXPECT_EQ(crc32(base::as_bytes("123456789")), 0x0376e6e7U);
    EXPECT_EQ(crc32({}), 0xffffffffU);
}

}  // namespace
}  // namespace tidegate::ts
