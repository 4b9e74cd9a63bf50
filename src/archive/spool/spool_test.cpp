#include "archive/spool/spool.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

namespace tidegate::archive {
namespace {

class SpoolTest : public testing::Test {
protected:
    SpoolTest() {
        char name[] = "/tmp/spool_test_XXXXXX";
        folder_ = ::mkdtemp(name);
    }
    ~SpoolTest() override { std::filesystem::remove_all(folder_); }

    Spool open() { return *Spool::open(folder_ + "/a/spool"); }

    std::string folder_;
    Entry const entry_{
        "live/x/out", "/rec/\xff \"x\".mp4", "10.021", {5, 1'700'000'000'000'000'001}};
};

TEST_F(SpoolTest, KeepsEntriesInTheOrderInWhichTheyCame) {
    auto const spool = open();
    std::vector<Spool::Id> ids;
    for (int i = 0; i < 5; ++i) ids.push_back(*spool.add(entry_, 10));
    EXPECT_TRUE(std::ranges::is_sorted(ids));
    EXPECT_EQ(spool.list()->ids, ids);
    EXPECT_EQ(*parse_entry(*spool.text_of(ids[0])), entry_);
    EXPECT_EQ(std::filesystem::status(folder_ + "/a/spool").permissions(),
              std::filesystem::perms::owner_all);
}

TEST_F(SpoolTest, NumbersAscendWhileTheClockIsSetBack) {
    auto const spool = open();
    std::ofstream(folder_ + "/a/spool/sequence") << "9000000000000000000";
    EXPECT_EQ(*spool.add(entry_, 10), 9'000'000'000'000'000'001U);
    EXPECT_EQ(*spool.add(entry_, 10), 9'000'000'000'000'000'002U);
}

TEST_F(SpoolTest, KnowsWhatWaitsAndWhatWasGivenUp) {
    auto const spool = open();
    auto found = entry_;
    found.found = true;
    ASSERT_TRUE(spool.add(entry_, 10));
    ASSERT_TRUE(spool.bury(*spool.add(found, 10)));
    std::ofstream(folder_ + "/a/spool/queue/00000000000000000001.json") << "{";
    EXPECT_EQ(spool.entries(), (std::vector{entry_, found}));
    EXPECT_EQ(spool.looked(), 0);
    ASSERT_TRUE(spool.keep_looked(1'700'000'000'000'000'001));
    EXPECT_EQ(spool.looked(), 1'700'000'000'000'000'001);
    EXPECT_EQ(spool.list()->ids.size(), 2U);
}

TEST_F(SpoolTest, IsFullAtItsBound) {
    auto const spool = open();
    ASSERT_TRUE(spool.add(entry_, 2));
    auto const second = spool.add(entry_, 2);
    ASSERT_TRUE(second);
    auto const third = spool.add(entry_, 2);
    ASSERT_FALSE(third);
    EXPECT_TRUE(third.error().contains("is full: 2 segments wait"));
    ASSERT_TRUE(spool.remove(*second));
    EXPECT_TRUE(spool.add(entry_, 2));
}

TEST_F(SpoolTest, ManyHooksAtOnceLoseNothing) {
    auto const spool = open();
    std::vector<std::thread> hooks;
    for (int i = 0; i < 8; ++i) {
        hooks.emplace_back([&] {
            for (int n = 0; n < 10; ++n) EXPECT_TRUE(spool.add(entry_, 1000));
        });
    }
    for (auto& hook : hooks) hook.join();
    EXPECT_EQ(spool.list()->ids.size(), 80U);
}

TEST_F(SpoolTest, HasOneDaemon) {
    auto const spool = open();
    {
        auto const lock = spool.lock();
        ASSERT_TRUE(lock);
        auto const second = spool.lock();
        ASSERT_FALSE(second);
        EXPECT_TRUE(second.error().contains("another segment-archiver"));
    }
    EXPECT_TRUE(spool.lock());
}

TEST_F(SpoolTest, KeepsAndForgetsStates) {
    auto const spool = open();
    auto const id = *spool.add(entry_, 10);
    EXPECT_EQ(spool.state_of(id), UploadState{});
    UploadState const state{false, false, "id", "key", 16, {"a", "b"}};
    ASSERT_TRUE(spool.keep_state(id, state));
    EXPECT_EQ(spool.state_of(id), state);
    ASSERT_TRUE(spool.bury(id));
    EXPECT_EQ(spool.state_of(id), UploadState{});
    EXPECT_TRUE(spool.list()->ids.empty());
    EXPECT_EQ(spool.list()->dead, 1U);
}

TEST_F(SpoolTest, TidiesWhatCrashesHaveLeft) {
    auto const spool = open();
    auto const waiting = *spool.add(entry_, 10);
    ASSERT_TRUE(spool.keep_state(waiting, {.upload_id = "a"}));
    ASSERT_TRUE(spool.keep_state(waiting + 1, {.upload_id = "b"}));
    auto const left = folder_ + "/a/spool/new/00000000000000000001.json";
    auto const written_now = folder_ + "/a/spool/new/00000000000000000002.json";
    std::ofstream{left};
    std::ofstream{written_now};
    std::filesystem::last_write_time(
        left, std::filesystem::file_time_type::clock::now() - std::chrono::hours{2});
    spool.tidy();
    EXPECT_EQ(spool.state_of(waiting).upload_id, "a");
    EXPECT_EQ(spool.state_of(waiting + 1).upload_id, "");
    EXPECT_FALSE(std::filesystem::exists(left));
    EXPECT_TRUE(std::filesystem::exists(written_now)) << "a hook may be writing it";
}

TEST_F(SpoolTest, SkipsWhatIsNoEntry) {
    auto const spool = open();
    std::ofstream(folder_ + "/a/spool/queue/notes.json") << "{}";
    std::ofstream(folder_ + "/a/spool/queue/0000000000000000000x.json") << "{}";
    EXPECT_TRUE(spool.list()->ids.empty());
}

TEST(Entry, IsReadAsItWasWritten) {
    UploadState const state{
        true, false, "i/\xb9=", "k\xc3\xa9y\xff", 16'777'216, {"0a", "\xff\xb9"}};
    EXPECT_EQ(*parse_state(to_text(state)), state);
}

TEST(Entry, RefusesWhatIsDamaged) {
    Entry const entry{"p", "/f", "1.5", {1, 2}};
    auto const text = to_text(entry);
    ASSERT_EQ(*parse_entry(text), entry);
    for (std::size_t size = 0; size + 2 < text.size(); ++size) {
        EXPECT_FALSE(parse_entry(text.substr(0, size))) << size;
    }
    for (auto const* wrong :
         {"[]", "{}", R"({"path":"p","file":"relative","duration":"","size":1,"modifiedNs":1})",
          R"({"path":"p","file":"/f","duration":"1\r\nX: y","size":1,"modifiedNs":1})",
          R"({"path":"p","file":"/f\u0000","duration":"1","size":1,"modifiedNs":1})",
          R"({"path":"\u1234","file":"/f","duration":"1","size":1,"modifiedNs":1})",
          R"({"path":"p","file":"/f","duration":"1","size":-1,"modifiedNs":1})"}) {
        EXPECT_FALSE(parse_entry(wrong)) << wrong;
    }
}

}  // namespace
}  // namespace tidegate::archive
