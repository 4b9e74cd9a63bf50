#include "worker/stages/dub/dub_account.hpp"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

namespace tidegate::worker {
namespace {

using std::chrono::milliseconds;
using sts::ClientState;

constexpr std::chrono::system_clock::time_point kAt{milliseconds(1760000000500)};

Settled settled_as(std::uint64_t number, std::optional<dub::Fallback> fallback) {
    Settled settled;
    settled.number = number;
    settled.duration = milliseconds(3200);
    settled.fallback = fallback;
    settled.stretch = 1.04;
    settled.gain_db = -1.5;
    return settled;
}

class DubAccountTest : public testing::Test {
protected:
    DubAccount account{"es", milliseconds(10'000)};
};

TEST_F(DubAccountTest, SaysWhatIsHeardAndWhy) {
    EXPECT_FALSE(account.status().dubbed);
    EXPECT_EQ(account.status().reason, "starting");
    EXPECT_TRUE(account.on_settled(settled_as(0, std::nullopt), ClientState::ready, kAt));
    EXPECT_TRUE(account.status().dubbed);
    EXPECT_EQ(account.status().reason, "");
    EXPECT_FALSE(account.on_settled(settled_as(1, dub::Fallback::silent), ClientState::ready, kAt));
    EXPECT_TRUE(account.status().dubbed) << "a pause of the speaker is no fallback";

    struct Case {
        dub::Fallback fallback;
        ClientState state;
        char const* word;
    };
    for (auto const& [fallback, state, word] : {
             Case{dub::Fallback::disconnected, ClientState::connecting, "connecting"},
             Case{dub::Fallback::disconnected, ClientState::waiting, "service-down"},
             Case{dub::Fallback::disconnected, ClientState::refused, "refused"},
             Case{dub::Fallback::breaker_open, ClientState::breaker_open, "breaker-open"},
             Case{dub::Fallback::paused, ClientState::paused, "paused"},
             Case{dub::Fallback::late, ClientState::ready, "late"},
             Case{dub::Fallback::timed_out, ClientState::ready, "late"},
             Case{dub::Fallback::too_long, ClientState::ready, "failed"},
         }) {
        account.on_settled(settled_as(2, fallback), state, kAt);
        EXPECT_FALSE(account.status().dubbed);
        EXPECT_EQ(account.status().reason, word);
    }
    EXPECT_EQ(account.status().fallbacks.at("disconnected"), 3U);
    EXPECT_EQ(account.status().fallbacks.at("silent"), 1U);
}

TEST_F(DubAccountTest, ATextIsToldWhenItsPlaceComesWhateverOrderTheAnswersHad) {
    sts::Dub dub;
    dub.transcript = "good evening";
    dub.translation = "buenas noches";
    account.on_dub(8, dub);
    account.on_dub(7, dub);
    account.on_settled(settled_as(9, dub::Fallback::silent), ClientState::ready, kAt);
    EXPECT_TRUE(account.take_captions().empty());
    account.on_settled(settled_as(7, std::nullopt), ClientState::ready, kAt);
    account.on_settled(settled_as(8, dub::Fallback::late), ClientState::ready, kAt);
    auto const captions = account.take_captions();
    ASSERT_EQ(captions.size(), 2U);
    EXPECT_TRUE(captions[0].dubbed);
    EXPECT_FALSE(captions[1].dubbed);
    EXPECT_EQ(to_json(captions[0]),
              R"({"language":"es","fragment":7,"at":1760000000500,"durationMs":3200,)"
              R"("dubbed":true,"transcript":"good evening","translation":"buenas noches"})");
    EXPECT_TRUE(account.take_captions().empty());
}

TEST_F(DubAccountTest, ReportsPercentilesAndBuckets) {
    for (int i = 1; i <= 100; ++i) {
        sts::Dub dub;
        dub.round_trip = milliseconds(10 * i);
        account.on_dub(std::uint64_t(i), dub);
    }
    auto const& status = account.status();
    EXPECT_NEAR(*status.rtt_p50_ms, 500, 10);
    EXPECT_NEAR(*status.rtt_p95_ms, 950, 10);
    EXPECT_EQ(status.round_trips.counts[0], 5) << "up to 50 ms";
    EXPECT_EQ(status.round_trips.counts[4], 50) << "500 to 1000 ms";
}

TEST_F(DubAccountTest, TheReportIsJsonInOneLineHoweverLongItsTexts) {
    auto& status = account.status();
    status.detail = std::string(999, 'x') + "é" + "\n\"";
    status.rtt_p50_ms = 812.468;
    status.backpressure = {{"pause", 2}, {"slow_down", 1}, {"none", 5}};
    auto const text = to_json(status);
    EXPECT_EQ(text.find('\n'), std::string::npos);
    EXPECT_LT(text.size(), 1500U);
    auto const json = boost::json::parse(text).as_object();
    EXPECT_EQ(json.at("detail").as_string(), std::string(999, 'x')) << "no half character";
    EXPECT_EQ(json.at("rttP50Ms").as_double(), 812.47);
    EXPECT_EQ(json.at("backpressure").as_int64(), 3);
    EXPECT_EQ(json.at("delayMs").as_int64(), 10000);
    EXPECT_EQ(json.at("mode").as_string(), "original");
    EXPECT_FALSE(json.contains("stretch"));
}

}  // namespace
}  // namespace tidegate::worker
