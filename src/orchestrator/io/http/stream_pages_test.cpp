#include "orchestrator/io/http/stream_pages.hpp"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

namespace tidegate::orchestrator {
namespace {

namespace json = boost::json;

HookEvent hook(std::string id, std::string source_id) {
    HookEvent event{HookType::ready, {}, "c", WallTime{} + std::chrono::hours{1}};
    event.body = {"live/" + id + "/in",
                  "",
                  "rtmp",
                  std::move(source_id),
                  {std::move(id), base::Direction::in}};
    return event;
}

class StreamPagesTest : public testing::Test {
protected:
    Policy policy_;
    HookHistory hooks_;
    Fleet fleet_{policy_, 1};
    std::vector<std::string> asked_;  // extra fields

    // Streams that are starting, at this router.
    void desire(std::vector<std::string> const& ids, std::string const& router = "r1") {
        for (auto const& id : ids) tell(id, event::Desired{{"A", "rtmpConn", Params{}, router}});
    }
    void tell(std::string const& id, Event const& event) {
        Effects effects;
        fleet_.handle(id, event, Time{} + std::chrono::hours{1}, effects);
    }

    std::string text(std::vector<std::pair<std::string, std::string>> query = {}) {
        http::Request request;
        request.query = std::move(query);
        auto const parsed = parse_stream_query(request);
        EXPECT_TRUE(parsed) << parsed.error();
        StreamSource const source{
            hooks_, fleet_,
            [this](auto const& id, auto const& state) { return make_view(id, state, policy_); },
            [](WorkerHandle handle) { return WorkerSite{.pid = static_cast<int>(handle)}; },
            [this](auto const& field, auto const& id, auto const&) {
                asked_.push_back(field + " of " + id);
                return json::value(7);
            }};
        return stream_page(source, *parsed);
    }
    // "a b | b": the ids, and the cursor of the next page.
    std::string ids(std::vector<std::pair<std::string, std::string>> query = {}) {
        auto const value = json::parse(text(std::move(query)));
        std::string all;
        for (auto const& item : value.at("items").as_array()) {
            all += std::string(item.at("streamId").as_string()) + " ";
        }
        EXPECT_EQ(value.at("itemCount").to_number<std::size_t>(),
                  value.at("items").as_array().size());
        auto const& next = value.at("next");
        return all + "|" + (next.is_null() ? "" : " " + std::string(next.as_string()));
    }
};

TEST_F(StreamPagesTest, HaveEveryStreamOnceInOrder) {
    EXPECT_EQ(text(), R"({"itemCount":0,"streamCount":0,"next":null,"items":[]})");
    for (auto const* const id : {"b", "d", "a"}) ASSERT_TRUE(hooks_.apply(hook(id, "A")));
    desire({"e", "c", "b"});
    EXPECT_EQ(ids(), "a b c d e |");
    for (int limit = 1; limit <= 6; ++limit) {
        std::string all, cursor;
        for (int page = 0; page < 6; ++page) {
            auto const one = ids({{"limit", std::to_string(limit)}, {"cursor", cursor}});
            auto const bar = one.find('|');
            all += one.substr(0, bar);
            if (bar + 1 == one.size()) break;
            cursor = one.substr(bar + 2);
        }
        EXPECT_EQ(all, "a b c d e ") << limit;
    }
}

TEST_F(StreamPagesTest, AFilterPassesOthersOver) {
    desire({"cam-1", "cam-2", "cam-3"});
    desire({"studio", "cam-4"}, "r2");
    ASSERT_TRUE(hooks_.apply(hook("cam-0", "A")));
    tell("cam-2", event::OperatorStop{});  // on its way out
    EXPECT_EQ(ids({{"prefix", "cam-"}}), "cam-0 cam-1 cam-2 cam-3 cam-4 |");
    EXPECT_EQ(ids({{"prefix", "cam-"}, {"cursor", "cam-2"}}), "cam-3 cam-4 |");
    EXPECT_EQ(ids({{"prefix", "x"}}), "|");
    EXPECT_EQ(ids({{"router", "r2"}}), "cam-4 studio |");
    EXPECT_EQ(ids({{"router", "r1"}, {"limit", "2"}}), "cam-1 cam-2 | cam-2");
    EXPECT_EQ(ids({{"state", "starting"}}), "cam-1 cam-3 cam-4 studio |");
    EXPECT_EQ(ids({{"state", "starting"}, {"router", "r1"}}), "cam-1 cam-3 |");
    EXPECT_EQ(ids({{"state", "stopping"}}), "cam-2 |");
    EXPECT_EQ(ids({{"state", "idle"}}), "cam-0 |") << "known from hooks only";
    EXPECT_EQ(ids({{"state", "failed"}}), "|");
}

TEST_F(StreamPagesTest, AFilterThatPassesMuchOverGoesOnWithTheNextPage) {
    std::vector<std::string> many;
    for (std::size_t i = 0; i < kMostPassedOver + 10; ++i) {
        many.push_back("s" + std::to_string(100'000 + i));
    }
    desire(many);
    desire({"z"}, "r2");
    auto const first = ids({{"router", "r2"}});
    EXPECT_TRUE(first.starts_with("| s")) << "nothing yet, and a cursor: " << first;
    EXPECT_EQ(ids({{"router", "r2"}, {"cursor", first.substr(2)}}), "z |");
}

TEST_F(StreamPagesTest, FieldsChoose) {
    desire({"a"});
    EXPECT_EQ(text({{"fields", "state,router,media,nonsense"}}),
              R"({"itemCount":1,"streamCount":1,"next":null,"items":[)"
              R"({"streamId":"a","state":"starting","router":"r1","media":7}]})");
    EXPECT_EQ(asked_, std::vector<std::string>{"media of a"});
    EXPECT_TRUE(json::parse(text()).at("items").at(0).as_object().contains("reason"));
    EXPECT_FALSE(json::parse(text()).at("items").at(0).as_object().contains("media"));
}

TEST_F(StreamPagesTest, BadQuestionsAreRefused) {
    std::string const long_list(4 * (kMostFields + 1), ',');
    for (auto const& [key, value] : std::vector<std::pair<std::string, std::string>>{
             {"limit", "0"},
             {"limit", "151"},
             {"limit", "x"},
             {"cursor", "a b"},
             {"prefix", "a/b"},
             {"state", "sleeping"},
             {"fields", long_list},
         }) {
        http::Request request;
        request.query = {{key, value}};
        EXPECT_FALSE(parse_stream_query(request)) << key << "=" << value;
    }
}

// A publisher may send any bytes. They must not make the answer about all streams unreadable.
TEST_F(StreamPagesTest, AreJsonWhateverBytesAQueryAndAWorkerSend) {
    auto event = hook("a", "A");
    event.body.query = mask_query("%80");
    ASSERT_TRUE(hooks_.apply(std::move(event)));
    desire({"a"});
    tell("a", event::WorkerSpawned{1, WorkerHandle{7}});
    tell("a", event::WorkerStatus{1, "caf\xe9 <1>"});
    auto const item = json::parse(text()).at("items").at(0);
    EXPECT_EQ(item.at("hooks").at("in").at("query"), "\ufffd");
    EXPECT_EQ(item.at("worker").at("status"), "caf\ufffd <1>");
    EXPECT_EQ(item.at("worker").at("pid"), 7);
    EXPECT_EQ(item.at("worker").at("router"), "r1");
}

}  // namespace
}  // namespace tidegate::orchestrator
