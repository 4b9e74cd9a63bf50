#include "base/file_problem.hpp"

#include <gtest/gtest.h>

#include <cerrno>

namespace tidegate::base {
namespace {

TEST(FileProblemTest, IsOneSentence) {
    EXPECT_EQ(file_problem("open", "/x", EACCES), "open /x: permission denied");
    EXPECT_EQ(file_problem("write", "a b", ENOSPC), "write a b: no space left on device");
}

}  // namespace
}  // namespace tidegate::base
