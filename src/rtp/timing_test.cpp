// Decode times and reception statistics.
#include <gtest/gtest.h>

#include "rtp/reception.hpp"
#include "rtp/reorder.hpp"

namespace tidegate::rtp {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Presentation order to decoding order with B pictures: GOPs of `b` B pictures between references.
std::vector<int> decoding_order(int pictures, int b) {
    std::vector<int> order{0};
    for (int reference = b + 1; reference < pictures; reference += b + 1) {
        order.push_back(reference);
        for (int i = reference - b; i < reference; ++i) order.push_back(i);
    }
    return order;
}

TEST(DtsEstimator, RisesAndStaysAtOrBelowPtsForEveryStructure) {
    for (int b = 0; b <= 4; ++b) {
        for (int const frame_ms : {8, 20, 33, 40, 200}) {
            DtsEstimator estimator;
            estimator.set_depth(b == 0 ? 0 : 1);
            base::Timestamp last = -seconds{10};
            for (int const index : decoding_order(60, b)) {
                auto const pts = milliseconds{index * frame_ms};
                auto const dts = estimator.next(pts);
                EXPECT_GT(dts, last) << b << " " << index;
                EXPECT_LE(dts, pts) << b << " " << index;
                EXPECT_GE(dts, pts - milliseconds{frame_ms} * (b + 1) - milliseconds{34});
                last = dts;
            }
        }
    }
}

TEST(DtsEstimator, LearnsTheDepthWhenNobodyTellsIt) {
    DtsEstimator estimator;
    base::Timestamp last = -seconds{10};
    int raised = 0;
    int index_of_last_raise = 0;
    int n = 0;
    for (int const index : decoding_order(100, 2)) {
        auto const pts = milliseconds{index * 40};
        auto const dts = estimator.next(pts);
        EXPECT_GT(dts, last);
        if (dts > pts) {
            ++raised;
            index_of_last_raise = n;
        }
        last = dts;
        ++n;
    }
    EXPECT_LE(raised, 4);
    EXPECT_LT(index_of_last_raise, 8);
}

TEST(DtsEstimator, BeginsAnewAfterAJump) {
    DtsEstimator estimator;
    EXPECT_EQ(estimator.next(seconds{100}), seconds{100});
    EXPECT_EQ(estimator.next(seconds{1}), seconds{1});
    EXPECT_EQ(estimator.next(seconds{50}), seconds{50});
}

TEST(ReceptionStatistics, CountsLossOverTheWrap) {
    ReceptionStatistics statistics(90000);
    std::uint16_t sequence = 65000;
    for (int i = 0; i < 1000; ++i, ++sequence) {
        if (i % 10 == 5) continue;
        statistics.on_packet(7, sequence, static_cast<std::uint32_t>(i) * 3000,
                             base::from_ticks(i * 3000, 90000));
    }
    EXPECT_EQ(statistics.received(), 900U);
    EXPECT_EQ(statistics.lost(), 100U);
    EXPECT_LT(statistics.jitter(), 1);
    auto const block = statistics.report_block(seconds{40});
    EXPECT_EQ(block.ssrc, 7U);
    EXPECT_EQ(block.cumulative_lost, 100);
    EXPECT_EQ(block.fraction_lost, 25);
    EXPECT_EQ(block.highest_sequence, 65000U + 999);
    EXPECT_EQ(statistics.report_block(seconds{41}).fraction_lost, 0);
}

TEST(ReceptionStatistics, FollowsANewSourceAndAJump) {
    ReceptionStatistics statistics(8000);
    statistics.on_packet(1, 10, 0, {});
    statistics.on_packet(2, 50000, 0, {});
    statistics.on_packet(2, 20000, 0, {});  // alone it is an error
    statistics.on_packet(2, 50001, 0, {});
    statistics.on_packet(2, 20000, 0, {});
    statistics.on_packet(2, 20001, 0, {});  // two in a row are a new start
    EXPECT_EQ(statistics.lost(), 0U);
    EXPECT_EQ(statistics.received(), 4U);
}

TEST(ReceptionStatistics, MeasuresJitterAndTheDelaySinceAReport) {
    ReceptionStatistics statistics(1000);
    for (int i = 0; i < 200; ++i) {
        statistics.on_packet(1, static_cast<std::uint16_t>(i), static_cast<std::uint32_t>(20 * i),
                             milliseconds{20 * i + (i % 2) * 10});
    }
    EXPECT_NEAR(statistics.jitter(), 10, 0.1);
    statistics.on_sender_report({.ssrc = 9, .ntp = 1, .blocks = {}}, seconds{1});
    EXPECT_EQ(statistics.report_block(seconds{3}).last_sender_report, 0U);
    statistics.on_sender_report({.ssrc = 1, .ntp = 0x1122334455667788, .blocks = {}}, seconds{1});
    auto const block = statistics.report_block(seconds{3});
    EXPECT_EQ(block.last_sender_report, 0x33445566U);
    EXPECT_EQ(block.delay_since_last, 2U * 65536);
}

}  // namespace
}  // namespace tidegate::rtp
