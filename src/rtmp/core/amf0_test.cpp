#include "rtmp/core/amf0.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "rtmp/core/test_support.hpp"

namespace tidegate::rtmp::amf0 {
namespace {

using test::hex;
using test::joined;

struct Row {
    std::string_view name;
    base::Bytes wire;
    Value value;
};

// Both ways.
std::vector<Row> golden() {
    return {
        {"number", hex("00 3ff0000000000000"), 1.0},
        {"minus zero", hex("00 8000000000000000"), -0.0},
        {"true", hex("01 01"), true},
        {"false", hex("01 00"), false},
        {"string", hex("02 0003 616263"), "abc"},
        {"empty string", hex("02 0000"), ""},
        {"string with NUL and no UTF-8", hex("02 0003 6100ff"), std::string("a\0\xff", 3)},
        {"null", hex("05"), Null{}},
        {"undefined", hex("06"), Undefined{}},
        {"empty object", hex("03 000009"), Object{}},
        {"object", hex("03 0001 61 05 0001 62 0101 000009"),
         Object{}.with("a", Null{}).with("b", true)},
        {"member without a name", hex("03 0000 05 000009"), Object{}.with("", Null{})},
        {"ecma array", hex("08 00000001 0001 61 05 000009"), Object{{{"a", Null{}}}, true}},
        {"strict array", hex("0a 00000002 05 0100"), StrictArray{{Null{}, false}}},
        {"date", hex("0b 3ff0000000000000 0000"), Date{1.0}},
        {"nested", hex("03 0001 61 0a 00000001 03 000009 000009"),
         Object{}.with("a", StrictArray{{Object{}}})},
    };
}

TEST(Amf0, ReadsEveryGoldenValue) {
    for (auto const& row : golden()) {
        Reader reader(row.wire);
        auto const value = reader.next();
        ASSERT_TRUE(value) << row.name << ": " << value.error();
        EXPECT_EQ(*value, row.value) << row.name;
        EXPECT_TRUE(reader.done()) << row.name;
    }
}

TEST(Amf0, WritesEveryGoldenValue) {
    for (auto const& row : golden()) {
        base::Bytes out;
        write(out, row.value);
        EXPECT_EQ(out, row.wire) << row.name;
    }
}

TEST(Amf0, FailsOnEveryGoldenValueCutOffAnywhere) {
    for (auto const& row : golden()) {
        for (std::size_t size = 0; size < row.wire.size(); ++size) {
            base::Bytes const cut(row.wire.begin(),
                                  row.wire.begin() + static_cast<std::ptrdiff_t>(size));
            // An ECMA array may end where a member could begin (its end marker is often forgotten).
            if (row.name == "ecma array" && (size == 5 || size == 9)) continue;
            EXPECT_FALSE(Reader(cut).next()) << row.name << " cut to " << size;
        }
    }
}

TEST(Amf0, AcceptsWhatOnlyOthersWrite) {
    std::vector<Row> const rows = {
        {"long string", hex("0c 00000003 616263"), "abc"},
        {"XML document", hex("0f 00000003 3c612f"), "<a/"},
        {"unsupported", hex("0d"), Undefined{}},
        {"typed object", hex("10 0003 466f6f 0001 61 05 000009"), Object{}.with("a", Null{})},
        {"ecma array that counts 7", hex("08 00000007 0001 61 05 000009"),
         Object{{{"a", Null{}}}, true}},
        {"ecma array that counts 2^32-1", hex("08 ffffffff 000009"), Object{{}, true}},
        {"ecma array without end", hex("08 00000001 0001 61 05"), Object{{{"a", Null{}}}, true}},
        {"boolean 7", hex("01 07"), true},
        {"empty name, then an object", hex("03 0000 03 000009 000009"),
         Object{}.with("", Object{})},
    };
    for (auto const& row : rows) {
        auto const value = Reader(row.wire).next();
        ASSERT_TRUE(value) << row.name << ": " << value.error();
        EXPECT_EQ(*value, row.value) << row.name;
    }
}

TEST(Amf0, RefusesWithAReason) {
    struct Bad {
        base::Bytes wire;
        std::string_view error;
    };
    std::vector<Bad> const rows = {
        {{}, "AMF0 value is cut off"},
        {hex("07 0000"), "unsupported marker 0x07"},
        {hex("04"), "unsupported marker 0x04"},
        {hex("11 0a"), "unsupported marker 0x11"},
        {hex("ff"), "unsupported marker 0xff"},
        {hex("03 0001 61 07 0000 000009"), "unsupported marker 0x07"},
        {hex("0c ffffffff 61"), "AMF0 value is cut off"},
        {hex("0a ffffffff"), "AMF0 value is cut off"},
        {hex("03 0001 61 05"), "AMF0 value is cut off"},
    };
    for (auto const& row : rows) {
        auto const value = Reader(row.wire).next();
        ASSERT_FALSE(value);
        EXPECT_EQ(value.error(), row.error);
    }
}

base::Bytes repeated(base::ByteView unit, int count) {
    base::Bytes bytes;
    for (int i = 0; i < count; ++i) bytes.insert(bytes.end(), unit.begin(), unit.end());
    return bytes;
}

TEST(Amf0, BoundsTheDepth) {
    struct Bomb {
        std::string_view open, close;
    };
    for (auto const& bomb :
         {Bomb{"0a 00000001", ""}, Bomb{"03 0001 61", "000009"},
          Bomb{"08 00000001 0001 61", "000009"}, Bomb{"10 0001 62 0001 61", "000009"}}) {
        auto const at = [&](int depth) {
            return joined(
                {repeated(hex(bomb.open), depth), hex("05"), repeated(hex(bomb.close), depth)});
        };
        EXPECT_TRUE(Reader(at(kMaxDepth)).next());
        for (int const depth : {kMaxDepth + 1, 100'000}) {
            auto const value = Reader(at(depth)).next();
            ASSERT_FALSE(value);
            EXPECT_EQ(value.error(), "AMF0 values are nested too deeply");
        }
    }
}

TEST(Amf0, BoundsTheNumberOfValues) {
    auto const many = joined({hex("0a ffffffff"), base::Bytes(2 * kMaxElements, 0x05)});
    auto const value = Reader(many).next();
    ASSERT_FALSE(value);
    EXPECT_EQ(value.error(), "too many AMF0 values");

    // The bound counts over all values of a message.
    base::Bytes const nulls(kMaxElements + 1, 0x05);
    Reader flat(nulls);
    for (std::size_t i = 0; i < kMaxElements; ++i) ASSERT_TRUE(flat.next());
    EXPECT_FALSE(flat.next());
}

TEST(Amf0, WritesStringsBeyondSixteenBitsAsLongStrings) {
    std::string const text(70'000, 'x');
    base::Bytes out;
    write(out, text);
    EXPECT_EQ(out[0], 0x0C);
    auto const back = Reader(out).next();
    ASSERT_TRUE(back);
    EXPECT_EQ(*back, Value(text));
}

TEST(Amf0, FindsTheFirstMemberOfAName) {
    auto const object = Object{}.with("a", 1.0).with("a", 2.0);
    EXPECT_EQ(object.find("a")->number(), 1.0);
    EXPECT_EQ(object.find("b"), nullptr);
    EXPECT_EQ(Object{}.with("a", "live").text("a"), "live");
    EXPECT_EQ(object.text("a"), "") << "a number";
    EXPECT_EQ(object.text("b"), "") << "absent";
}

TEST(Amf0, ConvertsNumbersWithoutUndefinedBehaviour) {
    using Limit = std::numeric_limits<double>;
    EXPECT_EQ(to_u32(0.0), 0U);
    EXPECT_EQ(to_u32(-0.0), 0U);
    EXPECT_EQ(to_u32(1.9), 1U);
    EXPECT_EQ(to_u32(4294967295.0), 4294967295U);
    for (double const bad : {Limit::quiet_NaN(), Limit::infinity(), -Limit::infinity(), -1.0,
                             4294967296.0, 9007199254740992.0}) {
        EXPECT_EQ(to_u32(bad), std::nullopt) << bad;
    }
}

}  // namespace
}  // namespace tidegate::rtmp::amf0
