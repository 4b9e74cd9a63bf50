#include "recording/path_template.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <time.h>

#include <thread>

namespace tidegate::recording {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

// 2026-08-18 08:00:01.000042 UTC
constexpr FileTime kInstant{std::chrono::sys_days{std::chrono::year{2026} / 8 / 18} + 8h + 1s +
                            42us};

// The time zone of the process, until the end of the scope.
struct Zone {
    explicit Zone(char const* name) {
        ::setenv("TZ", name, 1);
        ::tzset();
    }
    ~Zone() {
        ::unsetenv("TZ");
        ::tzset();
    }
};

PathTemplate made(std::string_view record_path, std::string_view extension = ".mp4") {
    auto parsed = PathTemplate::parse(record_path, extension);
    EXPECT_TRUE(parsed) << parsed.error();
    return *parsed;
}

std::string problem(std::string_view record_path) {
    auto const parsed = PathTemplate::parse(record_path, ".mp4");
    return parsed ? "" : parsed.error();
}

constexpr std::string_view kUsual = "/rec/%path/%Y-%m-%d_%H-%M-%S-%f";

TEST(PathTemplate, NamesFilesInLocalTime) {
    Zone const zone("XST-2");  // POSIX counts to the west: this is UTC+2
    EXPECT_EQ(made(kUsual).file("live/a", kInstant), "/rec/live/a/2026-08-18_10-00-01-000042.mp4");
    EXPECT_EQ(made("/rec/%path_%s", ".ts").file("a", kInstant), "/rec/a_1787040001.ts");
    EXPECT_EQ(made("/%Y%m%d/%H%M%S%z/%path").file("a", kInstant), "/20260818/100001+0200/a.mp4");
}

TEST(PathTemplate, ZonesHaveASignOrAreUtc) {
    auto const zoned = made("/%path/%s%z");
    {
        Zone const zone("XST3:30");
        EXPECT_EQ(zoned.file("a", kInstant), "/a/1787040001-0330.mp4");
    }
    Zone const zone("UTC");
    EXPECT_EQ(zoned.file("a", kInstant), "/a/1787040001Z.mp4");
}

TEST(PathTemplate, FindsOutWhatANameStandsFor) {
    Zone const zone("XST-2");
    PathTemplate::Found const whole{"live/a", kInstant};
    PathTemplate::Found const seconds{"live/a", std::chrono::floor<std::chrono::seconds>(kInstant)};
    EXPECT_EQ(made(kUsual).match("/rec/live/a/2026-08-18_10-00-01-000042.mp4"), whole);
    EXPECT_EQ(made("/rec/%path_%s").match("/rec/live/a_1787040001.mp4"), seconds);
    EXPECT_EQ(made("/%Y%m%d/%H%M%S%z/%path").match("/20260818/100001+0200/live/a.mp4"), seconds);
    EXPECT_EQ(made("/%Y%m%d/%H%M%S%z/%path").match("/20260818/080001Z/live/a.mp4"), seconds);
    EXPECT_EQ(made("/%Y%m%d/%H%M%S%z/%path").match("/20260818/043001-0330/live/a.mp4"), seconds);
}

// What Go's time.Date() says, and so MediaMTX.
TEST(PathTemplate, HoursThatAreSkippedOrComeTwiceAreThoseOfGo) {
    Zone const zone("CET-1CEST,M3.5.0,M10.5.0/3");
    auto const names = made("/%path/%Y%m%d%H%M%S%f");
    auto const told = [&](std::string const& time) {
        return names.match("/a/" + time + "00000000.mp4").value().start;
    };
    using std::chrono::sys_days;
    constexpr std::chrono::year year{2026};
    EXPECT_EQ(told("202607011200"), sys_days{year / 7 / 1} + 10h);
    EXPECT_EQ(told("202612011200"), sys_days{year / 12 / 1} + 11h);
    EXPECT_EQ(told("202603290159"), sys_days{year / 3 / 29} + 59min);
    EXPECT_EQ(told("202603290230"), sys_days{year / 3 / 29} + 1h + 30min);  // is skipped
    EXPECT_EQ(told("202603290300"), sys_days{year / 3 / 29} + 1h);
    EXPECT_EQ(told("202610250230"), sys_days{year / 10 / 25} + 1h + 30min);  // comes twice
}

TEST(PathTemplate, WestOfGreenwichTheyAreTheOtherOnesOfGo) {
    Zone const zone("EST5EDT,M3.2.0,M11.1.0");
    auto const names = made("/%path/%Y%m%d%H%M%S%f");
    auto const told = [&](std::string const& time) {
        return names.match("/a/" + time + "00000000.mp4").value().start;
    };
    using std::chrono::sys_days;
    constexpr std::chrono::year year{2026};
    EXPECT_EQ(told("202603080230"), sys_days{year / 3 / 8} + 6h + 30min);   // is skipped
    EXPECT_EQ(told("202611010130"), sys_days{year / 11 / 1} + 5h + 30min);  // comes twice
}

// For ThreadSanitizer: names without a zone are read by the threads for files, and by retention's.
TEST(PathTemplate, AnyThreadMayReadNames) {
    auto const names = made(kUsual);
    auto const read = [&] {
        for (int i = 0; i < 100; ++i) {
            EXPECT_TRUE(names.match("/rec/live/a/2026-08-18_10-00-01-000042.mp4"));
        }
    };
    std::jthread const other(read);
    read();
}

TEST(PathTemplate, FindsEachNameThatItMakes) {
    for (auto const* const name : {"UTC", "XST-2", "XST3:30XDT"}) {
        Zone const zone(name);
        for (auto const* const text :
             {"/rec/%path/%Y-%m-%d_%H-%M-%S-%f", "/r.(c)+/%path_%f_%s", "/%path/%path/%s-%f",
              "/%z%f%Y%m%d%H%M%S%path", "/%%Y%%%path%Y%m%d%H%M%S%f%"}) {
            auto const names = made(text);
            for (auto const* const path : {"a", "live/a/in", "a_1", "2026", "a.mp4/a", "a/a"}) {
                auto const file = names.file(path, kInstant);
                EXPECT_EQ(names.match(file.native()), (PathTemplate::Found{path, kInstant}))
                    << file;
            }
        }
    }
}

TEST(PathTemplate, LeavesOtherFilesAlone) {
    auto const names = made(kUsual);
    for (auto const* const file :
         {"/rec/a/2026-08-18_10-00-01-000042.mp4.part", "/rec/a/2026-08-18_10-00-01-000042.ts",
          "/rec/a/notes.txt", "/rec/a/2026-13-18_10-00-01-000042.mp4",
          "/rec/a/2026-08-18_24-00-01-000042.mp4", "/rec/a/2026-08-18_10-00-01-00004.mp4",
          "/rec/a/2026-08-18_10-00-01--00042.mp4", "/other/a/2026-08-18_10-00-01-000042.mp4",
          "/x/rec/a/2026-08-18_10-00-01-000042.mp4", "/rec/2026-08-18_10-00-01-000042.mp4",
          "/rec//2026-08-18_10-00-01-000042.mp4", "/rec/../a/2026-08-18_10-00-01-000042.mp4",
          "/rec/a b/2026-08-18_10-00-01-000042.mp4", "/rec/a/2026-08-18_10-00-01-000042xmp4", ""}) {
        EXPECT_EQ(names.match(file), std::nullopt) << file;
    }
    EXPECT_EQ(made("/%path/%path/%s").match("/a/b/1787040001.mp4"), std::nullopt);
    EXPECT_EQ(made("/%path/%s%z").match("/a/1787040001+2400.mp4"), std::nullopt);
}

TEST(PathTemplate, TellsTheFolderOfAllFiles) {
    EXPECT_EQ(made(kUsual).folder("live/a"), "/rec/live/a");
    EXPECT_EQ(made(kUsual).folder(), "/rec");
    EXPECT_EQ(made("/rec/x%path-%s").folder("live/a"), "/rec/xlive");
    EXPECT_EQ(made("/rec/%Y/%m/%d/%path_%H%M%S").folder("a"), "/rec");
    EXPECT_EQ(made("/%path/%s").folder(), "/");
    EXPECT_EQ(made("./recordings/%path/%s").folder("a"), fs::current_path() / "recordings/a");
    EXPECT_EQ(made("/rec/../other/./%path/%s").folder(), "/other");
}

TEST(PathTemplate, NeedsAPathAndATime) {
    EXPECT_EQ(problem("/rec/%Y-%m-%d_%H-%M-%S"), "'recordPath' must contain %path");
    constexpr auto kNoTime = "'recordPath' must contain either %s or %Y %m %d %H %M %S";
    EXPECT_EQ(problem("/rec/%path/%Y-%m-%d_%H-%M"), kNoTime);
    EXPECT_EQ(problem("/rec/%path/%f"), kNoTime);
    EXPECT_TRUE(made(kUsual).has_microseconds());
    EXPECT_FALSE(made("/rec/%path/%s").has_microseconds());
}

}  // namespace
}  // namespace tidegate::recording
