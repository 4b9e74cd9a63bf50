#include "orchestrator/io/http/event_feed.hpp"

#include <gmock/gmock.h>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/object.hpp>
#include <optional>

#include "http/json_text.hpp"
#include "orchestrator/io/loop_test.hpp"

namespace tidegate::orchestrator {
namespace {

// A client that the test can make slow, and can make leave.
struct Client : http::BodyStream {
    explicit Client(asio::io_context& io) : gate(io, asio::steady_timer::time_point::max()) {}
    asio::awaitable<bool> write(std::string_view bytes) override {
        while (slow && !gone) {
            boost::system::error_code ignored;
            co_await gate.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
        }
        if (!gone) text += bytes;
        co_return !gone;
    }
    void change(bool now_slow, bool now_gone) {
        slow = now_slow;
        gone = now_gone;
        gate.cancel();
    }
    asio::steady_timer gate;
    std::string text;
    bool slow = false;
    bool gone = false;
};

class EventFeedTest : public LoopTest {
protected:
    EventFeed feed_{io_};

    void publish(std::string const& type, boost::json::object const& data) {
        auto const* const id = data.if_contains("streamId");
        feed_.publish_text(id == nullptr ? "" : std::string(id->as_string()), type,
                           http::to_text(data));
    }
    // Serves until the client leaves.
    void attach(Client& client, EventFeed::Wishes wishes = {}, std::string first = {}) {
        auto response = feed_.open(std::move(wishes), std::move(first));
        ASSERT_EQ(response.status, 200U);
        ASSERT_EQ(response.content_type, "text/event-stream");
        asio::co_spawn(
            io_, [stream = response.stream, &client] { return stream(client); }, asio::detached);
        ASSERT_TRUE(run_until([&] { return client.slow || !client.text.empty(); }));
    }
    void leave(Client& client) {
        client.change(false, true);
        publish("end", {});
        run_until([&] { return feed_.readers() == 0; });
    }
};

TEST_F(EventFeedTest, AReaderMayWantTheEventsOfSomeStreamsOnly) {
    Client all(io_), some(io_), one(io_);
    attach(all);
    attach(some, {.prefix = "cam-"});
    attach(one, {.watch = true, .log = "cam-1", .narrow = true});
    publish("hook", {{"streamId", "cam-1"}});
    publish("hook", {{"streamId", "cam-2"}});
    publish("hook", {{"streamId", "studio"}});
    feed_.publish_followed("cam-1", "stream", "{}");
    feed_.publish_followed("cam-2", "gone", "{}");
    EXPECT_EQ(feed_.followed(), std::set<std::string>{"cam-1"});
    feed_.publish_watch("end", "{}");
    publish("end", {{"streamId", "cam-1"}});
    for (auto* const client : {&all, &some, &one}) {
        ASSERT_TRUE(run_until([&] { return client->text.contains("event: end"); }));
    }
    EXPECT_THAT(all.text, testing::HasSubstr("studio"));
    EXPECT_THAT(some.text, testing::HasSubstr("cam-2"));
    EXPECT_THAT(some.text, testing::Not(testing::HasSubstr("studio")));
    EXPECT_THAT(one.text, testing::HasSubstr("cam-1"));
    EXPECT_THAT(one.text, testing::HasSubstr("event: stream"));
    EXPECT_THAT(one.text, testing::Not(testing::HasSubstr("cam-2")));
    EXPECT_THAT(one.text, testing::Not(testing::HasSubstr("event: gone")));
    feed_.end_watchers();
    EXPECT_TRUE(run_until([&] { return feed_.readers() == 2; }));
    for (auto* const client : {&all, &some}) client->change(false, true);
    publish("end", {{"streamId", "cam-1"}});
    EXPECT_TRUE(run_until([&] { return feed_.readers() == 0; }));
}

TEST_F(EventFeedTest, SendsWhatIsWishedToThoseThatWishIt) {
    Client plain(io_);
    Client watcher(io_);
    Client reader(io_);
    attach(plain);
    attach(watcher, {.watch = true}, feed_.text("snapshot", "{}"));
    attach(reader, {.log = "a"});
    EXPECT_EQ(feed_.watchers(), 1U);
    EXPECT_TRUE(feed_.has_log_reader("a"));
    EXPECT_FALSE(feed_.has_log_reader("b"));
    feed_.publish_watch("figures", "{}");
    feed_.publish_log("a", R"({"lines":[]})");
    feed_.publish_log("b", R"({"other":1})");
    publish("hook", {});
    ASSERT_TRUE(run_until([&] {
        return plain.text.contains("hook") && watcher.text.contains("hook") &&
               reader.text.contains("hook");
    }));
    EXPECT_THAT(watcher.text, testing::HasSubstr("event: snapshot\nid: 1\ndata: {}\n\n"));
    EXPECT_TRUE(watcher.text.contains("event: figures"));
    EXPECT_FALSE(plain.text.contains("figures") || plain.text.contains("log"));
    EXPECT_TRUE(reader.text.contains("event: log") && !reader.text.contains("other"));
    EXPECT_FALSE(reader.text.contains("figures"));
    for (auto* const client : {&plain, &watcher, &reader}) client->change(false, true);
    publish("end", {});
    run_until([&] { return feed_.readers() == 0; });
}

TEST_F(EventFeedTest, BytesThatWaitForASlowReaderAreBounded) {
    Client slow(io_);
    slow.slow = true;
    attach(slow, {.watch = true});
    std::string const large(kMaxFeedBacklogBytes / 4, 'x');
    for (int i = 0; i < 10; ++i) feed_.publish_watch("figures", large);
    slow.change(false, false);
    ASSERT_TRUE(run_until([&] { return slow.text.contains("event: lost"); }));
    EXPECT_LE(slow.text.size(), kMaxFeedBacklogBytes + 1024);
    leave(slow);
}

TEST_F(EventFeedTest, SendsEachEventInItsFormToEveryReader) {
    Client one(io_);
    Client other(io_);
    attach(one);
    publish("hook", {{"streamId", "a"}});
    attach(other);
    publish("transition", {{"reason", "two\nlines"}});
    ASSERT_TRUE(
        run_until([&] { return one.text.contains("id: 2") && other.text.contains("id: 2"); }));
    EXPECT_EQ(one.text,
              ": tidegate events\n\n"
              "event: hook\nid: 1\ndata: {\"streamId\":\"a\"}\n\n"
              "event: transition\nid: 2\ndata: {\"reason\":\"two\\nlines\"}\n\n");
    EXPECT_FALSE(other.text.contains("id: 1"));
    EXPECT_EQ(feed_.readers(), 2U);
    other.change(false, true);
    leave(one);
    EXPECT_EQ(feed_.readers(), 0U);
}

TEST_F(EventFeedTest, NumbersGoOnWithoutReaders) {
    for (int i = 0; i < 5; ++i) publish("hook", {});
    Client client(io_);
    attach(client);
    publish("hook", {});
    EXPECT_TRUE(run_until([&] { return client.text.contains("id: 6\n"); }));
    leave(client);
}

TEST_F(EventFeedTest, ASlowReaderIsToldWhatItLostAndOthersAreNot) {
    Client slow(io_);
    Client quick(io_);
    attach(slow);
    attach(quick);
    slow.slow = true;
    publish("first", {});
    ASSERT_TRUE(run_until([&] { return quick.text.contains("first"); }));
    for (std::size_t i = 0; i < kMaxFeedBacklog + 100; ++i) {
        publish("hook", {{"n", i}});
        if (i % 100 == 0) io_.poll();  // the quick one keeps up
    }
    ASSERT_TRUE(run_until([&] { return quick.text.contains("\"n\":1123"); }));
    EXPECT_FALSE(quick.text.contains("event: lost"));
    slow.change(false, false);
    ASSERT_TRUE(run_until([&] {
        return slow.text.contains("event: lost\ndata: {\"events\":100}");
    })) << slow.text.substr(slow.text.size() - 200);
    publish("after", {});
    EXPECT_TRUE(run_until([&] { return slow.text.contains("event: after"); }));
    quick.change(false, true);
    leave(slow);
}

TEST_F(EventFeedTest, ThereIsALimitOfReaders) {
    std::vector<http::Response> open;
    for (std::size_t i = 0; i < kMaxFeedReaders; ++i) {
        open.push_back(feed_.open());
        EXPECT_EQ(open.back().status, 200U);
    }
    EXPECT_EQ(feed_.open().status, 503U);
    open.pop_back();  // a client that left before the first byte
    EXPECT_EQ(feed_.open().status, 200U);
}

}  // namespace
}  // namespace tidegate::orchestrator
