// One row per message: the bytes on the wire and what they mean. Feeds the reader's test, the
// writer's test and the seeds of the fuzz targets (fuzz/corpus/rtmp_chunks/golden_<name>).
#pragma once

#include <string_view>
#include <vector>

#include "rtmp/core/test_support.hpp"

namespace tidegate::rtmp::test {

struct Golden {
    std::string_view name;
    base::Bytes wire;  // chunk size 128
    SeenMessage message;
};

inline base::Bytes pattern(std::size_t size) {
    base::Bytes bytes(size);
    for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::uint8_t>(i * 7 + 1);
    return bytes;
}

inline std::vector<Golden> golden_messages() {
    auto const long_body = pattern(300);
    auto const part = [&](std::size_t from, std::size_t count) {
        return base::ByteView(long_body).subspan(from, count);
    };
    return {
        {"set_chunk_size",
         hex("02 000000 000004 01 00000000 00010000"),
         {1, 2, 0, 0, hex("00010000")}},
        {"abort", hex("02 000000 000004 02 00000000 00000006"), {2, 2, 0, 0, hex("00000006")}},
        {"acknowledgement",
         hex("02 000000 000004 03 00000000 002625a0"),
         {3, 2, 0, 0, hex("002625a0")}},
        {"stream_begin",
         hex("02 000000 000006 04 00000000 0000 00000001"),
         {4, 2, 0, 0, hex("0000 00000001")}},
        {"ping_request",
         hex("02 000000 000006 04 00000000 0006 01020304"),
         {4, 2, 0, 0, hex("0006 01020304")}},
        {"window_ack_size",
         hex("02 000000 000004 05 00000000 002625a0"),
         {5, 2, 0, 0, hex("002625a0")}},
        {"set_peer_bandwidth",
         hex("02 000000 000005 06 00000000 002625a0 02"),
         {6, 2, 0, 0, hex("002625a0 02")}},
        {"audio_header",
         hex("04 000000 000004 08 01000000 af001210"),
         {8, 4, 1, 0, hex("af001210")}},
        {"video_at_one_second",
         hex("06 0003e8 000005 09 01000000 1701000000"),
         {9, 6, 1, 1000, hex("1701000000")}},
        {"create_stream",
         hex("03 000000 000019 14 00000000 02000c 63726561746553747265616d 00 4010000000000000 05"),
         {20, 3, 0, 0, hex("02000c 63726561746553747265616d 00 4010000000000000 05")}},
        {"three_chunks",
         joined({hex("06 000021 00012c 09 01000000"), part(0, 128), hex("c6"), part(128, 128),
                 hex("c6"), part(256, 44)}),
         {9, 6, 1, 33, long_body}},
        {"extended_timestamp",
         joined({hex("06 ffffff 00012c 09 01000000 01000000"), part(0, 128), hex("c6 01000000"),
                 part(128, 128), hex("c6 01000000"), part(256, 44)}),
         {9, 6, 1, 0x01000000, long_body}},
        {"smallest_extended_timestamp",
         hex("04 ffffff 000002 08 01000000 00ffffff af01"),
         {8, 4, 1, 0xFFFFFF, hex("af01")}},
        {"largest_plain_timestamp",
         hex("04 fffffe 000002 08 01000000 af01"),
         {8, 4, 1, 0xFFFFFE, hex("af01")}},
        {"two_byte_chunk_stream",
         hex("00 00 000000 000002 08 01000000 af01"),
         {8, 64, 1, 0, hex("af01")}},
        {"three_byte_chunk_stream",
         hex("01 01 ff 000000 000002 08 04030201 af01"),
         {8, 64 + 1 + 255 * 256, 0x01020304, 0, hex("af01")}},
    };
}

}  // namespace tidegate::rtmp::test
