#include "base/control_group.hpp"

#include <gtest/gtest.h>
#include <sched.h>

#include <thread>

namespace tidegate::base {
namespace {

TEST(ControlGroup, CpuTimeIsWorthProcessors) {
    EXPECT_EQ(detail::processors_of("100000 100000"), 1U);
    EXPECT_EQ(detail::processors_of("150000 100000"), 2U);
    EXPECT_EQ(detail::processors_of("400000 100000\n"), 4U);
    EXPECT_EQ(detail::processors_of("10000 100000"), 1U);
    EXPECT_EQ(detail::processors_of("18446744073709551615 1"), 4294967295U);
}

TEST(ControlGroup, NoLimitOfCpuTime) {
    for (auto const* text : {"max 100000", "", "100000", "100000 0", "100000 x", "-1 100000",
                             "99999999999999999999 1"}) {
        EXPECT_EQ(detail::processors_of(text), std::nullopt) << text;
    }
}

// taskset, Docker's --cpuset-cpus and Kubernetes' static CPU manager set the affinity.
TEST(ControlGroup, AThreadOfOneProcessorHasOneToUse) {
    unsigned found = 0;
    std::thread([&found] {
        cpu_set_t allowed;
        ASSERT_EQ(::sched_getaffinity(0, sizeof allowed, &allowed), 0);
        int first = 0;
        while (!CPU_ISSET(first, &allowed)) ++first;
        cpu_set_t one;
        CPU_ZERO(&one);
        CPU_SET(first, &one);
        ASSERT_EQ(::sched_setaffinity(0, sizeof one, &one), 0);
        found = usable_processors();
    }).join();
    EXPECT_EQ(found, 1U);
    EXPECT_GE(usable_processors(), 1U);
}

}  // namespace
}  // namespace tidegate::base
