#include "log/log.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace tidegate::log {
namespace {

// Takes the place of descriptor 1 while it lives.
class CapturedStdout {
public:
    CapturedStdout() {
        EXPECT_EQ(::pipe2(ends_.data(), O_CLOEXEC), 0);
        saved_ = ::dup(STDOUT_FILENO);
        ::dup2(ends_[1], STDOUT_FILENO);
    }
    ~CapturedStdout() {
        ::dup2(saved_, STDOUT_FILENO);
        for (int const fd : {ends_[0], ends_[1], saved_}) ::close(fd);
    }
    CapturedStdout(CapturedStdout const&) = delete;
    CapturedStdout& operator=(CapturedStdout const&) = delete;

    std::string line() const {
        std::string text;
        char c = 0;
        while (text.empty() || text.back() != '\n') {
            if (::read(ends_[0], &c, 1) != 1) break;
            text += c;
        }
        return text;
    }

private:
    std::array<int, 2> ends_{};
    int saved_ = -1;
};

TEST(Log, ParsesTheNamesOfTheConfiguration) {
    EXPECT_EQ(parse_level("debug"), Level::debug);
    EXPECT_EQ(parse_level("error"), Level::error);
    EXPECT_EQ(parse_level("Info"), std::nullopt);
    EXPECT_EQ(parse_format("json"), Format::json);
    EXPECT_EQ(parse_format("text"), Format::text);
    EXPECT_EQ(parse_format(""), std::nullopt);
}

TEST(Log, LevelsBelowTheSetOneAreLeftOutAndStartReplacesTheSettings) {
    CapturedStdout const out;
    ASSERT_TRUE(start({.level = Level::warn, .format = Format::json, .component = "one"}));
    EXPECT_FALSE(enabled(Level::info));
    write(Level::info, "not.seen", "no");
    write(Level::warn, "seen", "yes", {{"k", "v"}});
    auto const first = out.line();
    EXPECT_NE(first.find(R"("component":"one","event":"seen","msg":"yes","k":"v"})"),
              std::string::npos);

    ASSERT_TRUE(start({.level = Level::debug, .format = Format::mediamtx, .component = "two"}));
    EXPECT_TRUE(enabled(Level::debug));
    write(Level::debug, "e", "plain");
    EXPECT_TRUE(out.line().ends_with(" DEB plain\n"));

    auto const path =
        std::filesystem::temp_directory_path() / ("tidegate-log-" + std::to_string(::getpid()));
    ASSERT_TRUE(start({.format = Format::mediamtx, .to_stdout = false, .file = path.string()}));
    write(Level::error, "e", "to the file alone");
    auto const refused = start({.file = "/nowhere/at/all"});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error(), "open /nowhere/at/all: no such file or directory");
    write(Level::error, "e", "still there");
    ASSERT_TRUE(start({.level = Level::debug, .format = Format::mediamtx}));
    write(Level::error, "e", "to stdout again");
    EXPECT_TRUE(out.line().ends_with(" ERR to stdout again\n"));
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    EXPECT_TRUE(text.str().contains(" ERR to the file alone\n"));
    EXPECT_TRUE(text.str().ends_with(" ERR still there\n"));
    EXPECT_FALSE(text.str().contains("again"));
    std::filesystem::remove(path);

    stop();
    write(Level::error, "e", "after the end");
    EXPECT_TRUE(out.line().ends_with(" ERR after the end\n"));
}

}  // namespace
}  // namespace tidegate::log
