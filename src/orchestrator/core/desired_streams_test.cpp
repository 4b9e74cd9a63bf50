#include "orchestrator/core/desired_streams.hpp"

#include <gtest/gtest.h>

#include "orchestrator/core/path_list.hpp"

namespace tidegate::orchestrator {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

PathItem live(std::string name, std::string source = "A", std::uint64_t bytes = 0) {
    return {std::move(name), true, std::move(source), "rtmpConn", std::nullopt, bytes};
}

// "demo desired A", "demo not-desired", "demo output-readable 1"
std::vector<std::string> words(std::vector<StreamEvent> const& events) {
    std::vector<std::string> all;
    for (auto const& [id, event] : events) {
        auto text = id + " " + std::string(name(event));
        if (auto const* const seen = std::get_if<event::Desired>(&event)) {
            text += " " + seen->session.source_id;
            if (seen->session.params) text += " with params";
        } else if (auto const* const output = std::get_if<event::OutputReadable>(&event)) {
            text += output->readable ? " 1" : " 0";
        } else if (auto const* const input = std::get_if<event::InputStalled>(&event)) {
            text += input->stalled ? " 1" : " 0";
        }
        all.push_back(text);
    }
    return all;
}

class DesiredTest : public testing::Test {
protected:
    // A stream does not wait for its hook here; HeldBackTest tests the wait.
    static Policy impatient() {
        Policy policy;
        policy.hook_patience = {};
        return policy;
    }

    Policy policy_ = impatient();
    DesiredStreams desired_{policy_};
    Time now_ = Time{} + seconds{1000};

    std::vector<std::string> see(std::vector<PathItem> const& items, Duration later = seconds{2}) {
        now_ += later;
        return words(desired_.update(items, now_));
    }
};

using Words = std::vector<std::string>;

TEST_F(DesiredTest, OnlyOnlinePathsOfTheFormCount) {
    auto offline = live("live/off/in");
    offline.online = false;
    EXPECT_EQ(see({live("live/b/in"), live("live/a/out", "W"), offline, live("live/a/in"),
                   live("live/in"), live("live/x/in/y"), live("other/x/in"), live("live/a b/in")}),
              (Words{"a desired A", "a output-readable 1", "b desired A"}));
}

TEST_F(DesiredTest, TwoListsInARowMustLackAStream) {
    see({live("live/a/in")});
    EXPECT_EQ(see({}), Words{});
    EXPECT_EQ(see({live("live/a/in")}), Words{"a desired A"}) << "the count begins anew";
    EXPECT_EQ(see({}), Words{});
    desired_.list_failed();
    EXPECT_EQ(see({}), Words{"a not-desired"});
    EXPECT_EQ(see({}), Words{});
}

TEST_F(DesiredTest, AnAdoptedStreamIsGivenUpLikeAnyOther) {
    desired_.add_adopted("a");
    EXPECT_EQ(see({}), Words{});
    EXPECT_EQ(see({}), Words{"a not-desired"});
}

TEST_F(DesiredTest, AHooksQueryIsUsedForItsSourceAlone) {
    desired_.remember_query("a", "A", "lang=es");
    EXPECT_EQ(see({live("live/a/in", "B")}), Words{"a desired B"});
    EXPECT_EQ(see({live("live/a/in", "A")}), Words{"a desired A with params"});
    desired_.remember_query("a", "A", "lang=es&Bad=1");
    see({live("live/a/in", "A")});
    ASSERT_EQ(desired_.rejected("a").size(), 1U);
    EXPECT_TRUE(desired_.rejected("unknown").empty());
    for (std::size_t i = 0; i < 2 * kMaxRememberedQueries; ++i) {
        desired_.remember_query("flood", std::to_string(i), "lang=es");
    }
    EXPECT_EQ(see({live("live/a/in", "A")}), Words{"a desired A"}) << "forgotten, and no memory";
}

class HeldBackTest : public DesiredTest {
protected:
    HeldBackTest() { policy_ = Policy{}; }
};

TEST_F(HeldBackTest, AStreamIsHeldBackUntilItsHookHasTold) {
    EXPECT_EQ(see({live("live/a/in")}), Words{});
    EXPECT_EQ(desired_.next_list_due(), now_ + policy_.hook_patience);
    desired_.remember_query("a", "A", "lang=es");
    EXPECT_EQ(see({live("live/a/in")}, milliseconds{20}), Words{"a desired A with params"});
    EXPECT_EQ(desired_.next_list_due(), std::nullopt);
}

TEST_F(HeldBackTest, AStreamWhoseHookIsLostWaitsNoLongerThanThePatience) {
    see({live("live/a/in")});
    auto const due = desired_.next_list_due();
    EXPECT_EQ(see({live("live/a/in"), live("live/b/in")}, milliseconds{100}), Words{});
    EXPECT_EQ(desired_.next_list_due(), due) << "the first of two";
    EXPECT_EQ(see({live("live/a/in"), live("live/b/in")}, *due - now_), Words{"a desired A"});
    EXPECT_EQ(desired_.next_list_due(), *due + milliseconds{100});
    EXPECT_EQ(see({live("live/a/in")}), Words{"a desired A"}) << "and b is gone before its time";
    EXPECT_EQ(desired_.next_list_due(), std::nullopt);
    EXPECT_EQ(see({live("live/a/in"), live("live/b/in")}), Words{"a desired A"}) << "held anew";
}

TEST_F(HeldBackTest, ItsOutputIsToldTogetherWithIt) {
    std::vector<PathItem> const both{live("live/a/in"), live("live/a/out")};
    EXPECT_EQ(see(both), Words{});
    EXPECT_EQ(see(both), (Words{"a desired A", "a output-readable 1"}));
}

TEST_F(HeldBackTest, OfAStreamAdoptedMeanwhileTheOutputIsTold) {
    std::vector<PathItem> const both{live("live/a/in"), live("live/a/out")};
    EXPECT_EQ(see(both), Words{});
    desired_.add_adopted("a");
    EXPECT_EQ(see(both, milliseconds{1}), (Words{"a desired A", "a output-readable 1"}));
}

TEST_F(HeldBackTest, NothingElseIsHeldBack) {
    auto told = live("live/told/in");
    told.query = "";
    desired_.add_adopted("adopted");
    EXPECT_EQ(see({live("live/a/out"), live("live/adopted/in"), told}),
              (Words{"adopted desired A", "told desired A with params"}));
    EXPECT_EQ(see({live("live/a/out"), live("live/adopted/in", "B")}), Words{"adopted desired B"})
        << "another source";
}

TEST_F(HeldBackTest, AFailedListAsksForNoOther) {
    see({live("live/a/in")});
    desired_.list_failed();
    EXPECT_EQ(desired_.next_list_due(), std::nullopt);
    EXPECT_EQ(see({live("live/a/in")}), Words{"a desired A"});
}

TEST_F(DesiredTest, ASilentSourceIsMarkedAndRecovers) {
    see({live("live/a/in", "A", 100)});
    EXPECT_EQ(see({live("live/a/in", "A", 100)}, seconds{9}), Words{"a desired A"});
    EXPECT_EQ(see({live("live/a/in", "A", 100)}), (Words{"a desired A", "a input-stalled 1"}));
    EXPECT_EQ(see({live("live/a/in", "A", 101)}), (Words{"a desired A", "a input-stalled 0"}));
}

TEST_F(DesiredTest, TheOutputIsToldWhenItChanges) {
    see({live("live/a/in")});
    EXPECT_EQ(see({live("live/a/in"), live("live/a/out")}),
              (Words{"a desired A", "a output-readable 1"}));
    EXPECT_EQ(see({live("live/a/in"), live("live/a/out")}), Words{"a desired A"});
    EXPECT_EQ(see({live("live/a/in")}), (Words{"a desired A", "a output-readable 0"}));
}

TEST_F(DesiredTest, AnOutputWithoutItsStreamIsToldWhenTheStreamComes) {
    EXPECT_EQ(see({live("live/a/out")}), Words{});
    EXPECT_EQ(see({live("live/a/in"), live("live/a/out")}),
              (Words{"a desired A", "a output-readable 1"}));
    EXPECT_EQ(see({live("live/a/out")}), Words{});
    EXPECT_EQ(see({live("live/a/out")}), Words{"a not-desired"});
    EXPECT_EQ(see({live("live/a/in"), live("live/a/out")}),
              (Words{"a desired A", "a output-readable 1"}))
        << "what was known of it may be forgotten";
    see({});
    see({live("live/a/out")});
    EXPECT_EQ(see({}), Words{}) << "the end of the output was told before";
}

PathListPage page(std::size_t items, std::size_t pages, std::vector<std::string> const& names) {
    PathListPage page{items, pages, {}};
    for (auto const& name : names) page.items.push_back(live(name));
    return page;
}

TEST(PathListAssembler, IsCompleteOnlyWhenAllFits) {
    using Status = PathListAssembler::Status;
    struct Case {
        char const* what;
        std::vector<PathListPage> pages;
        Status last;
    };
    for (auto const& [what, pages, last] : {
             Case{"empty", {page(0, 0, {})}, Status::complete},
             Case{"empty, one page", {page(0, 1, {})}, Status::complete},
             Case{"one page", {page(2, 1, {"a", "b"})}, Status::complete},
             Case{"first of two", {page(2, 2, {"a"})}, Status::more},
             Case{"both of two", {page(2, 2, {"a"}), page(2, 2, {"b"})}, Status::complete},
             Case{"an empty first page", {page(2, 2, {})}, Status::inconsistent},
             Case{"too few", {page(3, 2, {"a"}), page(3, 2, {"b"})}, Status::inconsistent},
             Case{"too many", {page(1, 1, {"a", "b"})}, Status::inconsistent},
             Case{
                 "itemCount changes", {page(2, 2, {"a"}), page(3, 2, {"b"})}, Status::inconsistent},
             Case{
                 "pageCount changes", {page(2, 2, {"a"}), page(2, 1, {"b"})}, Status::inconsistent},
             Case{"a name twice", {page(2, 2, {"a"}), page(2, 2, {"a"})}, Status::inconsistent},
             Case{"after the end", {page(1, 1, {"a"}), page(1, 1, {"a"})}, Status::inconsistent},
         }) {
        PathListAssembler assembler;
        auto status = Status::more;
        for (auto const& one : pages) status = assembler.add(one);
        EXPECT_EQ(status, last) << what;
    }
}

}  // namespace
}  // namespace tidegate::orchestrator
