// The switch and the list of recordings, with a router that is our HTTP server and answers what the
// test says.
#include "orchestrator/io/router/recordings.hpp"

#include <cstdio>
#include <map>
#include <vector>

#include "http/server.hpp"
#include "orchestrator/io/loop_test.hpp"

namespace tidegate::orchestrator {
namespace {

using Kind = RecordingsError::Kind;

class RecordingsTest : public LoopTest {
protected:
    std::map<std::string, http::Response> answers_;  // "GET /v3/...": as the request's target
    std::vector<std::string> asked_;                 // with bodies
    std::unique_ptr<http::Server> router_;
    std::unique_ptr<RouterRecordings> recordings_;
    Door playback_;

    void SetUp() override {
        http::ServerSettings settings;
        settings.address = "127.0.0.1:0";
        settings.refuse = [](http::Refusal, http::RefusalInfo const& info) {
            return http::Response{.status = info.status};
        };
        settings.handle = [this](http::Request const& request) { return answer(request); };
        router_ = std::make_unique<http::Server>(io_, settings);
        ASSERT_TRUE(router_->start());
        auto const port = std::to_string(router_->port());
        recordings_ = std::make_unique<RouterRecordings>(
            RouterAccess{"http://127.0.0.1:" + port, Login{"user", "geheim"}});
        playback_ = {true, "10.9.8.7:" + port, false};
    }
    void TearDown() override {
        auto closed =
            asio::co_spawn(io_, router_->stop(std::chrono::milliseconds{100}), asio::use_future);
        run_until(
            [&] { return closed.wait_for(std::chrono::seconds{0}) == std::future_status::ready; });
    }

    http::Response answer(http::Request const& request) {
        auto const name = request.method + " " + request.target;
        asked_.push_back(name + (request.body.empty() ? "" : " " + request.body));
        EXPECT_EQ(request.header("authorization"), "Basic dXNlcjpnZWhlaW0=");
        auto const found = answers_.find(name);
        if (found != answers_.end()) return found->second;
        return {.status = 404, .body = R"({"status":"error","error":"not found"})"};
    }
    void answers(std::string const& request, std::string const& body, unsigned status = 200) {
        answers_[request] = {.status = status, .content_type = "application/json", .body = body};
    }
    // The path has an entry of its own, or that of a pattern.
    void own(bool record) {
        answers("GET /v3/config/paths/get/live%2Fa%2Fin",
                R"({"name":"live/a/in","record":)" + std::string(record ? "true}" : "false}"));
    }
    void pattern(std::string const& more = "") {
        answers("GET /v3/config/paths/get/~%5Elive%2F",
                R"({"name":"~^live/","record":false,"maxReaders":7)" + more + "}");
    }
    void live(std::string const& entry, bool online = true) {
        answers("GET /v3/paths/get/live%2Fa%2Fin",
                R"({"confName":")" + entry + R"(","online":)" + (online ? "true" : "false") + "}");
    }
    void lists(std::string const& body, unsigned status = 200) {
        answers("GET /list?path=live%2Fa%2Fin", body, status);
    }
    std::expected<Recordings, RecordingsError> look(RecordingsAsk ask = {}) {
        return run(recordings_->look("live/a/in", playback_, std::move(ask)));
    }
    std::string state() {
        auto const found = look();
        return found ? std::string(name(found->state)) : found.error().message;
    }
    std::expected<bool, RecordingsError> turn(bool on) {
        return run(recordings_->switch_to("live/a/in", on));
    }
    // A little longer, so that a busy machine has time.
    static std::string span_until_now() {
        auto const begin = std::chrono::system_clock::now() - std::chrono::seconds(60);
        auto const seconds = std::chrono::floor<std::chrono::seconds>(begin);
        auto const day = std::chrono::floor<std::chrono::days>(seconds);
        std::chrono::year_month_day const date(day);
        std::chrono::hh_mm_ss const time(seconds - day);
        char text[128];
        std::snprintf(
            text, sizeof text, R"([{"start":"%04d-%02u-%02uT%02d:%02d:%02dZ","duration":90}])",
            static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
            static_cast<unsigned>(date.day()), static_cast<int>(time.hours().count()),
            static_cast<int>(time.minutes().count()), static_cast<int>(time.seconds().count()));
        return text;
    }
};

TEST_F(RecordingsTest, TheStateIsThatOfTheEntryWhichCounts) {
    EXPECT_EQ(state(), "unknown");
    live("~^live/");
    pattern();
    EXPECT_EQ(state(), "off");
    own(true);  // also while the router still names the pattern
    EXPECT_EQ(state(), "waiting");
    live("live/a/in", false);
    EXPECT_EQ(state(), "idle");
    own(false);
    EXPECT_EQ(state(), "off");
}

TEST_F(RecordingsTest, WhatWasWrittenJustNowIsBeingRecorded) {
    own(true);
    live("live/a/in");
    lists(R"([{"start":"2020-01-02T10:00:00Z","duration":60}])");
    EXPECT_EQ(state(), "waiting");
    EXPECT_FALSE(look()->open);
    lists(span_until_now());
    EXPECT_EQ(state(), "recording");
    EXPECT_TRUE(look()->open);
}

TEST_F(RecordingsTest, ARouterThatTellsOfItsRecordersIsBelieved) {
    own(true);
    live("live/a/in");
    lists(span_until_now());
    answers("GET /v3/recorders/list?itemsPerPage=1000",
            R"({"items":[{"path":"live/a/in","state":"failing","error":"no space left"}]})");
    auto const found = look();
    ASSERT_TRUE(found);
    EXPECT_EQ(found->state, RecordState::failing);
    EXPECT_EQ(found->error, "no space left");
}

TEST_F(RecordingsTest, WhyNothingCanBeListedIsAProblem) {
    own(false);
    lists("", 404);
    EXPECT_EQ(look()->problem, "");
    lists(R"({"error":"lstat ./recordings: no such file or directory"})", 400);
    EXPECT_EQ(look()->problem, "");
    lists(R"({"error":"invalid header"})", 500);
    EXPECT_EQ(look()->problem, "the playback server answered 500: invalid header");
    lists("<html>");
    EXPECT_NE(look()->problem, "");
    playback_.open = false;
    EXPECT_EQ(look()->problem, "the router's playback server is off (playback)");
    playback_ = {true, ":1", false};
    EXPECT_TRUE(look()->problem.starts_with("the playback server does not answer: "));
    playback_ = {true, "unix:///run/x", false};
    EXPECT_NE(look()->problem, "");
    playback_ = {true, ":9996", true};
    EXPECT_NE(look()->problem, "");
    answers("GET /v3/config/paths/get/live%2Fa%2Fin", R"({"record":true,"recordFormat":"mpegts"})");
    EXPECT_TRUE(look()->problem.starts_with("recordings in MPEG-TS"));
}

TEST_F(RecordingsTest, WhereNothingTellsOfTheFilesTheyAreBelievedToBeWritten) {
    own(true);
    live("live/a/in");
    playback_.open = false;
    EXPECT_EQ(state(), "recording");
    EXPECT_FALSE(look()->open);
}

TEST_F(RecordingsTest, ATimeIsPassedOn) {
    own(false);
    answers(
        "GET /list?path=live%2Fa%2Fin&start=2026-01-02T10%3A00%3A00%2B01%3A00&"
        "end=2026-01-02T11%3A00%3A00Z",
        R"([{"start":"2026-01-02T10:00:00Z","duration":60}])");
    auto const found = look({.from = "2026-01-02T10:00:00+01:00", .to = "2026-01-02T11:00:00Z"});
    ASSERT_TRUE(found);
    EXPECT_EQ(found->problem, "");
    EXPECT_EQ(found->recorded.spans.size(), 1U);
}

TEST_F(RecordingsTest, APathThatAPatternMatchesGetsACopyOfIt) {
    live("~^live/");
    pattern();
    answers("POST /v3/config/paths/add/live%2Fa%2Fin", R"({"status":"ok"})");
    EXPECT_EQ(turn(true).value(), true);
    EXPECT_EQ(asked_.back(),
              R"(POST /v3/config/paths/add/live%2Fa%2Fin {"maxReaders":7,"record":true})");
    asked_.clear();
    EXPECT_EQ(turn(false).value(), false) << "it is off already";
    EXPECT_EQ(asked_.size(), 3U);
}

TEST_F(RecordingsTest, AnEntryThatSomebodyElseHasJustMadeIsChanged) {
    live("~^live/");
    pattern();
    answers("POST /v3/config/paths/add/live%2Fa%2Fin", R"({"error":"path already exists"})", 400);
    answers("PATCH /v3/config/paths/patch/live%2Fa%2Fin", R"({"status":"ok"})");
    EXPECT_EQ(turn(true).value(), true);
    EXPECT_EQ(asked_.back(), R"(PATCH /v3/config/paths/patch/live%2Fa%2Fin {"record":true})");
}

TEST_F(RecordingsTest, AnEntryOfThePathsOwnIsChanged) {
    own(true);
    answers("PATCH /v3/config/paths/patch/live%2Fa%2Fin", R"({"status":"ok"})");
    EXPECT_EQ(turn(false).value(), true);
    EXPECT_EQ(asked_.back(), R"(PATCH /v3/config/paths/patch/live%2Fa%2Fin {"record":false})");
}

TEST_F(RecordingsTest, WhatCannotBeSwitchedSaysWhy) {
    EXPECT_EQ(turn(true).error().kind, Kind::not_known);
    live("~^live/");
    pattern(R"(,"runOnAvailable":"say $G1")");
    EXPECT_EQ(turn(true).error().kind, Kind::has_groups);
    pattern();
    answers("POST /v3/config/paths/add/live%2Fa%2Fin", R"({"error":"invalid 'recordPath'"})", 400);
    auto const refused = turn(true);
    EXPECT_EQ(refused.error().kind, Kind::refused);
    EXPECT_EQ(refused.error().message, "the router answered 400: invalid 'recordPath'");
    answers("GET /v3/config/paths/get/live%2Fa%2Fin", "", 401);
    auto const locked = turn(true);
    EXPECT_EQ(locked.error().kind, Kind::unreachable);
    EXPECT_TRUE(locked.error().message.starts_with("the router answered 401"));
    EXPECT_EQ(locked.error().message.find("geheim"), std::string::npos);
}

}  // namespace
}  // namespace tidegate::orchestrator
