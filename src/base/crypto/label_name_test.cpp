#include "base/crypto/label_name.hpp"

#include <gtest/gtest.h>

#include <regex>
#include <set>

namespace tidegate::base {
namespace {

bool is_dns_label(std::string const& text) {
    static std::regex const kLabel("[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?");  // RFC 1123
    return std::regex_match(text, kLabel);
}

// Pods and Leases of running clusters have these names: they may never change.
TEST(LabelName, IsTheSameForEver) {
    EXPECT_EQ(label_name("worker-", "demo"), "worker-demo-2a97516c354b68848cdbd8f54a226a0a");
    EXPECT_EQ(label_name("worker-", "Demo_1"), "worker-demo-1-de559182ebd326bd1870e9d61464518a");
}

TEST(LabelName, IsALabelWhateverTheStreamIsCalled) {
    for (auto const& name :
         {std::string("a"), std::string("_"), std::string("---"), std::string(128, 'A'),
          std::string(128, '_'), std::string("x-"), std::string("Ends_with_a_dash-")}) {
        auto const label = label_name("worker-", name);
        EXPECT_TRUE(is_dns_label(label)) << label;
    }
    EXPECT_EQ(label_name("prefix-ab-", std::string(128, 'x')).size(), 63U);
}

TEST(LabelName, KeepsNamesApartThatLookAlike) {
    std::set<std::string> labels;
    std::string const same(128, 'x');
    for (auto const& name : {std::string("a-b"), std::string("a_b"), std::string("A-b"),
                             std::string("a-B"), same, same.substr(1), same.substr(1) + "X"}) {
        labels.insert(label_name("worker-", name));
    }
    EXPECT_EQ(labels.size(), 7U);
}

}  // namespace
}  // namespace tidegate::base
