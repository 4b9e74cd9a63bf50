// Real files on a real disk, with real errors: limits of file sizes, folders that cannot be
// written, names that are taken, a pipe that nobody reads.
#include "recording/disk.hpp"

#include <gmock/gmock.h>
#include <sys/resource.h>
#include <unistd.h>

#include <fstream>
#include <future>
#include <mutex>
#include <sstream>
#include <thread>

namespace tidegate::recording {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr WallTime kFirst = 1'787'040'001s;

struct TestFolder {
    TestFolder() {
        char name[] = "/tmp/tidegate-disk-XXXXXX";
        path = ::mkdtemp(name);
    }
    ~TestFolder() { fs::remove_all(path); }
    fs::path path;
};

std::string text_of(fs::path const& file) {
    std::ostringstream text;
    text << std::ifstream(file, std::ios::binary).rdbuf();
    return text.str();
}

Piece piece(std::string_view text, std::optional<WallTime> begins = {}, bool ends = false) {
    Piece made{.begins = begins, .reached = 1500ms, .ends = ends, .units = 1};
    if (!text.empty()) made.bytes.add(base::SharedBytes::copy_of(base::as_bytes(text)));
    return made;
}

struct DiskTest : testing::Test {
    std::shared_ptr<Sink> sink(std::string const& record_path = "%path/%s",
                               Format format = Format::mpegts) {
        auto const full = folder.path.string() + "/" + record_path;
        auto names = *PathTemplate::parse(full, extension_of(format));
        SinkEvents events{
            .created = [this](fs::path const& file) { note("created " + relative(file)); },
            .completed =
                [this](fs::path const& file, base::Timestamp duration) {
                    note("completed " + relative(file) + " " + std::to_string(duration / 1ms));
                },
            .failed = [this](std::string const& why) { note("failed: " + why); }};
        return std::make_shared<Sink>(SinkSettings{std::move(names), format, "live/a"},
                                      std::move(events), counters);
    }
    std::string relative(fs::path const& file) const {
        return file.lexically_relative(folder.path).string();
    }
    void note(std::string line) {
        std::lock_guard const lock(mutex);
        lines.push_back(std::move(line));
    }
    std::vector<std::string> told() {
        std::lock_guard const lock(mutex);
        return lines;
    }
    void wait_until_idle(Disk const& disk) const {
        auto const end = std::chrono::steady_clock::now() + 20s;
        while (!disk.idle() && std::chrono::steady_clock::now() < end) {
            std::this_thread::sleep_for(1ms);
        }
        EXPECT_TRUE(disk.idle());
    }

    TestFolder folder;
    std::shared_ptr<WriteCounters> counters = std::make_shared<WriteCounters>();
    std::mutex mutex;
    std::vector<std::string> lines;  // guarded by mutex
};

TEST_F(DiskTest, WritesFilesOneAfterTheOther) {
    Disk disk;
    auto const to = sink();
    EXPECT_TRUE(disk.submit(to, piece("one ", kFirst)));
    EXPECT_TRUE(disk.submit(to, piece("two", {}, true)));
    EXPECT_TRUE(disk.submit(to, piece("three", kFirst + 2s)));
    EXPECT_TRUE(disk.submit(to, piece("", {}, true)));
    wait_until_idle(disk);
    EXPECT_EQ(text_of(folder.path / "live/a/1787040001.ts"), "one two");
    EXPECT_EQ(text_of(folder.path / "live/a/1787040003.ts"), "three");
    EXPECT_THAT(told(), testing::UnorderedElementsAre(
                            "created live/a/1787040001.ts", "completed live/a/1787040001.ts 1500",
                            "created live/a/1787040003.ts", "completed live/a/1787040003.ts 1500"));
    EXPECT_EQ(counters->bytes, 12U);
    EXPECT_EQ(counters->segments, 2U);
    EXPECT_EQ(counters->waiting, 0U);
    EXPECT_EQ(counters->lost_units, 0U);
}

TEST_F(DiskTest, AFileOfMp4GetsItsDurationAtTheEnd) {
    Disk disk;
    auto const to = sink("%path/%s", Format::fmp4);
    disk.submit(to, piece(std::string(100, 'x'), kFirst, true));
    wait_until_idle(disk);
    auto const text = text_of(folder.path / "live/a/1787040001.mp4");
    EXPECT_EQ(text.substr(64, 4), std::string({0, 0, 0x05, '\xdc'}));
    EXPECT_EQ(text.size(), 100U);
}

TEST_F(DiskTest, NeverWritesOverAnotherFile) {
    fs::create_directories(folder.path / "live/a");
    std::ofstream(folder.path / "live/a/1787040001.ts") << "old";
    Disk disk;
    disk.submit(sink(), piece("new", kFirst, true));
    wait_until_idle(disk);
    EXPECT_EQ(text_of(folder.path / "live/a/1787040001.ts"), "old");
    EXPECT_EQ(text_of(folder.path / "live/a/1787040002.ts"), "new");
}

TEST_F(DiskTest, AFolderThatCannotBeMadeIsAnErrorAndTheRestIsLost) {
    std::ofstream(folder.path / "live") << "a file";
    Disk disk;
    auto const to = sink();
    disk.submit(to, piece("one", kFirst));
    disk.submit(to, piece("two"));
    disk.submit(to, piece("", {}, true));
    wait_until_idle(disk);
    EXPECT_THAT(told(), ElementsAre("failed: open " + folder.path.string() +
                                    "/live/a/1787040001.ts: not a directory"));
    EXPECT_TRUE(to->broken());
    EXPECT_EQ(counters->errors, 1U);
    EXPECT_EQ(counters->lost_units, 3U);
    EXPECT_EQ(counters->lost_bytes, 6U);
}

// The limit stands for a full disk: the write is partial first, then it fails.
TEST_F(DiskTest, WhatIsWrittenHalfIsCutOffAndTheFileIsFinished) {
    rlimit old{};
    ::getrlimit(RLIMIT_FSIZE, &old);
    rlimit const low{10, old.rlim_max};
    Disk disk;
    auto const to = sink();
    ::setrlimit(RLIMIT_FSIZE, &low);
    disk.submit(to, piece("12345678", kFirst));
    disk.submit(to, piece("abcdefgh"));
    wait_until_idle(disk);
    auto const next = sink();
    disk.submit(next, piece("0123456789ab", kFirst + 1s));
    wait_until_idle(disk);
    ::setrlimit(RLIMIT_FSIZE, &old);
    EXPECT_EQ(text_of(folder.path / "live/a/1787040001.ts"), "12345678");
    EXPECT_FALSE(fs::exists(folder.path / "live/a/1787040002.ts")) << "nothing whole is in it";
    auto const lines_now = told();
    ASSERT_EQ(lines_now.size(), 4U);
    EXPECT_EQ(lines_now[0], "created live/a/1787040001.ts");
    EXPECT_THAT(lines_now, testing::Contains("completed live/a/1787040001.ts 1500"));
    EXPECT_THAT(lines_now, testing::Contains(HasSubstr("1787040001.ts: file too large")));
    EXPECT_THAT(lines_now, testing::Contains(HasSubstr("1787040002.ts: file too large")));
}

TEST_F(DiskTest, AFileThatSomebodyRemovesIsAnError) {
    Disk disk;
    auto const to = sink();
    disk.submit(to, piece("one", kFirst));
    wait_until_idle(disk);
    fs::remove_all(folder.path / "live");
    disk.submit(to, piece("two"));
    wait_until_idle(disk);
    EXPECT_THAT(told(), ElementsAre("created live/a/1787040001.ts",
                                    "failed: write " + folder.path.string() +
                                        "/live/a/1787040001.ts: no such file or directory"));
    auto const next = sink();
    disk.submit(next, piece("three", kFirst + 1s, true));
    wait_until_idle(disk);
    EXPECT_EQ(text_of(folder.path / "live/a/1787040002.ts"), "three") << "the folder is made again";
}

TEST_F(DiskTest, AQueueThatIsFullRefusesAndNobodyWaits) {
    // The thread of the disk waits in an event, as it would in a write to a disk that hangs.
    std::promise<void> goes_on;
    std::promise<void> hangs;
    SinkEvents events{.created =
                          [&](fs::path const&) {
                              hangs.set_value();
                              goes_on.get_future().wait();
                          },
                      .completed = {},
                      .failed = {}};
    auto names = *PathTemplate::parse(folder.path.string() + "/%path/%s", ".ts");
    auto const to = std::make_shared<Sink>(SinkSettings{std::move(names), Format::mpegts, "b"},
                                           std::move(events), counters);
    Disk disk({.waiting = 100, .waiting_of_one = 10});
    ASSERT_TRUE(disk.submit(to, piece("0123", kFirst)));
    hangs.get_future().wait();
    EXPECT_TRUE(disk.submit(to, piece("456")));
    auto refused = piece("789a");
    EXPECT_FALSE(disk.submit(to, std::move(refused)));
    EXPECT_EQ(refused.bytes.size, 4U) << "it is not taken";
    EXPECT_TRUE(disk.submit(to, piece("", {}, true))) << "the file is closed in any case";
    EXPECT_EQ(counters->waiting, 7U);
    goes_on.set_value();
    wait_until_idle(disk);
    EXPECT_EQ(counters->waiting, 0U);
    EXPECT_EQ(text_of(folder.path / "b/1787040001.ts"), "0123456");
}

TEST_F(DiskTest, TheFirstPieceMayBeLargerThanTheQueue) {
    Disk disk({.waiting = 2, .waiting_of_one = 2});
    EXPECT_TRUE(disk.submit(sink(), piece("longer", kFirst, true)));
    wait_until_idle(disk);
    EXPECT_EQ(text_of(folder.path / "live/a/1787040001.ts"), "longer");
}

TEST_F(DiskTest, NobodyIsToldAfterItsEnd) {
    {
        Disk disk;
        disk.submit(sink(), piece("one", kFirst));
        wait_until_idle(disk);
        lines.clear();
        disk.submit(sink("%path/x%s"), piece("two", kFirst, true));
    }
    auto const end = std::chrono::steady_clock::now() + 20s;
    auto const file = folder.path / "live/a/x1787040001.ts";
    while (!fs::exists(file) && std::chrono::steady_clock::now() < end) {
        std::this_thread::sleep_for(1ms);
    }
    EXPECT_TRUE(fs::exists(file)) << "what waits is still written";
    std::lock_guard const lock(mutex);
    for (auto const& line : lines) EXPECT_THAT(line, HasSubstr("x1787040001"));
}

}  // namespace
}  // namespace tidegate::recording
