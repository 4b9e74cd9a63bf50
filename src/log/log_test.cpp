#include "log/log.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
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

std::string content(std::filesystem::path const& file) {
    std::ostringstream text;
    text << std::ifstream(file).rdbuf();
    return text.str();
}

void wait_for_file(std::filesystem::path const& file, std::string_view text) {
    for (int i = 0; i < 1000 && !content(file).contains(text); ++i) ::usleep(10'000);
}

std::size_t entries(char const* folder) {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder), {}));
}

TEST(Log, ParsesTheNamesOfTheConfiguration) {
    EXPECT_EQ(parse_level("debug"), Level::debug);
    EXPECT_EQ(parse_level("error"), Level::error);
    EXPECT_EQ(parse_level("Info"), std::nullopt);
    EXPECT_EQ(parse_format("json"), Format::json);
    EXPECT_EQ(parse_format("text"), Format::text);
    EXPECT_EQ(parse_format(""), std::nullopt);
}

class LogFile : public testing::Test {
protected:
    void SetUp() override {
        auto form = (std::filesystem::temp_directory_path() / "log-XXXXXX").string();
        folder = ::mkdtemp(form.data());
        file = folder / "router.log";
    }
    void TearDown() override {
        EXPECT_TRUE(start({.to_stdout = false}));
        std::filesystem::remove_all(folder);
    }
    static Settings to(std::filesystem::path const& where) {
        return {.format = Format::mediamtx, .to_stdout = false, .file = where.string()};
    }
    std::filesystem::path folder, file;
};

TEST_F(LogFile, IsOpenedAnewAfterItWasMovedAway) {
    ASSERT_TRUE(start({.to_stdout = false}));
    EXPECT_FALSE(reopen().value()) << "there is none";
    ASSERT_TRUE(start(to(file)));
    write(Level::error, "e", "one");
    auto const moved = folder / "router.log.1";
    std::filesystem::rename(file, moved);
    write(Level::error, "e", "two");
    EXPECT_TRUE(reopen().value());
    write(Level::error, "e", "three");
    wait_for_file(file, "three");
    EXPECT_TRUE(content(moved).contains(" ERR one\n"));
    EXPECT_TRUE(content(moved).ends_with(" ERR two\n"));
    EXPECT_TRUE(content(file).ends_with(" ERR three\n"));
    EXPECT_EQ(content(file).find('\n'), content(file).size() - 1);
}

TEST_F(LogFile, WhichCannotBeOpenedAnewStays) {
    auto const inner = folder / "inner";
    std::filesystem::create_directory(inner);
    ASSERT_TRUE(start(to(inner / "x.log")));
    std::filesystem::rename(inner, folder / "moved");
    EXPECT_EQ(reopen().error(),
              "open " + (inner / "x.log").string() + ": no such file or directory");
    write(Level::error, "e", "still there");
    wait_for_file(folder / "moved/x.log", "still there");
    EXPECT_TRUE(content(folder / "moved/x.log").ends_with(" ERR still there\n"));
}

TEST_F(LogFile, IsEmptiedByCopytruncateWithoutAHole) {
    ASSERT_TRUE(start(to(file)));
    write(Level::error, "e", "one");
    wait_for_file(file, "one");
    std::filesystem::resize_file(file, 0);
    write(Level::error, "e", "two");
    wait_for_file(file, "two");
    EXPECT_FALSE(content(file).contains('\0'));
}

TEST_F(LogFile, ChangesAndRotationsLeaveNothingOpen) {
    ASSERT_TRUE(start(to(file)));
    auto const open_before = entries("/proc/self/fd");
    auto const threads_before = entries("/proc/self/task");
    for (int i = 0; i < 20; ++i) {
        ASSERT_TRUE(start(to(folder / std::to_string(i))));
        ASSERT_TRUE(reopen().value());
    }
    for (int i = 0; i < 1000 && entries("/proc/self/fd") != open_before; ++i) ::usleep(10'000);
    EXPECT_EQ(entries("/proc/self/fd"), open_before);
    EXPECT_EQ(entries("/proc/self/task"), threads_before);
}

TEST_F(LogFile, AsAPipeThatNobodyReadsIsRefusedInsteadOfWaitedFor) {
    ASSERT_EQ(::mkfifo(file.c_str(), 0600), 0);
    EXPECT_FALSE(start(to(file)));
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
    wait_for_file(path, "still there");
    EXPECT_TRUE(content(path).contains(" ERR to the file alone\n"));
    EXPECT_TRUE(content(path).ends_with(" ERR still there\n"));
    EXPECT_FALSE(content(path).contains("again"));

    std::filesystem::remove(path);

    stop();
    write(Level::error, "e", "after the end");
    EXPECT_TRUE(out.line().ends_with(" ERR after the end\n"));
}

}  // namespace
}  // namespace tidegate::log
