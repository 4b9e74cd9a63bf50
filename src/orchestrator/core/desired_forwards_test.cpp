#include "orchestrator/core/desired_forwards.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tidegate::orchestrator {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

PathItem output(std::string const& stream, std::string source = "s1") {
    PathItem item;
    item.name = "live/" + stream + "/out";
    item.online = true;
    item.source_id = std::move(source);
    item.source_type = "rtmpConn";
    return item;
}

class DesiredForwardsTest : public testing::Test {
protected:
    // "a.one desired s1 r1"
    static std::vector<std::string> words(std::vector<StreamEvent> const& events) {
        std::vector<std::string> all;
        for (auto const& [forward, event] : events) {
            auto text = forward + " " + std::string(name(event));
            if (auto const* const desired = std::get_if<event::Desired>(&event)) {
                text +=
                    " " + desired->session.source_id + " " + desired->session.params->at(kRevision);
            }
            all.push_back(text);
        }
        return all;
    }
    std::vector<std::string> list(std::vector<PathItem> const& items) {
        return words(desired.update("r", items));
    }
    std::vector<std::string> refresh() { return words(desired.refresh()); }

    Policy policy;
    std::map<std::string, WantedForwards> destinations;
    DesiredForwards desired{policy, [this](std::string const& id) { return destinations[id]; }};
};

TEST_F(DesiredForwardsTest, EachDestinationOfAReadableOutputIsDesired) {
    destinations["a"] = {{"one", {"r1"}}, {"two", {"r2"}}, {"off", {"r3", false}}};
    EXPECT_THAT(list({output("a"), output("b")}),
                ElementsAre("a.one desired s1 r1", "a.two desired s1 r2"));
    PathItem input = output("a");
    input.name = "live/a/in";
    EXPECT_THAT(list({input}), IsEmpty()) << "one list without it is not enough";
    EXPECT_THAT(list({input}), ElementsAre("a.one not-desired", "a.two not-desired"));
    EXPECT_THAT(list({input}), IsEmpty());
}

TEST_F(DesiredForwardsTest, ASwitchStopsAndReleases) {
    destinations["a"] = {{"one", {"r1"}}};
    list({output("a")});
    destinations["a"]["one"].enabled = false;
    EXPECT_THAT(refresh(), ElementsAre("a.one operator-stop"));
    EXPECT_THAT(list({output("a")}), IsEmpty()) << "told once";
    destinations["a"]["one"].enabled = true;
    EXPECT_THAT(refresh(), ElementsAre("a.one operator-reset", "a.one desired s1 r1"));
    EXPECT_THAT(list({output("a")}), ElementsAre("a.one desired s1 r1"));
}

TEST_F(DesiredForwardsTest, ASwitchThatIsTurnedOnWhileTheStreamIsAwayReleases) {
    destinations["a"] = {{"one", {"r1"}}};
    list({output("a")});
    destinations["a"]["one"].enabled = false;
    refresh();
    list({});
    EXPECT_THAT(list({}), ElementsAre("a.one not-desired"));
    EXPECT_THAT(list({}), IsEmpty());
    destinations["a"]["one"].enabled = true;
    EXPECT_THAT(refresh(), IsEmpty()) << "the stream is away";
    EXPECT_THAT(list({output("a", "s2")}),
                ElementsAre("a.one operator-reset", "a.one desired s2 r1"));
}

TEST_F(DesiredForwardsTest, ADestinationThatIsTakenAwayIsStopped) {
    destinations["a"] = {{"one", {"r1"}}};
    list({output("a")});
    destinations["a"].clear();
    EXPECT_THAT(list({output("a")}), ElementsAre("a.one operator-stop"));
    destinations["a"] = {{"one", {"r1"}}};
    EXPECT_THAT(refresh(), ElementsAre("a.one operator-reset", "a.one desired s1 r1"));
}

TEST_F(DesiredForwardsTest, ANewUrlForgivesWhatTheOldOneDid) {
    destinations["a"] = {{"one", {"r1"}}};
    list({output("a")});
    destinations["a"]["one"].revision = "r2";
    EXPECT_THAT(refresh(), ElementsAre("a.one operator-reset", "a.one desired s1 r2"));
}

TEST_F(DesiredForwardsTest, AnAdoptedForwarderIsGivenUpLikeAnyOther) {
    desired.add_adopted("a.one", "r");
    desired.add_adopted("b.gone", "r");
    destinations["a"] = {{"one", {"r1"}}};
    EXPECT_THAT(list({output("a"), output("b")}),
                ElementsAre("a.one desired s1 r1", "b.gone operator-stop"));
    EXPECT_THAT(list({}), IsEmpty());
    EXPECT_THAT(list({}), ElementsAre("a.one not-desired", "b.gone not-desired"));
}

TEST(ForwardName, IsStreamAndDestination) {
    EXPECT_EQ(forward_name("my-stream_1", "yt"), "my-stream_1.yt");
    auto const parsed = parse_forward_name("my-stream_1.yt");
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->stream_id, "my-stream_1");
    EXPECT_EQ(parsed->destination, "yt");
    for (auto const* const name : {"", "a", ".", "a.", ".b", "a.b.c", "a/b.c", "a.b/c"}) {
        EXPECT_FALSE(parse_forward_name(name)) << name;
    }
    EXPECT_FALSE(parse_forward_name("a." + std::string(kMaxDestinationName + 1, 'x')));
}

}  // namespace
}  // namespace tidegate::orchestrator
