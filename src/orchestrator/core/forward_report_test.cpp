#include "orchestrator/core/forward_report.hpp"

#include <gtest/gtest.h>

namespace tidegate::orchestrator {
namespace {

TEST(ForwardReport, IsReadAndWhatDoesNotFitCountsAsMissing) {
    auto const report = parse_forward_report(
        R"({"phase":"retrying","attempt":4,"connections":2,"bytes":1234,"bitsPerSecond":5,)"
        R"("dropped":6,"retryInMs":3400,"error":"refused\nby it","errorKind":"connect","x":[]})");
    ASSERT_TRUE(report);
    EXPECT_EQ(report->phase, "retrying");
    EXPECT_EQ(report->attempt, 4U);
    EXPECT_EQ(report->connections, 2U);
    EXPECT_EQ(report->bytes, 1234U);
    EXPECT_EQ(report->bits_per_second, 5U);
    EXPECT_EQ(report->dropped, 6U);
    EXPECT_EQ(report->retry_in_ms, 3400U);
    EXPECT_EQ(report->error, "refused by it");
    EXPECT_EQ(report->error_kind, "connect");
    auto const odd = parse_forward_report(R"({"phase":"forwarding","bytes":"x","attempt":-1})");
    ASSERT_TRUE(odd);
    EXPECT_EQ(odd->bytes, 0U);
    EXPECT_EQ(odd->retry_in_ms, std::nullopt);
    for (auto const* const text : {"", "{", "[]", "{}", R"({"phase":1})", R"({"phase":"A B"})"}) {
        EXPECT_FALSE(parse_forward_report(text)) << text;
    }
}

}  // namespace
}  // namespace tidegate::orchestrator
