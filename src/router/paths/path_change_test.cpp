#include "router/paths/path_change.hpp"

#include <gtest/gtest.h>

namespace tidegate::router {
namespace {

using config::mediamtx::PathConfPtr;

PathConfPtr entry(std::string const& keys, std::string const& name = "cam") {
    auto const conf = config::mediamtx::parse("paths:\n  " + name + ": {" + keys + "}\n", {});
    EXPECT_TRUE(conf.has_value()) << conf.error();
    return conf->paths.at(0);
}

TEST(PathChange, TellsWhatAPathSurvives) {
    auto const base = entry("");
    struct Row {
        std::string keys;
        bool same, updatable;
    };
    for (auto const& row :
         {Row{"", true, true}, Row{"overridePublisher: yes", true, true},
          Row{"recordPath: ./x/%path/%s-%f", false, true},
          Row{"recordSegmentDuration: 2h", false, true}, Row{"rpiCameraFPS: 20", false, true},
          Row{"rpiCameraWidth: 640", false, false}, Row{"maxReaders: 3", false, false},
          Row{"runOnAvailable: x", false, false}, Row{"runOnReady: ''", false, false},
          Row{"overridePublisher: no", false, false}}) {
        auto const changed = entry(row.keys);
        EXPECT_EQ(same_path(*base, *changed), row.same) << row.keys;
        EXPECT_EQ(can_be_updated(*base, *changed), row.updatable) << row.keys;
        EXPECT_EQ(can_be_updated(*changed, *base), row.updatable) << row.keys;
        PathChanges changes;
        EXPECT_EQ(changes.can_be_updated(base, changed), row.updatable);
        EXPECT_EQ(changes.can_be_updated(base, changed), row.updatable);
    }
    EXPECT_FALSE(same_path(*base, *entry("", "cam2")));
    EXPECT_TRUE(can_be_updated(*base, *entry("", "cam2")));
}

}  // namespace
}  // namespace tidegate::router
