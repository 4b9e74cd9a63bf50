#include "base/number.hpp"

#include <gtest/gtest.h>

namespace tidegate::base {
namespace {

TEST(Number, IsTheWholeTextOrNothing) {
    EXPECT_EQ(parse_number<int>("0"), 0);
    EXPECT_EQ(parse_number<int>("-12"), -12);
    EXPECT_EQ(parse_number<std::uint8_t>("255"), 255);
    EXPECT_EQ(parse_number<unsigned>("ff", 16), 255U);
    for (auto const* const text : {"", " 1", "1 ", "+1", "1x", "0x1", "99999999999"}) {
        EXPECT_EQ(parse_number<int>(text), std::nullopt) << text;
    }
    EXPECT_EQ(parse_number<std::uint8_t>("256"), std::nullopt);
    EXPECT_EQ(parse_number<unsigned>("-1"), std::nullopt);
}

TEST(Number, ADecimalFractionIsTheWholeTextToo) {
    EXPECT_EQ(parse_number<double>("12.5"), 12.5);
    EXPECT_EQ(parse_number<double>("-0.25"), -0.25);
    EXPECT_EQ(parse_number<double>("3"), 3.0);
    for (auto const* const text : {"", " 1", "1.5x", "+1", "1,5", "1e999"}) {
        EXPECT_EQ(parse_number<double>(text), std::nullopt) << text;
    }
}

TEST(Number, APortIsFrom1To65535) {
    EXPECT_EQ(parse_port("1"), 1);
    EXPECT_EQ(parse_port("65535"), 65535);
    for (auto const* const text : {"", "0", "65536", "70000", "-1", "80a", "4294967376"}) {
        EXPECT_EQ(parse_port(text), std::nullopt) << text;
    }
}

}  // namespace
}  // namespace tidegate::base
