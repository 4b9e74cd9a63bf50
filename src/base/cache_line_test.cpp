#include "base/cache_line.hpp"

#include <gtest/gtest.h>

namespace tidegate::base {
namespace {

// What the sanitizers see: no address is reckoned with as a pointer, and none is read.
TEST(CacheLine, PrefetchTakesAnyAddress) {
    char const one = 0;
    prefetch(&one, kCacheLine * 4);
    char const* const nowhere = nullptr;
    prefetch(nowhere, kCacheLine * 4);
    SUCCEED();
}

}  // namespace
}  // namespace tidegate::base
