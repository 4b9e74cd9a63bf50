#include "orchestrator/io/http/stream_json.hpp"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

namespace tidegate::orchestrator {
namespace {

namespace json = boost::json;

StreamView view_of(std::string id, StateKind state = StateKind::starting) {
    StreamView view;
    view.stream_id = std::move(id);
    view.state = state;
    view.since = Time{} + std::chrono::hours{1};
    WorkerInfo worker;
    worker.handle = WorkerHandle{7};
    worker.started = view.since;
    view.worker = worker;
    return view;
}

HookEvent hook(std::string id, std::string source_id) {
    HookEvent event{HookType::ready, {}, "c", WallTime{} + std::chrono::hours{1}};
    event.body = {"live/" + id + "/in",
                  "",
                  "rtmp",
                  std::move(source_id),
                  {std::move(id), base::Direction::in}};
    return event;
}

std::optional<int> listed_pid(WorkerHandle handle) {
    return static_cast<int>(handle);
}

std::string ids(std::string const& text) {
    auto const value = json::parse(text);
    std::string all;
    for (auto const& item : value.at("items").as_array()) {
        all += std::string(item.at("streamId").as_string()) + " ";
    }
    EXPECT_EQ(value.at("itemCount").to_number<std::size_t>(), value.at("items").as_array().size());
    return all;
}

TEST(StreamList, HasEveryStreamOnceInOrder) {
    HookHistory hooks;
    StreamList list;
    EXPECT_EQ(list.text(hooks, {}, listed_pid), R"({"itemCount":0,"items":[]})");
    for (auto const* const id : {"b", "d", "a"}) ASSERT_TRUE(hooks.apply(hook(id, "A")));
    EXPECT_EQ(ids(list.text(hooks, {view_of("b"), view_of("c"), view_of("e")}, listed_pid)),
              "a b c d e ");
    EXPECT_EQ(ids(list.text(hooks, {view_of("0")}, listed_pid)), "0 a b d ");
}

// A publisher may send any bytes. They must not make the answer about all streams unreadable.
TEST(StreamList, IsJsonWhateverBytesAQueryAndAWorkerSend) {
    HookHistory hooks;
    auto event = hook("a", "A");
    event.body.query = mask_query("%80");
    ASSERT_TRUE(hooks.apply(std::move(event)));
    auto view = view_of("a");
    view.worker->status = "caf\xe9 <1>";
    StreamList list;
    auto const item = json::parse(list.text(hooks, {view}, listed_pid)).at("items").at(0);
    EXPECT_EQ(item.at("hooks").at("in").at("query"), "\ufffd");
    EXPECT_EQ(item.at("worker").at("status"), "caf\ufffd <1>");
}

TEST(StreamList, ShowsEveryChangeAtOnce) {
    HookHistory hooks;
    StreamList list;
    auto const item = [&](StreamView view) {
        return json::parse(list.text(hooks, {std::move(view)}, listed_pid)).at("items").at(0);
    };
    EXPECT_EQ(item(view_of("a")).at("state"), "starting");
    EXPECT_EQ(item(view_of("a", StateKind::running)).at("state"), "running");
    auto view = view_of("a", StateKind::running);
    view.worker->status = "at work";
    EXPECT_EQ(item(view).at("worker").at("status"), "at work");
    EXPECT_TRUE(item(view).at("hooks").is_null());
    ASSERT_TRUE(hooks.apply(hook("a", "A")));
    EXPECT_EQ(item(view).at("hooks").at("in").at("sourceId"), "A");
    ASSERT_TRUE(hooks.apply(hook("a", "B")));
    EXPECT_EQ(item(view).at("hooks").at("in").at("sourceId"), "B");
    auto const before = list.text(hooks, {view}, listed_pid);
    view.worker->last_progress = Time{} + std::chrono::hours{9};
    EXPECT_EQ(list.text(hooks, {view}, listed_pid), before)
        << "what is not shown makes no new text";
}

}  // namespace
}  // namespace tidegate::orchestrator
