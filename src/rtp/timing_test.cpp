// Decode times and reception statistics.
#include <gtest/gtest.h>

#include "rtp/dts_estimator.hpp"
#include "rtp/reception.hpp"

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

// Pictures of 40 ms: the order of presentation as it comes, and the decode times that it gets. With
// a known depth the first ones lie before their pictures.
TEST(DtsEstimator, GivesTheDecodeTimesOfKnownStructures) {
    struct Case {
        char const* name;
        std::size_t depth;
        std::vector<int> pts;  // in pictures
        std::vector<int> dts;  // in pictures
    };
    Case const cases[] = {
        {"no B pictures", 0, {0, 1, 2, 3, 4}, {0, 1, 2, 3, 4}},
        {"a variable rate", 0, {0, 1, 3, 4, 9}, {0, 1, 3, 4, 9}},
        {"one B picture", 1, {1, 3, 2, 5, 4, 7, 6}, {0, 1, 2, 3, 4, 5, 6}},
        {"a pyramid of three", 2, {2, 6, 4, 3, 5, 10, 8, 7, 9}, {0, 1, 2, 3, 4, 5, 6, 7, 8}},
        {"depth that is not used", 2, {2, 3, 4, 5, 6}, {0, 1, 2, 3, 4}},
    };
    for (auto const& c : cases) {
        DtsEstimator estimator;
        estimator.set_depth(c.depth);
        std::vector<milliseconds> seen;
        std::vector<milliseconds> expected;
        for (std::size_t i = 0; i < c.pts.size(); ++i) {
            auto const dts = estimator.next(milliseconds{40 * c.pts[i]});
            // Before the window is full, the distance of pictures is an assumption.
            if (i < c.depth) continue;
            seen.push_back(std::chrono::round<milliseconds>(dts));
            expected.push_back(milliseconds{40 * c.dts[i]});
        }
        EXPECT_EQ(seen, expected) << c.name;
    }
}

TEST(DtsEstimator, NoDepthIsLargerThanTheStandardsAllow) {
    DtsEstimator estimator;
    estimator.set_depth(1000);
    base::Timestamp last = -seconds{10};
    for (int i = 0; i < 100; ++i) {
        auto const dts = estimator.next(milliseconds{40 * i});
        EXPECT_GT(dts, last);
        EXPECT_GE(dts, milliseconds{40 * (i - 17)});
        last = dts;
    }
}

TEST(DtsEstimator, EqualAndBackwardTimesStillRise) {
    DtsEstimator estimator;
    base::Timestamp last = -seconds{10};
    for (int const pts : {100, 100, 100, 60, 60, 140, 20, 180}) {
        auto const dts = estimator.next(milliseconds{pts});
        EXPECT_GT(dts, last) << pts;
        last = dts;
    }
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

// RFC 3550 A.1: what a sequence number does to the counts. Each row begins with number 100.
TEST(ReceptionStatistics, CountsWhatComesAfterTheFirst) {
    struct Case {
        char const* name;
        std::vector<std::uint16_t> sequences;
        std::uint64_t received, lost;
        std::uint32_t highest;
    };
    Case const cases[] = {
        {"in order", {101, 102, 103}, 4, 0, 103},
        {"one is missing", {101, 103}, 3, 1, 103},
        {"one comes late", {102, 101, 103}, 4, 0, 103},
        {"one comes twice", {101, 101, 102}, 4, 0, 102},
        {"the largest gap that counts as loss", {3099}, 2, 2998, 3099},
        {"one more is no loss, and alone it is an error", {3101}, 1, 0, 100},
        {"two in a row are a new start", {40000, 40001}, 2, 0, 40001},
        {"a late one as far back as may be", {101, 1}, 3, 0, 101},
        {"several gaps", {101, 2000, 4000, 6000}, 5, 5896, 6000},
    };
    for (auto const& c : cases) {
        ReceptionStatistics statistics(90000);
        statistics.on_packet(1, 100, 0, {});
        for (auto const sequence : c.sequences) statistics.on_packet(1, sequence, 0, {});
        EXPECT_EQ(statistics.received(), c.received) << c.name;
        EXPECT_EQ(statistics.lost(), c.lost) << c.name;
        auto const block = statistics.report_block({});
        EXPECT_EQ(block.highest_sequence & 0xFFFF, c.highest & 0xFFFF) << c.name;
    }
}

TEST(ReceptionStatistics, SaysNothingBeforeTheFirstPacket) {
    ReceptionStatistics statistics(90000);
    statistics.on_sender_report({.ssrc = 0, .ntp = 1ULL << 40, .blocks = {}}, seconds{1});
    EXPECT_EQ(statistics.lost(), 0U);
    EXPECT_EQ(statistics.received(), 0U);
    EXPECT_EQ(statistics.report_block(seconds{2}), ReportBlock{});
}

TEST(ReceptionStatistics, TheDelayOfAReportNeverOverflows) {
    ReceptionStatistics statistics(90000);
    statistics.on_packet(1, 1, 0, {});
    statistics.on_sender_report({.ssrc = 1, .ntp = 1ULL << 40, .blocks = {}}, seconds{10});
    EXPECT_EQ(statistics.report_block(seconds{5}).delay_since_last, 0U) << "a clock that went back";
    EXPECT_EQ(statistics.report_block(std::chrono::hours{24 * 365}).delay_since_last, 0xFFFFFFFFU);
}

}  // namespace
}  // namespace tidegate::rtp
