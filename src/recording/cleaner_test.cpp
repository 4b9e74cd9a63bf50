#include "recording/cleaner.hpp"

#include <gmock/gmock.h>
#include <stdlib.h>

#include <fstream>
#include <set>

namespace tidegate::recording {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

struct CleanerTest : testing::Test {
    CleanerTest() {
        char name[] = "/tmp/tidegate-cleaner-XXXXXX";
        root = ::mkdtemp(name);
        fs::create_directories(root / "rec");
    }
    ~CleanerTest() override { fs::remove_all(root); }

    fs::path make(std::string const& name) const {
        auto const file = root / name;
        fs::create_directories(file.parent_path());
        std::ofstream(file) << "x";
        return file;
    }
    // What is left, relative to the root; folders with a slash.
    std::set<std::string> left() const {
        std::set<std::string> names;
        for (auto const& entry : fs::recursive_directory_iterator(root)) {
            auto name = entry.path().lexically_relative(root).string();
            if (!entry.is_symlink() && entry.is_directory()) name += "/";
            names.insert(name);
        }
        return names;
    }
    CleaningRules rules() const {
        return {.names = *PathTemplate::parse((root / "rec/%path/%s").string(), ".mp4"),
                .keep = [](std::string_view path) -> std::optional<std::chrono::nanoseconds> {
                    if (path == "kept") return std::nullopt;
                    return path == "short" ? 10s : 100s;
                }};
    }

    fs::path root;
    FileTime const now{1'787'041'000s};
};

TEST_F(CleanerTest, RemovesWhatIsTooOldAndTheFoldersThatAreEmptyThen) {
    make("rec/a/b/1787040000.mp4");
    make("rec/a/1787040899.mp4");
    make("rec/a/1787040900.mp4");
    make("rec/short/1787040980.mp4");
    make("rec/kept/1000000000.mp4");
    std::vector<std::string> removed;
    auto with_log = rules();
    with_log.removing = [&](fs::path const& file) { removed.push_back(file.filename()); };
    clean(with_log, now);
    EXPECT_EQ(left(), (std::set<std::string>{"rec/", "rec/a/", "rec/a/1787040900.mp4", "rec/kept/",
                                             "rec/kept/1000000000.mp4"}));
    EXPECT_THAT(removed, testing::UnorderedElementsAre("1787040000.mp4", "1787040899.mp4",
                                                       "1787040980.mp4"));
}

TEST_F(CleanerTest, LeavesWhatIsNoRecording) {
    auto const names = {"rec/a/1000000000.mp4.part", "rec/a/1000000000.ts", "rec/a/notes.txt",
                        "rec/lost+found/x", "other/a/1000000000.mp4"};
    for (auto const* const name : names) make(name);
    fs::create_directories(root / "rec/lost+found/empty+folder");
    auto const before = left();
    clean(rules(), now);
    EXPECT_EQ(left(), before);
}

TEST_F(CleanerTest, FollowsNoLink) {
    make("outside/1000000000.mp4");
    fs::create_directories(root / "rec/b");
    fs::create_directory_symlink(root / "outside", root / "rec/a");
    fs::create_symlink(root / "outside/1000000000.mp4", root / "rec/b/1000000001.mp4");
    clean(rules(), now);
    EXPECT_TRUE(fs::exists(root / "outside/1000000000.mp4"));
    EXPECT_TRUE(fs::is_symlink(root / "rec/b/1000000001.mp4"));
    // The folder itself may be one: an operator has put it onto another disk.
    make("disk/a/1000000000.mp4");
    fs::remove_all(root / "rec");
    fs::create_directory_symlink(root / "disk", root / "rec");
    clean(rules(), now);
    EXPECT_FALSE(fs::exists(root / "disk/a"));
}

TEST_F(CleanerTest, LeavesAFileThatIsWrittenAndEndsWhenItIsAskedTo) {
    auto const open = make("rec/a/1000000000.mp4");
    auto busy = rules();
    busy.in_use = [&](fs::path const& file) { return file == open; };
    clean(busy, now);
    EXPECT_TRUE(fs::exists(open));
    auto stopped = rules();
    stopped.stop = [] { return true; };
    clean(stopped, now);
    EXPECT_TRUE(fs::exists(open));
    clean(rules(), now);
    EXPECT_FALSE(fs::exists(open));
    fs::remove_all(root / "rec");
    clean(rules(), now);  // nothing is there at all
}

}  // namespace
}  // namespace tidegate::recording
