#include "router/paths/paths.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <future>

#include "router/paths/test_paths.hpp"

namespace tidegate::router {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

constexpr char kHooked[] = R"(
paths:
  "~^live/(.+)$":
    runOnAvailable: "true"
    runOnUnavailable: "true"
    runOnOnline: "true"
    runOnOffline: "true"
)";

TEST_F(PathsTest, StartsItsHooksBeforeItSaysThatTheStreamIsThere) {
    configure(kHooked);
    EXPECT_THAT(logged([&] { publish("live/a", "A"); }),
                ElementsAre("[path live/a] runOnAvailable command started",
                            "[path live/a] runOnOnline command started",
                            "[path live/a] stream is available and online, 1 track (H264)",
                            "[A] is publishing to path 'live/a'"));
}

TEST_F(PathsTest, EndsAStreamInTheContractsOrder) {
    configure(kHooked);
    auto const stream = publish("live/a", "A");
    EndReader reader;
    stream->outlet(0)->add(reader);
    EXPECT_THAT(logged([&] { paths_.unpublish(stream); }),
                ElementsAre("[path live/a] runOnOnline command stopped",
                            "[path live/a] runOnOffline command launched",
                            "[path live/a] runOnAvailable command stopped",
                            "[path live/a] runOnUnavailable command launched"));
    EXPECT_TRUE(run_until([&] { return reader.ended; }));
    stream->outlet(0)->remove(reader);
    EXPECT_THAT(names(), IsEmpty());
    EXPECT_THAT(logged([&] { paths_.unpublish(stream); }), IsEmpty());
}

TEST_F(PathsTest, BeforeTheEndOnlyOurOwnProgramsBeginToPublish) {
    configure("paths: {all_others: {}}");
    publish("in", "encoder");
    auto worker = publisher("worker");
    worker.own_program = true;
    ASSERT_TRUE(paths_.publish("out", match("out"), worker, tracks()));
    paths_.refuse_publishers();
    EXPECT_EQ(refusal("other", "newcomer"), "the router is about to end");
    EXPECT_EQ(refusal("in", "newcomer"), "the router is about to end") << "nor instead of another";
    EXPECT_TRUE(paths_.publish("again", match("again"), worker, tracks()));
    auto const foreign = paths_.foreign_publishers();
    ASSERT_EQ(foreign.size(), 1);
    foreign.front()("bye");
    EXPECT_THAT(closed_, ElementsAre("encoder: bye"));
    EXPECT_TRUE(paths_.anybody_publishes());
    for (auto const* const name : {"in", "out", "again"}) paths_.unpublish(paths_.live(name));
    EXPECT_FALSE(paths_.anybody_publishes());
}

TEST_F(PathsTest, RenewsAStreamWithOtherTracksOfTheSamePublisher) {
    configure(kHooked);
    auto const first = publish("live/a", "A");
    EndReader reader;
    first->outlet(0)->add(reader);
    auto more = tracks();
    more.push_back({media::AacConfig{{0x12, 0x10}, 44100, 2}});
    std::shared_ptr<Stream> second;
    EXPECT_THAT(logged([&] { second = paths_.renew(first, more); }),
                ElementsAre("[path live/a] runOnOnline command stopped",
                            "[path live/a] runOnOffline command launched",
                            "[path live/a] runOnAvailable command stopped",
                            "[path live/a] runOnUnavailable command launched",
                            "[path live/a] runOnAvailable command started",
                            "[path live/a] runOnOnline command started",
                            "[path live/a] stream is available and online, 2 tracks (H264, "
                            "MPEG-4 Audio)",
                            "[A] is publishing to path 'live/a'"));
    EXPECT_TRUE(run_until([&] { return reader.ended; }));
    first->outlet(0)->remove(reader);
    EXPECT_EQ(paths_.live("live/a"), second);
    EXPECT_THAT(closed_, IsEmpty()) << "the publisher goes on";
    EXPECT_EQ(paths_.renew(first, more), nullptr) << "it is not the path's any more";
    publish("live/a", "B");
    EXPECT_THAT(closed_, ElementsAre("A: terminated"));
    EXPECT_EQ(paths_.renew(second, more), nullptr);
}

TEST_F(PathsTest, AnOverrideEndsTheOldStreamWholly) {
    configure(kHooked);
    auto const first = publish("live/a", "A");
    std::shared_ptr<Stream> second;
    EXPECT_THAT(logged([&] { second = publish("live/a", "B"); }),
                ElementsAre("[path live/a] closing existing publisher",
                            "[path live/a] runOnOnline command stopped",
                            "[path live/a] runOnOffline command launched",
                            "[path live/a] runOnAvailable command stopped",
                            "[path live/a] runOnUnavailable command launched",
                            "[path live/a] runOnAvailable command started",
                            "[path live/a] runOnOnline command started",
                            "[path live/a] stream is available and online, 1 track (H264)",
                            "[B] is publishing to path 'live/a'"));
    EXPECT_THAT(closed_, ElementsAre("A: terminated"));
    paths_.unpublish(first);  // the old session's own end comes late
    EXPECT_EQ(paths_.live("live/a"), second);
    EXPECT_EQ(paths_.snapshot("live/a")->source, (PeerId{"rtmpConn", "B"}));
}

TEST_F(PathsTest, SaysWhyNobodyMayPublishOrRead) {
    configure(R"(
paths:
  fixed:
    overridePublisher: no
    maxReaders: 1
  elsewhere:
    source: redirect
    sourceRedirect: rtsp://host/path
)");
    publish("fixed", "A");
    EXPECT_EQ(refusal("fixed", "B"), "someone is already publishing to path 'fixed'");
    EXPECT_EQ(refusal("elsewhere", "B"),
              "can't publish to path 'elsewhere' since 'source' is not 'publisher'");
    EXPECT_EQ(paths_.find("other").error(), "path 'other' is not configured");
    EXPECT_THAT(closed_, IsEmpty());

    EXPECT_TRUE(paths_.attach("fixed", {"rtmpConn", "r1"}, WireForm::rtmp_message).has_value());
    auto const second = paths_.attach("fixed", {"rtmpConn", "r2"}, WireForm::rtmp_message);
    ASSERT_FALSE(second.has_value());
    EXPECT_EQ(second.error().why, ReadRefusal::too_many_readers);
    EXPECT_EQ(second.error().message, "maximum reader count reached");
    auto const missing = paths_.attach("elsewhere", {"rtmpConn", "r"}, WireForm::rtmp_message);
    ASSERT_FALSE(missing.has_value());
    EXPECT_EQ(missing.error().why, ReadRefusal::no_stream);
    EXPECT_EQ(missing.error().message, "no stream is available on path 'elsewhere'");
}

TEST_F(PathsTest, ShowsConfiguredPathsAlwaysAndOthersWhileTheyAreUsed) {
    configure(R"(
paths:
  cam:
  elsewhere: {source: redirect, sourceRedirect: rtsp://host/path}
  "~^live/(.+)$":
)");
    EXPECT_THAT(names(), ElementsAre("cam", "elsewhere"));
    EXPECT_FALSE(paths_.snapshot("cam")->available_since);
    EXPECT_EQ(paths_.snapshot("elsewhere")->source, (PeerId{"redirect", ""}));
    auto const stream = publish("live/a", "A");
    ASSERT_TRUE(
        paths_.attach("live/a", {"rtspSession", "r"}, WireForm::interleaved_rtp).has_value());
    auto const shown = *paths_.snapshot("live/a");
    EXPECT_EQ(shown.conf_name, "~^live/(.+)$");
    EXPECT_TRUE(shown.available_since && shown.online_since);
    EXPECT_THAT(*shown.readers, ElementsAre(PeerId{"rtspSession", "r"}));
    ASSERT_NE(shown.tracks, nullptr);
    paths_.unpublish(stream);
    EXPECT_THAT(names(), ElementsAre("cam", "elsewhere"));
    EXPECT_FALSE(paths_.snapshot("live/a").has_value());
}

// A metrics page of a thousand paths takes milliseconds to write: no publisher and no reader waits
// for it.
TEST_F(PathsTest, NobodyWaitsForTheOneWhoLooks) {
    configure("paths: {cam: , other: , spare: }");
    publish("cam", "A");
    int seen = 0;
    paths_.each([&](PathFigures const& path) {
        ++seen;
        auto const busy = std::async(std::launch::async, [&] {
            auto const stream =
                paths_.publish(path.name, match(path.name), publisher(path.name), tracks());
            return stream &&
                   paths_.attach(path.name, {"rtspSession", path.name}, WireForm::interleaved_rtp);
        });
        ASSERT_EQ(busy.wait_for(20s), std::future_status::ready);
    });
    EXPECT_EQ(seen, 3);
    paths_.each([](PathFigures const& path) { EXPECT_EQ(path.readers->size(), 1U) << path.name; });
}

TEST_F(PathsTest, AChangedConfigurationClosesOnlyThePathsThatItConcerns) {
    configure(R"(
paths:
  changed: {runOnAvailable: "true"}
  gone:
  kept: {runOnAvailable: "true"}
  recorded: {recordPath: ./a/%path/%s-%f}
  "~^re/(.+)$":
)");
    for (auto const* name : {"changed", "gone", "kept", "recorded", "re/a"}) publish(name, name);
    configure(R"(
paths:
  added:
  changed: {runOnAvailable: "false"}
  kept: {runOnAvailable: "true"}
  recorded: {recordPath: ./b/%path/%s-%f}
  "~^re/.":
)");
    EXPECT_THAT(closed_, UnorderedElementsAre("changed: terminated", "gone: terminated"));
    EXPECT_THAT(names(), ElementsAre("added", "changed", "kept", "re/a", "recorded"));
    EXPECT_EQ(paths_.live("changed"), nullptr);
    EXPECT_NE(paths_.live("kept"), nullptr);
    EXPECT_NE(paths_.live("recorded"), nullptr);
    EXPECT_EQ(paths_.snapshot("re/a")->conf_name, "~^re/.");
    EXPECT_EQ(paths_.find("gone").error(), "path 'gone' is not configured");
}

TEST_F(PathsTest, APublisherThatWasLetInBeforeAChangeIsRefusedAfterIt) {
    configure("paths: {cam: {runOnAvailable: 'true'}, same: }");
    auto const cam = match("cam");
    auto const same = match("same");
    configure("paths: {cam: {runOnAvailable: 'false'}, same: }");
    auto const refused = paths_.publish("cam", cam, publisher("A"), tracks());
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error(), "configuration has changed");
    EXPECT_TRUE(paths_.publish("same", same, publisher("A"), tracks()).has_value());
}

TEST_F(PathsTest, RunsRunOnInitAsLongAsThePathExists) {
    auto const with = [](std::string const& command) {
        return "paths: {cam: {runOnInit: " + command + "}, other: {runOnInit: sleep 30}}";
    };
    EXPECT_THAT(logged([&] { configure(with("sleep 30")); }),
                ElementsAre("[path cam] runOnInit command started",
                            "[path other] runOnInit command started"));
    EXPECT_THAT(logged([&] { configure(with("sleep 31")); }),
                ElementsAre("[path cam] runOnInit command stopped",
                            "[path cam] runOnInit command started"));
    EXPECT_THAT(logged([&] { configure(with("sleep 31")); }), IsEmpty());
    EXPECT_THAT(logged([&] { paths_.close_all(); }),
                ElementsAre("[path cam] runOnInit command stopped",
                            "[path other] runOnInit command stopped"));
}

TEST_F(PathsTest, APageHasItsPathsAndTheNumberOfAll) {
    configure("paths:\n  \"~^live/(.+)$\":\n");
    for (auto const* name : {"live/d/in", "live/b/in", "live/a/in", "live/c/in"}) {
        publish(name, name);
    }
    auto const names_of = [&](std::size_t first, std::size_t last) {
        auto const page = paths_.page(first, last);
        EXPECT_EQ(page.total, 4U);
        std::vector<std::string> names;
        for (auto const& path : page.paths) names.push_back(path.name);
        return names;
    };
    EXPECT_EQ(names_of(1, 3), (std::vector<std::string>{"live/b/in", "live/c/in"}));
    EXPECT_EQ(names_of(3, 6), (std::vector<std::string>{"live/d/in"}));
    EXPECT_TRUE(names_of(4, 8).empty());
}

class OnDemandPaths : public PathsTest {
protected:
    // start: how long the command may take; close: how long it goes on for nobody.
    void configure_demand(std::string const& start, std::string const& close) {
        configure(R"(
paths:
  "~^cam/(.+)$":
    runOnDemand: sleep 30
    runOnUnDemand: "true"
    runOnDemandStartTimeout: )" +
                  start + "\n    runOnDemandCloseAfter: " + close + "\n");
    }
    std::unique_ptr<HeldRequest> want(std::string const& name) {
        return paths_.hold(name, "q=1", [this] { ++woken_; });
    }
    int woken_ = 0;
};

TEST_F(OnDemandPaths, HoldsRequestsUntilThePublisherIsThere) {
    configure_demand("20s", "50ms");
    std::unique_ptr<HeldRequest> first, second;
    EXPECT_THAT(logged([&] {
                    first = want("cam/a");
                    second = want("cam/a");
                }),
                ElementsAre("[path cam/a] runOnDemand command started"));
    ASSERT_TRUE(first && second);
    EXPECT_THAT(names(), ElementsAre("cam/a"));
    auto const stream = publish("cam/a", "P");
    EXPECT_EQ(woken_, 2);
    EXPECT_FALSE(first->held() || second->held());
    EXPECT_EQ(first->refusal(), "");
    EXPECT_EQ(want("cam/a"), nullptr);

    PeerId const reader{"rtmpConn", "r"};
    ASSERT_TRUE(paths_.attach("cam/a", reader, WireForm::rtmp_message).has_value());
    first.reset();
    second.reset();
    // Somebody reads: nothing ends. Then nobody does.
    run_until([] { return false; }, 150ms);
    EXPECT_THAT(logged([&] {
                    stream->remove_reader(reader, WireForm::rtmp_message);
                    run_until([&] { return false; }, 150ms);
                }),
                ElementsAre("[path cam/a] runOnDemand command stopped: not needed by anyone",
                            "[path cam/a] runOnUnDemand command launched"));
    EXPECT_NE(paths_.live("cam/a"), nullptr);  // whoever publishes goes on
    paths_.unpublish(stream);
    EXPECT_THAT(names(), IsEmpty());
}

TEST_F(OnDemandPaths, RefusesWhoeverWaitedTooLong) {
    configure_demand("50ms", "10s");
    std::unique_ptr<HeldRequest> request;
    EXPECT_THAT(logged([&] {
                    request = want("cam/a");
                    run_until([&] { return !request->held(); });
                }),
                ElementsAre("[path cam/a] runOnDemand command started",
                            "[path cam/a] runOnDemand command stopped: timed out",
                            "[path cam/a] runOnUnDemand command launched"));
    EXPECT_EQ(request->refusal(), "source of path 'cam/a' has timed out");
    EXPECT_THAT(names(), IsEmpty());
}

TEST_F(OnDemandPaths, ARequestThatIsGivenUpIsForgotten) {
    configure_demand("50ms", "10s");
    want("cam/a").reset();
    EXPECT_THAT(names(), ElementsAre("cam/a"));  // the command still has its time
    EXPECT_TRUE(run_until([&] { return names().empty(); }));
    EXPECT_EQ(woken_, 0);
}

TEST_F(OnDemandPaths, ThePathsEndEndsTheCommand) {
    configure_demand("20s", "10s");
    auto const stream = [&] {
        auto const request = want("cam/a");
        return publish("cam/a", "P");
    }();
    EXPECT_THAT(logged([&] { paths_.unpublish(stream); }),
                ElementsAre("[path cam/a] runOnDemand command stopped: path destroyed",
                            "[path cam/a] runOnUnDemand command launched"));
    auto const held = want("cam/b");
    configure("paths: {other: }");
    EXPECT_FALSE(held->held());
    EXPECT_EQ(held->refusal(), "terminated");
    EXPECT_EQ(want("other"), nullptr);
}

TEST_F(OnDemandPaths, AConfiguredPathWaitsForItsCommandToComeBack) {
    configure("paths: {cam: {runOnDemand: sleep 30, runOnDemandStartTimeout: 20s}}");
    auto first = want("cam");
    auto const stream = publish("cam", "P");
    first.reset();
    EXPECT_THAT(logged([&] {
                    paths_.unpublish(stream);
                    first = want("cam");
                }),
                IsEmpty());
    EXPECT_TRUE(first->held());
    publish("cam", "P2");
    EXPECT_FALSE(first->held());
}

}  // namespace
}  // namespace tidegate::router
