#include "metrics/family.hpp"

#include <gtest/gtest.h>

namespace tidegate::metrics {
namespace {

TEST(Family, HasItsHelpItsTypeAndASeriesForEachSample) {
    EXPECT_EQ(text({{"a_seconds", "A.", FamilyType::gauge, {{{{"x", "1"}}, 0.5}, {{}, -2}}},
                    {"b_total", "B.", FamilyType::counter, {{{{"y", "q\"\\\n"}}, 7}}}}),
              "# HELP a_seconds A.\n"
              "# TYPE a_seconds gauge\n"
              "a_seconds{x=\"1\"} 0.5\n"
              "a_seconds -2\n"
              "# HELP b_total B.\n"
              "# TYPE b_total counter\n"
              "b_total{y=\"q\\\"\\\\\\n\"} 7\n");
}

TEST(Family, WithoutSamplesIsLeftOut) {
    EXPECT_EQ(text({{"a", "A.", FamilyType::gauge, {}}}), "");
    EXPECT_EQ(text({}), "");
}

}  // namespace
}  // namespace tidegate::metrics
