// Each answer that the API server can give, pinned to what kube-apiserver 1.34 was seen to send.
#include "kubernetes/core/list_watch.hpp"

#include <gmock/gmock.h>

#include <boost/json/parse.hpp>
#include <vector>

#include "kubernetes/core/members.hpp"

namespace tidegate::kubernetes {
namespace {

namespace json = boost::json;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;

struct Heard final : ObjectSink {
    void list_began() override { log.emplace_back("began"); }
    void listed(json::value const& object) override { add("listed", object); }
    void list_ended(std::string const& version) override { log.push_back("ended " + version); }
    void changed(json::value const& object) override { add("changed", object); }
    void removed(json::value const& object) override { add("removed", object); }
    void add(std::string const& what, json::value const& object) {
        log.push_back(what + " " + text_at(object, {"metadata", "name"}));
    }
    std::vector<std::string> take() { return std::exchange(log, {}); }
    std::vector<std::string> log;
};

std::string object(std::string const& name, int version) {
    return R"({"metadata":{"name":")" + name + R"(","resourceVersion":")" +
           std::to_string(version) + R"("}})";
}

std::string event(std::string const& type, std::string const& name, int version) {
    return R"({"type":")" + type + R"(","object":)" + object(name, version) + "}";
}

constexpr char kExpired[] =
    R"J({"type":"ERROR","object":{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"too old resource version: 1 (9)","reason":"Expired","code":410}})J";

class ListWatchTest : public testing::Test {
protected:
    Heard heard_;
    ListWatch watch_{{.path = "/api/v1/pods", .selector = "a=b,c"}, heard_};
    ListWatch::Time now_{seconds{1000}};

    // The target that is asked next; "pause" if none is.
    std::string next() {
        auto const next = watch_.next(now_, 0);
        if (auto const* const page = std::get_if<ListWatch::Page>(&next)) return page->target;
        if (auto const* const lines = std::get_if<ListWatch::Watch>(&next)) return lines->target;
        paused_ = std::get<ListWatch::Pause>(next).duration;
        return "pause";
    }
    void page(std::string const& items, std::string const& more = "", int version = 5) {
        watch_.on_page(json::parse(R"({"metadata":{"resourceVersion":")" + std::to_string(version) +
                                   R"(","continue":")" + more + R"("},"items":[)" + items + "]}"));
    }
    void list() {
        EXPECT_THAT(next(), HasSubstr("limit="));
        page(object("a", 3));
        heard_.take();
    }
    void end(std::expected<void, Failure> const& ended = {}, seconds after = seconds{60}) {
        now_ += after;
        watch_.on_watch_end(ended, now_);
    }
    static std::unexpected<Failure> failed(unsigned code) {
        return std::unexpected(Failure{.code = code, .message = "m"});
    }
    milliseconds paused_{};
};

constexpr char kSelector[] = "&labelSelector=a%3Db%2Cc";

TEST_F(ListWatchTest, ListsPageByPageAndWatchesFromThere) {
    EXPECT_EQ(next(), std::string("/api/v1/pods?limit=200") + kSelector);
    page(object("a", 1) + "," + object("b", 2), "to/ken=");
    EXPECT_EQ(next(), std::string("/api/v1/pods?limit=200&continue=to%2Fken%3D") + kSelector);
    page(object("c", 3));
    EXPECT_THAT(heard_.take(), ElementsAre("began", "listed a", "listed b", "listed c", "ended 5"));
    EXPECT_EQ(next(), std::string("/api/v1/pods?watch=1&allowWatchBookmarks=true&timeoutSeconds=300"
                                  "&resourceVersion=5") +
                          kSelector);
    EXPECT_TRUE(watch_.on_line(event("ADDED", "d", 6)));
    EXPECT_TRUE(watch_.on_line(event("MODIFIED", "d", 7)));
    EXPECT_TRUE(watch_.on_line(event("DELETED", "a", 8)));
    EXPECT_THAT(heard_.take(), ElementsAre("changed d", "changed d", "removed a"));
}

TEST_F(ListWatchTest, WatchesOnFromTheLastVersionWhenAWatchHasEnded) {
    list();
    next();
    watch_.on_line(event("MODIFIED", "a", 6));
    end();
    EXPECT_THAT(next(), HasSubstr("resourceVersion=6"));
    EXPECT_TRUE(watch_.on_line(event("BOOKMARK", "", 40)));
    EXPECT_THAT(heard_.take(), ElementsAre("changed a"));
    end(failed(0));
    EXPECT_EQ(next(), "pause");
    EXPECT_THAT(next(), HasSubstr("resourceVersion=40"));
    EXPECT_TRUE(watch_.trouble());
    watch_.on_line(event("MODIFIED", "a", 41));
    EXPECT_FALSE(watch_.trouble());
}

TEST_F(ListWatchTest, ListsAgainWhenItsVersionIsTooOld) {
    list();
    next();
    EXPECT_FALSE(watch_.on_line(kExpired)) << "an ERROR line in a 200 answer";
    end();
    EXPECT_EQ(next(), "pause");
    EXPECT_EQ(next(), std::string("/api/v1/pods?limit=200") + kSelector);
    page(object("b", 9), "", 10);
    EXPECT_THAT(heard_.take(), ElementsAre("began", "listed b", "ended 10"));
    next();
    end(failed(410));
    EXPECT_EQ(next(), "pause");
    EXPECT_THAT(next(), HasSubstr("limit=200")) << "410 as the status of the answer";
}

TEST_F(ListWatchTest, AListThatBreaksOffBeginsAnew) {
    next();
    page(object("a", 1), "token");
    next();
    watch_.on_page(failed(410));  // the token is too old
    EXPECT_EQ(next(), "pause");
    EXPECT_EQ(next(), std::string("/api/v1/pods?limit=200") + kSelector);
    page(object("b", 1));
    EXPECT_THAT(heard_.take(), ElementsAre("began", "listed a", "began", "listed b", "ended 5"));
}

TEST_F(ListWatchTest, PausesLongerEachTimeAndAsLongAsItIsTold) {
    std::vector<milliseconds> pauses;
    for (int i = 0; i < 10; ++i) {
        next();
        watch_.on_page(failed(500));
        ASSERT_EQ(next(), "pause");
        pauses.push_back(paused_);
    }
    EXPECT_EQ(pauses[0], milliseconds{200});
    EXPECT_EQ(pauses[1], milliseconds{400});
    EXPECT_EQ(pauses[9], milliseconds{30'000});
    next();
    page(object("a", 1));
    next();
    end(failed(500));
    EXPECT_EQ(next(), "pause");
    EXPECT_EQ(paused_, milliseconds{200}) << "a whole list forgives";
    next();
    end(std::unexpected(Failure{.code = 429, .retry_after = seconds{7}}));
    next();
    EXPECT_EQ(paused_, seconds{7});
}

TEST_F(ListWatchTest, DoesNotTrustAVersionWithWhichWatchesFailAgainAndAgain) {
    list();
    for (int i = 0; i < 2; ++i) {
        EXPECT_THAT(next(), HasSubstr("watch=1"));
        end(failed(500));
        EXPECT_EQ(next(), "pause");
    }
    next();
    end(failed(500));
    next();
    EXPECT_THAT(next(), HasSubstr("limit="));
    page(object("a", 1));
    for (int i = 0; i < 20; ++i) {
        EXPECT_THAT(next(), HasSubstr("watch=1")) << "no connection says nothing about the version";
        end(failed(0));
        EXPECT_EQ(next(), "pause");
    }
}

TEST_F(ListWatchTest, GivesUpAWatchThatSendsNonsense) {
    for (auto const* const line :
         {"", "{", "[]", "null", R"({"type":"ADDED"})", R"({"type":"ADDED","object":{}})",
          R"({"object":{}})", R"({"type":"OTHER","object":{"metadata":{"resourceVersion":"1"}}})",
          R"({"type":"ERROR","object":{"code":500}})"}) {
        ListWatch watch({.path = "/x"}, heard_);
        watch.next(now_, 0);
        watch.on_page(json::parse(R"({"metadata":{"resourceVersion":"5"},"items":[]})"));
        watch.next(now_, 0);
        heard_.take();
        EXPECT_FALSE(watch.on_line(line)) << line;
        watch.on_watch_end({}, now_ + seconds{60});
        EXPECT_TRUE(std::holds_alternative<ListWatch::Pause>(watch.next(now_, 0))) << line;
        EXPECT_TRUE(watch.trouble()) << line;
        EXPECT_TRUE(heard_.take().empty()) << line;
    }
}

TEST_F(ListWatchTest, AnAnswerThatIsNoListIsNone) {
    for (auto const* const text :
         {"null", "{}", R"({"items":[]})", R"({"items":{},"metadata":{"resourceVersion":"1"}})"}) {
        next();
        watch_.on_page(json::parse(text));
        EXPECT_EQ(next(), "pause") << text;
    }
    EXPECT_TRUE(heard_.take().empty());
}

TEST_F(ListWatchTest, AWatchThatEndsAtOnceIsNotAskedAgainAtOnce) {
    list();
    next();
    end({}, seconds{0});
    EXPECT_EQ(next(), "pause");
    next();
    end({}, seconds{400});
    EXPECT_THAT(next(), HasSubstr("watch=1"));
}

}  // namespace
}  // namespace tidegate::kubernetes
