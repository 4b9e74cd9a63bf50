#include "router/model/registry.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>

namespace tidegate::router {
namespace {

using testing::ElementsAre;

struct CallInfo {
    std::string id;
    WallTime created;
    std::string path;
    std::uint64_t bytes = 0;
};

struct CallRecord final : Record<CallInfo> {
    using Record::Record;
    std::atomic<std::uint64_t> bytes{0};

private:
    void read_counters(CallInfo& info) const override { info.bytes = bytes; }
};

struct RegistryTest : testing::Test {
    Registry<CallRecord> registry;
    std::vector<std::string> closed;

    std::shared_ptr<CallRecord> add(std::string const& id) {
        auto record = std::make_shared<CallRecord>(
            CallInfo{id, WallTime{}, "", 0},
            [this, id](std::string const& reason) { closed.push_back(id + ": " + reason); });
        registry.add(record);
        return record;
    }
    std::vector<std::string> listed() {
        std::vector<std::string> ids;
        for (auto const& entry : registry.entries()) ids.push_back(entry->id());
        return ids;
    }
};

TEST_F(RegistryTest, ListsInTheOrderOfArrival) {
    for (auto const* id : {"c", "a", "b"}) add(id);
    EXPECT_THAT(listed(), ElementsAre("c", "a", "b"));
    registry.remove("a");
    registry.remove("never there");
    EXPECT_THAT(listed(), ElementsAre("c", "b"));
    EXPECT_EQ(registry.size(), 2U);
}

TEST_F(RegistryTest, FindsByIdAndCopiesWithTheCounters) {
    auto const record = add("a");
    record->change([](CallInfo& info) { info.path = "live/a"; });
    record->bytes = 7;
    EXPECT_EQ(registry.find("b"), nullptr);
    auto const shown = registry.find("a")->snapshot();
    EXPECT_EQ(shown.path, "live/a");
    EXPECT_EQ(shown.bytes, 7U);
}

TEST_F(RegistryTest, AKickedOneIsGoneAtOnce) {
    add("a");
    EXPECT_FALSE(registry.kick("b"));
    EXPECT_TRUE(registry.kick("a"));
    EXPECT_THAT(closed, ElementsAre("a: terminated"));
    EXPECT_EQ(registry.size(), 0U);
    EXPECT_FALSE(registry.kick("a"));
}

// A session that ends takes itself out while the list is being read, or everybody is being closed.
TEST_F(RegistryTest, NoLockIsHeldDuringAVisit) {
    auto const first = add("a");
    add("b");
    std::vector<std::string> seen;
    registry.each([&](CallInfo const& info) {
        seen.push_back(info.id);
        first->change([](CallInfo& own) { own.path = "changed"; });
        registry.remove(info.id);
    });
    EXPECT_THAT(seen, ElementsAre("a", "b"));
    EXPECT_EQ(registry.size(), 0U);
    auto const last = std::make_shared<CallRecord>(
        CallInfo{"c", WallTime{}, "", 0}, [this](std::string const&) { registry.remove("c"); });
    registry.add(last);
    registry.close_all();
    EXPECT_EQ(registry.size(), 0U);
}

}  // namespace
}  // namespace tidegate::router
