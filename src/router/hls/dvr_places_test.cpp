#include "router/hls/dvr_places.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace tidegate::router {
namespace {

TEST(DvrPlaces, AnAddressHasItsShare) {
    DvrPlaces places;
    std::vector<std::shared_ptr<DvrPlaces::Place>> taken;
    for (std::size_t i = 0; i < kMaxDvrRequestsOfAddress; ++i) taken.push_back(places.take("a"));
    EXPECT_EQ(places.take("a"), nullptr);
    EXPECT_NE(places.take("b"), nullptr);
    taken.pop_back();
    EXPECT_NE(places.take("a"), nullptr);
}

TEST(DvrPlaces, AllTogetherHaveALimit) {
    DvrPlaces places;
    std::vector<std::shared_ptr<DvrPlaces::Place>> taken;
    for (std::size_t i = 0; i < kMaxDvrRequests; ++i) {
        taken.push_back(places.take(std::to_string(i)));
        ASSERT_NE(taken.back(), nullptr);
    }
    EXPECT_EQ(places.take("another"), nullptr);
    taken.clear();
    EXPECT_NE(places.take("another"), nullptr);
}

TEST(DvrPlaces, MemoryIsHeldUntilThePlaceGoes) {
    DvrPlaces places;
    auto first = places.take("a");
    auto const second = places.take("b");
    EXPECT_TRUE(first->hold(kMaxDvrBytes - 10));
    EXPECT_FALSE(second->hold(11));
    EXPECT_TRUE(second->hold(10));
    first.reset();
    EXPECT_TRUE(second->hold(kMaxDvrBytes - 10));
}

}  // namespace
}  // namespace tidegate::router
