#include "base/read_file.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace tidegate::base {
namespace {

class ReadFile : public testing::Test {
protected:
    void SetUp() override { std::filesystem::create_directory(folder_); }
    void TearDown() override { std::filesystem::remove_all(folder_); }
    std::string write(std::string const& text) const {
        std::ofstream(folder_ / "file", std::ios::binary) << text;
        return (folder_ / "file").string();
    }
    std::filesystem::path const folder_ =
        std::filesystem::temp_directory_path() / ("tidegate-read-file-" + std::to_string(getpid()));
};

TEST_F(ReadFile, GivesAllBytesUpToTheLimit) {
    for (std::size_t const size : {0U, 1U, 16'384U, 16'385U, 50'000U}) {
        std::string const text(size, '\0');
        EXPECT_EQ(read_file(write(text), size), text);
        EXPECT_EQ(read_file(write(text), size + 1), text);
    }
}

TEST_F(ReadFile, SaysWhyNot) {
    auto const file = write("12345");
    EXPECT_EQ(read_file(file, 4).error(), file + ": larger than 4 bytes");
    auto const none = (folder_ / "none").string();
    EXPECT_EQ(read_file(none, 9).error(), "open " + none + ": no such file or directory");
    EXPECT_EQ(read_file(folder_.string(), 9).error(),
              "read " + folder_.string() + ": is a directory");
}

}  // namespace
}  // namespace tidegate::base
