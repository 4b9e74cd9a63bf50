// Switches of destinations, and what is kept of them. tests/integration/test_forwarding.py has the
// rest.
#include "orchestrator/io/router/egress.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

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

}  // namespace
}  // namespace tidegate::orchestrator
