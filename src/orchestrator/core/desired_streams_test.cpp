#include "orchestrator/core/desired_streams.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

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
        policy.repeat_lists = 1;  // nothing is left out
        return policy;
    }

    Policy policy_ = impatient();
    DesiredStreams desired_{policy_};
    Time now_ = Time{} + seconds{1000};

    std::vector<std::string> see(std::vector<PathItem> const& items, Duration later = seconds{2}) {
        now_ += later;
        // Lists have any order; of one stream, the order of events counts.
        std::multimap<std::string, Event> sorted;
        for (auto const& [id, event] : desired_.update("r", items, now_)) sorted.emplace(id, event);
        return words({sorted.begin(), sorted.end()});
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
    desired_.list_failed("r");
    EXPECT_EQ(see({}), Words{"a not-desired"});
    EXPECT_EQ(see({}), Words{});
}

TEST_F(DesiredTest, AnAdoptedStreamIsGivenUpLikeAnyOther) {
    desired_.add_router("r");
    desired_.add_adopted("a", "r");
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
    HeldBackTest() {
        policy_ = Policy{};
        policy_.repeat_lists = 1;
    }
};

TEST_F(HeldBackTest, AStreamIsHeldBackUntilItsHookHasTold) {
    EXPECT_EQ(see({live("live/a/in")}), Words{});
    EXPECT_EQ(desired_.next_look_due(), now_ + policy_.hook_patience);
    desired_.remember_query("a", "A", "lang=es");
    EXPECT_EQ(see({live("live/a/in")}, milliseconds{20}), Words{"a desired A with params"});
    EXPECT_EQ(desired_.next_look_due(), std::nullopt);
}

TEST_F(HeldBackTest, AStreamWhoseHookIsLostWaitsNoLongerThanThePatience) {
    see({live("live/a/in")});
    auto const due = desired_.next_look_due();
    EXPECT_EQ(see({live("live/a/in"), live("live/b/in")}, milliseconds{100}), Words{});
    EXPECT_EQ(desired_.next_look_due(), due) << "the first of two";
    EXPECT_EQ(see({live("live/a/in"), live("live/b/in")}, *due - now_), Words{"a desired A"});
    EXPECT_EQ(desired_.next_look_due(), *due + milliseconds{100});
    EXPECT_EQ(see({live("live/a/in")}), Words{"a desired A"}) << "and b is gone before its time";
    EXPECT_EQ(desired_.next_look_due(), std::nullopt);
    EXPECT_EQ(see({live("live/a/in"), live("live/b/in")}), Words{"a desired A"}) << "held anew";
}

class AskedForTest : public HeldBackTest {
protected:
    AskedForTest() { policy_.query_patience = seconds{2}; }
    // The answer about live/a/in, whose source is A.
    std::vector<std::string> answer(bool may_wait) {
        auto const item = live("live/a/in");
        return words(desired_.look("r", {"a", base::Direction::in}, &item, now_, may_wait));
    }
};

TEST_F(AskedForTest, WithoutItsHookAStreamWaitsForTheQueryOfItsConnection) {
    see({live("live/a/in")});
    auto const late = *desired_.next_look_due() - now_;
    EXPECT_EQ(see({live("live/a/in")}, late), Words{});
    EXPECT_EQ(desired_.due_looks(now_), (decltype(desired_.due_looks(now_)){{"a", "r"}}));
    EXPECT_EQ(answer(true), Words{}) << "a look for another reason";
    desired_.remember_query("a", "A", "lang=es");
    EXPECT_EQ(answer(false), Words{"a desired A with params"});
    EXPECT_EQ(see({live("live/a/in")}), Words{"a desired A with params"});
}

TEST_F(AskedForTest, ARouterThatDoesNotTellItHoldsNothingUp) {
    see({live("live/a/in")});
    EXPECT_EQ(answer(false), Words{"a desired A"});
    EXPECT_EQ(desired_.next_look_due(), std::nullopt);
}

TEST_F(AskedForTest, ARouterThatDoesNotAnswerHoldsItUpNoLongerThanThePatience) {
    see({live("live/a/in")});
    EXPECT_EQ(see({live("live/a/in")}, seconds{2}), Words{});
    EXPECT_EQ(see({live("live/a/in")}, policy_.hook_patience), Words{"a desired A"});
}

TEST_F(HeldBackTest, ItsOutputIsToldTogetherWithIt) {
    std::vector<PathItem> const both{live("live/a/in"), live("live/a/out")};
    EXPECT_EQ(see(both), Words{});
    EXPECT_EQ(see(both), (Words{"a desired A", "a output-readable 1"}));
}

TEST_F(HeldBackTest, OfAStreamAdoptedMeanwhileTheOutputIsTold) {
    std::vector<PathItem> const both{live("live/a/in"), live("live/a/out")};
    EXPECT_EQ(see(both), Words{});
    desired_.add_adopted("a", "r");
    EXPECT_EQ(see(both, milliseconds{1}), (Words{"a desired A", "a output-readable 1"}));
}

TEST_F(HeldBackTest, NothingElseIsHeldBack) {
    auto told = live("live/told/in");
    told.query = "";
    desired_.add_router("r");
    desired_.add_adopted("adopted", "r");
    EXPECT_EQ(see({live("live/a/out"), live("live/adopted/in"), told}),
              (Words{"adopted desired A", "told desired A with params"}));
    EXPECT_EQ(see({live("live/a/out"), live("live/adopted/in", "B")}), Words{"adopted desired B"})
        << "another source";
}

TEST_F(HeldBackTest, StreamsThatAreDueTogetherComeByName) {
    std::vector<PathItem> items;
    for (auto const* name : {"d", "a", "f", "c", "h", "b", "g", "e"}) {
        items.push_back(live("live/" + std::string(name) + "/in"));
    }
    see(items);
    auto const looks = desired_.due_looks(*desired_.next_look_due());
    EXPECT_EQ(looks.size(), items.size());
    EXPECT_TRUE(std::ranges::is_sorted(looks));
}

TEST_F(HeldBackTest, ARouterIsAskedOnceForAStreamThatHasWaited) {
    see({live("live/a/in")});
    auto const due = *desired_.next_look_due();
    EXPECT_TRUE(desired_.due_looks(due - milliseconds{1}).empty());
    EXPECT_EQ(desired_.due_looks(due).size(), 1U);
    EXPECT_EQ(desired_.next_look_due(), std::nullopt) << "if it does not answer, the list will";
    auto const item = live("live/a/in");
    EXPECT_EQ(words(desired_.look("r", {"a", base::Direction::in}, &item, due)),
              Words{"a desired A"});
}

TEST_F(DesiredTest, ASilentSourceIsMarkedAndRecovers) {
    see({live("live/a/in", "A", 100)});
    EXPECT_EQ(see({live("live/a/in", "A", 100)}, seconds{9}), Words{"a desired A"});
    EXPECT_EQ(see({live("live/a/in", "A", 100)}), (Words{"a desired A", "a input-stalled 1"}));
    EXPECT_EQ(see({live("live/a/in", "A", 101)}), (Words{"a desired A", "a input-stalled 0"}));
}

TEST_F(DesiredTest, TheOutputIsToldWhenItChanges) {
    policy_.repeat_lists = 1'000'000;
    policy_.stalled_after = std::chrono::hours{1};
    see({live("live/a/in")});
    EXPECT_EQ(see({live("live/a/in"), live("live/a/out")}), Words{"a output-readable 1"});
    EXPECT_EQ(see({live("live/a/in"), live("live/a/out")}), Words{});
    EXPECT_EQ(see({live("live/a/in")}), Words{"a output-readable 0"});
    see({live("live/a/in"), live("live/a/out")});
    desired_.note("a", event::HintNotReady{"A"});
    EXPECT_EQ(see({live("live/a/in"), live("live/a/out")}),
              (Words{"a desired A", "a output-readable 1"}))
        << "what was known of it may be forgotten";
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

// --- one path alone ---

class LookTest : public DesiredTest {
protected:
    LookTest() { policy_ = Policy{}; }

    std::vector<std::string> look(std::string const& path, std::string source = "A",
                                  bool there = true) {
        now_ += milliseconds{10};
        auto const item = live(path, std::move(source));
        auto const parsed = *base::parse_stream_path(path);
        return words(desired_.look("r", parsed, there ? &item : nullptr, now_));
    }
};

TEST_F(LookTest, TellsWhatAListWouldTell) {
    desired_.remember_query("a", "A", "lang=es");
    EXPECT_EQ(look("live/a/in"), Words{"a desired A with params"});
    EXPECT_EQ(look("live/a/out"), Words{"a output-readable 1"});
    EXPECT_EQ(look("live/a/out", "", false), Words{"a output-readable 0"});
    EXPECT_EQ(look("live/b/out"), Words{}) << "nobody wants it";
}

TEST_F(LookTest, NeverGivesAStreamUp) {
    desired_.remember_query("a", "A", "");
    look("live/a/in");
    for (int i = 0; i < 5; ++i) EXPECT_EQ(look("live/a/in", "", false), Words{});
    EXPECT_EQ(see({}), Words{});
    EXPECT_EQ(look("live/a/in", "", false), Words{}) << "and counts not as a list";
    EXPECT_EQ(see({}), Words{"a not-desired"});
}

TEST_F(LookTest, AListThatIsOlderThanALookSaysNothingOfItsPath) {
    desired_.remember_query("a", "A", "");
    auto const asked = now_;
    look("live/a/in");
    look("live/a/out");
    for (int i = 0; i < 3; ++i) EXPECT_EQ(words(desired_.update("r", {}, asked)), Words{});
    EXPECT_EQ(see({live("live/a/in")}), Words{"a output-readable 0"});
}

TEST_F(LookTest, WhatIsKnownIsToldAgainOnlyIfSomethingElseHasHappened) {
    desired_.remember_query("a", "A", "");
    see({live("live/a/in")});
    int told = 0;
    for (unsigned i = 0; i < 2 * policy_.repeat_lists; ++i) {
        told += see({live("live/a/in", "A", i)}).empty() ? 0 : 1;
    }
    EXPECT_EQ(told, 2) << "now and then";
    see({live("live/a/in")});
    desired_.note("a", event::WorkerStatus{1, "at work"});
    desired_.note("a", event::OutputReadable{true});
    EXPECT_EQ(see({live("live/a/in")}), Words{});
    desired_.note("a", event::HintNotReady{"A"});
    EXPECT_EQ(see({live("live/a/in")}), Words{"a desired A with params"});
}

// --- several routers ---

class RoutersTest : public DesiredTest {
protected:
    RoutersTest() {
        policy_ = impatient();
        policy_.repeat_lists = 1'000'000;
        for (auto const* const name : {"r1", "r2", "r3"}) desired_.add_router(name);
    }

    // began: by the router's clock; 0: it does not tell.
    static PathItem at(std::string source, std::int64_t began = 0, std::string path = "live/a/in") {
        auto item = live(std::move(path), std::move(source));
        if (began != 0) item.began = began;
        return item;
    }
    // "a desired A at r1"
    std::vector<std::string> list(std::string const& router, std::vector<PathItem> const& items) {
        now_ += milliseconds{100};
        return with_routers(desired_.update(router, items, now_));
    }
    static std::vector<std::string> with_routers(std::vector<StreamEvent> const& events) {
        auto all = words(events);
        for (std::size_t i = 0; i < all.size(); ++i) {
            auto const* const seen = std::get_if<event::Desired>(&events[i].second);
            if (seen != nullptr) all[i] += " at " + seen->session.router;
        }
        return all;
    }
};

TEST_F(RoutersTest, AStreamIsThatRoutersWhichHasIt) {
    EXPECT_EQ(list("r1", {at("A")}), Words{"a desired A at r1"});
    EXPECT_EQ(list("r2", {live("live/b/in", "B")}), Words{"b desired B at r2"});
    for (int i = 0; i < 4; ++i) {
        EXPECT_EQ(list("r2", {live("live/b/in", "B")}), Words{});
        EXPECT_EQ(list("r3", {}), Words{});
    }
    EXPECT_EQ(desired_.router_of("a"), "r1");
    list("r1", {});
    EXPECT_EQ(list("r1", {}), Words{"a not-desired"});
    EXPECT_EQ(desired_.router_of("a"), "");
}

TEST_F(RoutersTest, ARouterThatDoesNotAnswerKeepsItsStreamsAndNobodyElses) {
    list("r1", {at("A")});
    list("r2", {live("live/b/in", "B")});
    for (int i = 0; i < 10; ++i) {
        EXPECT_EQ(with_routers(desired_.list_failed("r1")), Words{});
        list("r2", {});
    }
    EXPECT_EQ(desired_.router_of("a"), "r1");
    EXPECT_EQ(desired_.router_of("b"), "");
}

TEST_F(RoutersTest, TheNewestSessionCounts) {
    list("r1", {at("A")});
    EXPECT_EQ(list("r2", {at("B")}), Words{"a desired B at r2"}) << "seen last";
    EXPECT_EQ(desired_.also_on("a"), std::vector<std::string>{"r1"});
    EXPECT_EQ(list("r1", {at("A")}), Words{}) << "the older one is not told";
    EXPECT_EQ(list("r1", {at("A2")}), Words{"a desired A2 at r1"}) << "another session";
    list("r1", {});
    EXPECT_EQ(list("r1", {}), Words{"a desired B at r2"}) << "what is left";
    EXPECT_EQ(desired_.doubled(), 0U);
}

TEST_F(RoutersTest, TheClocksOfTheRoutersTellWhichIsNewest) {
    list("r1", {at("A", 2'000'000)});
    EXPECT_EQ(list("r2", {at("B", 1'000'000)}), Words{}) << "seen last, and older";
    EXPECT_EQ(desired_.router_of("a"), "r1");
    EXPECT_EQ(list("r3", {at("C", 3'000'000)}), Words{"a desired C at r3"});
    list("r3", {});
    EXPECT_EQ(list("r3", {}), Words{"a desired A at r1"});
}

TEST_F(RoutersTest, AConflictIsToldOnceAndNotWhenAPublisherMoves) {
    list("r1", {at("A")});
    list("r2", {at("B")});
    EXPECT_TRUE(desired_.take_conflicts().empty()) << "it may just have moved";
    list("r1", {});
    EXPECT_TRUE(desired_.take_conflicts().empty());
    list("r1", {at("A")});
    EXPECT_EQ(desired_.take_conflicts(), (std::vector<RouterConflict>{{"a", "r2", "r1"}}));
    list("r1", {at("A")});
    EXPECT_TRUE(desired_.take_conflicts().empty());
}

TEST_F(RoutersTest, TheOutputCountsWhereTheStreamIs) {
    list("r1", {at("A"), live("live/a/out")});
    EXPECT_EQ(list("r2", {at("B")}), (Words{"a desired B at r2", "a output-readable 0"}));
    EXPECT_EQ(list("r1", {at("A"), live("live/a/out")}), Words{});
    EXPECT_EQ(list("r2", {at("B"), live("live/a/out")}), Words{"a output-readable 1"});
}

TEST_F(RoutersTest, AnAdoptedWorkerKeepsItsStreamUntilItsRouterWasAsked) {
    desired_.add_adopted("a", "r1");
    EXPECT_EQ(list("r2", {at("B")}), Words{}) << "r1 may have it, too";
    EXPECT_EQ(with_routers(desired_.list_failed("r1")), Words{"a desired B at r2"});
    desired_.add_adopted("c", "r3");
    EXPECT_EQ(list("r3", {}), Words{});
    EXPECT_EQ(list("r3", {}), Words{"c not-desired"});
}

TEST_F(RoutersTest, AWorkerAtARouterThatIsNoneOfOursIsGivenUpIfNoRouterHasItsStream) {
    desired_.add_adopted("a", "gone:1");
    desired_.add_adopted("b", "gone:1");
    for (int i = 0; i < 5; ++i) {
        EXPECT_EQ(list("r1", {}), Words{});
        EXPECT_EQ(list("r2", {}), Words{});
    }
    EXPECT_EQ(list("r3", {at("B", 0, "live/b/in")}), Words{"b desired B at r3"});
    EXPECT_EQ(list("r3", {at("B", 0, "live/b/in")}), Words{"a not-desired"});
}

TEST_F(RoutersTest, ARouterThatIsTakenAwayGivesItsStreamsUp) {
    list("r1", {at("A"), live("live/b/in", "B"), live("live/b/out")});
    list("r2", {at("C")});
    list("r1", {at("A2"), live("live/b/in", "B"), live("live/b/out")});
    auto told = with_routers(desired_.drop_router("r1"));
    std::ranges::sort(told);
    EXPECT_EQ(told, (Words{"a desired C at r2", "b not-desired", "b output-readable 0"}));
    EXPECT_EQ(list("r2", {at("C")}), Words{});
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
