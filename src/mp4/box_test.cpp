#include "mp4/box.hpp"

#include <gtest/gtest.h>

#include "mp4/box_writer.hpp"
#include "mp4/test_bytes.hpp"

namespace tidegate::mp4 {
namespace {

using test::hex;
using test::to_hex;

TEST(Box, TypesAreFourLetters) {
    EXPECT_EQ("moov"_box, 0x6d6f6f76U);
    EXPECT_EQ(box_name("moov"_box), "moov");
    EXPECT_EQ(box_name(0xa96e616d), "?nam");
}

TEST(Box, SizesAreFilledInWhenBoxesEnd) {
    BoxWriter out(0);
    {
        auto const outer = out.box("moov"_box);
        {
            auto const inner = out.full_box("mvhd"_box, 1, 0x020304);
            out.versioned(1, 5);
            out.versioned(0, 6);
        }
        auto const last = out.box("free"_box);
        out.i32(-2);
        out.u24(0x010203U);
        out.zeros(2);
        out.text("ab");
    }
    EXPECT_EQ(to_hex(std::move(out).finish().view()),
              "00000033"
              "6d6f6f76"
              "00000018"
              "6d766864"
              "01020304"
              "0000000000000005"
              "00000006"
              "00000013"
              "66726565"
              "fffffffe"
              "010203"
              "0000"
              "6162");
}

TEST(Box, AreWalkedUpToTheFirstThatDoesNotFit) {
    struct Case {
        char const* name;
        char const* bytes;
        char const* found;  // type and payload of each box
        bool failed;
    };
    Case const cases[] = {
        {"none", "", "", false},
        {"two", "0000000a 6162 6364 0102 00000008 65666768", "abcd:0102 efgh: ", false},
        {"64 bits of size", "00000001 61626364 0000000000000011 07 00000008 65666768",
         "abcd:07 efgh: ", false},
        {"to the end", "00000000 61626364 0102030405", "abcd:0102030405 ", false},
        {"too small", "00000007 61626364 00", "", true},
        {"64 bits, too small", "00000001 61626364 000000000000000f 07", "", true},
        {"64 bits of nothing", "00000001 61626364 0000000000000000 07", "", true},
        {"too large", "00000008 61626364 0000000a 61626364 01", "abcd: ", true},
        {"header is cut", "0000000a 616263", "", true},
        {"large header is cut", "00000001 61626364 00000000000000", "", true},
        {"absurd", "00000001 61626364 ffffffffffffffff 07", "", true},
    };
    for (auto const& c : cases) {
        auto const bytes = hex(c.bytes);
        std::string found;
        BoxReader boxes(bytes);
        while (auto const box = boxes.next()) {
            found += box_name(box->type) + ":" + to_hex(box->payload) + " ";
        }
        EXPECT_EQ(found, c.found) << c.name;
        EXPECT_EQ(boxes.failed(), c.failed) << c.name;
    }
}

TEST(Box, AreFoundByType) {
    auto const bytes = hex("00000009 61626364 01 0000000a 65666768 0203");
    EXPECT_EQ(to_hex(find_box(bytes, "efgh"_box)), "0203");
    EXPECT_TRUE(find_box(bytes, "xxxx"_box).empty());
}

}  // namespace
}  // namespace tidegate::mp4
