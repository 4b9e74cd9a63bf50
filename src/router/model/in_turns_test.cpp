#include "router/model/in_turns.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>

namespace tidegate::router {
namespace {

TEST(InTurns, SeesEveryElementOnceAndInOrder) {
    for (std::size_t const count : {0UL, 1UL, kElementsPerTurn, kElementsPerTurn + 1, 1000UL}) {
        std::set<std::size_t> numbers;
        for (std::size_t i = 0; i < count; ++i) numbers.insert(i);
        std::mutex mutex;
        std::vector<std::size_t> seen;
        visit_in_turns(
            numbers, mutex, [](std::size_t number) { return number; },
            [&](std::size_t number) { seen.push_back(number); });
        EXPECT_EQ(seen, std::vector<std::size_t>(numbers.begin(), numbers.end())) << count;
    }
}

TEST(InTurns, CopiesUnderTheLockAndUsesWithoutIt) {
    std::map<int, std::string> names{{1, "a"}, {2, "b"}};
    std::mutex mutex;
    int used = 0;
    visit_in_turns(
        names, mutex,
        [&](auto const& element) {
            EXPECT_FALSE(mutex.try_lock());
            return element.second;
        },
        [&](std::string const&) {
            ++used;
            ASSERT_TRUE(mutex.try_lock());
            mutex.unlock();
        });
    EXPECT_EQ(used, 2);
}

// Whoever uses an element may change the container: nobody else would be kept from it either.
TEST(InTurns, ElementsMayComeAndGoMeanwhile) {
    std::map<int, int> numbers;
    for (int i = 0; i < 1000; ++i) numbers.emplace(i, i);
    std::mutex mutex;
    std::vector<int> seen;
    visit_in_turns(
        numbers, mutex, [](auto const& element) { return element.first; },
        [&](int number) {
            seen.push_back(number);
            numbers.erase(number);
            numbers.emplace(-number - 1, 0);  // behind the one who looks
        });
    ASSERT_EQ(seen.size(), 1000U);
    EXPECT_TRUE(std::ranges::is_sorted(seen));
}

}  // namespace
}  // namespace tidegate::router
