// Switches of destinations, and what is kept of them. tests/integration/test_forwarding.py has the
// rest.
#include "orchestrator/io/router/egress.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <utility>

namespace tidegate::orchestrator {
namespace {

struct EgressFiles : testing::Test {
    void SetUp() override { std::filesystem::create_directories(folder); }
    void TearDown() override { std::filesystem::remove_all(folder); }
    void write(std::string const& name, std::string const& text) const {
        std::ofstream(folder / name) << text;
    }
    Egress load() const {
        Egress egress(folder / "egress.yml", folder / "store.json");
        auto const loaded = egress.load();
        EXPECT_TRUE(loaded) << loaded.error();
        return egress;
    }
    // A store in which somebody has switched off the destination "a" of as many streams.
    static std::string switched_off(std::size_t streams) {
        std::string list;
        for (std::size_t i = 0; i < streams; ++i) {
            list += (i == 0 ? "" : ",") + std::string("{\"streamId\":\"s") + std::to_string(i) +
                    R"(","name":"a","enabled":false})";
        }
        return R"({"version":1,"destinations":[],"switches":[)" + list + "]}";
    }

    std::filesystem::path const folder =
        std::filesystem::temp_directory_path() / ("tidegate-egress-" + std::to_string(getpid()));
};

TEST_F(EgressFiles, ASwitchThatIsStoredCanBeTurnedAlthoughThereIsNoRoomForMore) {
    write("egress.yml",
          R"({"rules":[{"streamId":"*","destinations":[{"name":"a","url":"rtmp://h/a/k"}]}]})");
    write("store.json", switched_off(kMaxStoredDestinations));
    auto egress = load();
    EXPECT_FALSE(egress.list("s7").at(0).enabled);
    auto const turned = egress.set_enabled({"s7", "a"}, true);
    EXPECT_TRUE(turned) << turned.error().message;
    EXPECT_TRUE(egress.list("s7").at(0).enabled);
    auto const refused = egress.set_enabled({"another", "a"}, false);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, EgressError::Kind::conflict);
    // It is stored, too.
    EXPECT_TRUE(load().list("s7").at(0).enabled);
    EXPECT_FALSE(load().list("s8").at(0).enabled);
}

TEST_F(EgressFiles, WhatCannotBeStoredIsNotInForceEither) {
    write("egress.yml",
          R"({"rules":[{"streamId":"*","destinations":[{"name":"a","url":"rtmp://h/a/k"}]}]})");
    auto egress = load();
    ASSERT_TRUE(egress.add({"s", "b"}, "rtmp://h/b/k"));
    std::filesystem::create_directory(folder / "store.json.new");  // where it writes first
    auto const refused = egress.add({"s", "c"}, "rtmp://h/c/k");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, EgressError::Kind::failed);
    EXPECT_FALSE(egress.add({"s", "b"}, "rtmp://h/other/k"));
    EXPECT_FALSE(egress.set_enabled({"s", "a"}, false));
    EXPECT_FALSE(egress.remove({"s", "b"}));
    auto const stored = load();
    for (auto const* const now : {&std::as_const(egress), &stored}) {
        auto const shown = now->list("s");
        ASSERT_EQ(shown.size(), 2U);
        EXPECT_TRUE(shown[0].enabled);
        EXPECT_EQ(now->url({"s", "b"}), "rtmp://h/b/k");
    }
    // Once there is room again, it can be done.
    std::filesystem::remove(folder / "store.json.new");
    EXPECT_TRUE(egress.remove({"s", "b"}));
    EXPECT_EQ(egress.list("s").size(), 1U);
}

}  // namespace
}  // namespace tidegate::orchestrator
