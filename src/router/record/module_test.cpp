// The module with a real path, publisher, disk and hooks: what is in the files, what the hooks and
// the log are told, and what a change of the configuration or an error does.
#include "router/record/module.hpp"

#include <gmock/gmock.h>

#include <boost/asio/co_spawn.hpp>
#include <filesystem>
#include <fstream>
#include <optional>
#include <set>
#include <sstream>

#include "mp4/test_bytes.hpp"
#include "router/session/test_services.hpp"
#include "router/session/test_session.hpp"

namespace tidegate::router {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::StartsWith;

std::string content_of(fs::path const& file) {
    std::ostringstream text;
    text << std::ifstream(file, std::ios::binary).rdbuf();
    return text.str();
}

struct RecordModuleTest : SessionTest {
    fs::path folder;
    std::optional<RecordModule> module;
    std::optional<Publication> publication;
    std::chrono::milliseconds at{0};  // of the next picture
    int pictures = 0;

    void SetUp() override {
        char name[] = "/tmp/tidegate-record-XXXXXX";
        folder = ::mkdtemp(name);
    }
    void TearDown() override {
        publication.reset();
        if (module) stop();
        module.reset();
        SessionTest::TearDown();
        fs::permissions(folder, fs::perms::owner_all);
        fs::remove_all(folder);
    }
    std::string settings(std::string const& more) const {
        return "pathDefaults:\n  recordPath: " + folder.string() +
               "/%path/%s-%f\n  recordPartDuration: 200ms\n" + more + "paths: {all_others: {}}\n";
    }
    void start(std::string const& more = "  record: yes\n") {
        configure_all(settings(more));
        module.emplace(services_);
        ASSERT_TRUE(module->start(*config_.get()));
    }
    void run(asio::awaitable<void> task) {
        bool done = false;
        asio::co_spawn(io_, std::move(task), [&](std::exception_ptr) { done = true; });
        EXPECT_TRUE(run_until([&] { return done; }));
    }
    void reconfigure(std::string const& more) {
        configure_all(settings(more));
        run(module->configure(*config_.get()));
    }
    void stop() { run(module->stop()); }

    void publish_path(std::string const& path) {
        publication.emplace(begin(path));
        pictures = 0;
        run_until([] { return false; }, 5ms);  // the module has seen it
    }
    // Pictures of 25 a second with a key frame each second, as fast as they are taken.
    void play(int count) {
        for (int i = 0; i < count; ++i, at += 40ms) {
            publication->publish(unit(0, at, std::uint8_t(pictures), pictures % 25 == 0));
            publication->publish(unit(1, at, std::uint8_t(pictures)));
            ++pictures;
        }
        run_until([] { return false; }, 5ms);
    }
    std::set<fs::path> files() const {
        std::set<fs::path> found;
        for (auto const& entry : fs::recursive_directory_iterator(folder)) {
            if (entry.is_regular_file()) found.insert(entry.path());
        }
        return found;
    }
    // What the Control API lists.
    std::string api() {
        for (auto const& endpoint : module->endpoints()) {
            if (endpoint.pattern == "/v3/recorders/list") return endpoint.handle({}).value();
        }
        return "no such endpoint";
    }
    static std::size_t samples(fs::path const& file) {
        auto const text = content_of(file);
        auto const read = mp4::test::read_file(base::as_bytes(text));
        EXPECT_EQ(read.error, "") << file;
        return read.samples.size();
    }
};

TEST_F(RecordModuleTest, RecordsWhatIsPublishedToTheEnd) {
    auto const lines = logged([&] {
        start("  record: yes\n  runOnRecordSegmentCreate: sh -c 'env > " + folder.string() +
              "/create'\n  runOnRecordSegmentComplete: sh -c 'env > " + folder.string() +
              "/complete'\n");
        publish_path("live/a");
        play(50);
        EXPECT_TRUE(run_until([&] { return api().contains("\"state\":\"recording\""); }));
        publication.reset();
        EXPECT_TRUE(run_until([&] { return fs::exists(folder / "complete"); }));
        EXPECT_TRUE(run_until([&] { return hooks_.running() == 0; }));
    });
    EXPECT_THAT(lines,
                Contains("[path live/a] [recorder] recording 2 tracks (H264, MPEG-4 Audio)"));
    EXPECT_THAT(lines, Contains("[path live/a] [recorder] recording stopped"));
    EXPECT_THAT(lines, Contains("[path live/a] runOnRecordSegmentCreate command launched"));
    EXPECT_THAT(lines, Contains("[path live/a] runOnRecordSegmentComplete command launched"));
    EXPECT_THAT(api(), HasSubstr("\"itemCount\":0"));
    fs::path file;
    for (auto const& each : files()) {
        if (each.extension() == ".mp4") file = each;
    }
    EXPECT_EQ(samples(file), 100U);
    EXPECT_THAT(
        content_of(folder / "create"),
        AllOf(HasSubstr("MTX_SEGMENT_PATH=" + file.string() + "\n"), HasSubstr("MTX_PATH=live/a\n"),
              HasSubstr("RTSP_PORT=8554\n"), testing::Not(HasSubstr("MTX_SEGMENT_DURATION"))));
    EXPECT_THAT(content_of(folder / "complete"),
                AllOf(HasSubstr("MTX_SEGMENT_PATH=" + file.string() + "\n"),
                      HasSubstr("MTX_SEGMENT_DURATION=2\n")));
}

TEST_F(RecordModuleTest, FollowsTheConfigurationWhileTheStreamGoesOn) {
    start("  record: no\n");
    publish_path("a");
    play(25);
    EXPECT_TRUE(files().empty());
    reconfigure("  record: yes\n");
    play(25);
    EXPECT_TRUE(run_until([&] { return files().size() == 1; }));
    reconfigure("  record: yes\n  recordFormat: mpegts\n");
    play(25);
    EXPECT_TRUE(run_until([&] { return files().size() == 2; }));
    reconfigure("  record: no\n");
    EXPECT_THAT(api(), HasSubstr("\"itemCount\":0"));
    play(25);
    stop();
    EXPECT_EQ(files().size(), 2U);
    EXPECT_TRUE(closed_.empty()) << "the publisher stays";
}

TEST_F(RecordModuleTest, APublisherThatComesBackGetsAFileOfItsOwn) {
    start();
    publish_path("a");
    play(25);
    publish_path("a");
    play(25);
    publication.reset();
    EXPECT_TRUE(run_until([&] { return api().contains("\"itemCount\":0"); }));
    stop();
    ASSERT_EQ(files().size(), 2U);
    for (auto const& file : files()) EXPECT_EQ(samples(file), 50U);
}

TEST_F(RecordModuleTest, TheFirstUnitsAreRecordedHoweverSoonTheyCome) {
    start();
    publication.emplace(begin("a"));
    play(30);  // all of them before the loop has turned once
    stop();
    ASSERT_EQ(files().size(), 1U);
    EXPECT_EQ(samples(*files().begin()), 60U);
}

TEST_F(RecordModuleTest, TheEndOfTheRouterFinishesTheFiles) {
    start();
    publish_path("a");
    play(30);
    stop();
    ASSERT_EQ(files().size(), 1U);
    EXPECT_EQ(samples(*files().begin()), 60U);
}

TEST_F(RecordModuleTest, AnErrorOfTheDiskIsToldOnceAndRecordingGoesOnByItself) {
    std::ofstream(folder / "a") << "in the way";
    auto const lines = logged([&] {
        start();
        publish_path("a");
        play(25);
        EXPECT_TRUE(run_until([&] { return api().contains("\"state\":\"failing\""); }));
        EXPECT_THAT(api(), HasSubstr("not a directory"));
        fs::remove(folder / "a");
        // After two seconds it tries again, and waits for a key frame.
        EXPECT_TRUE(run_until([&] {
            play(5);
            return api().contains("\"state\":\"recording\"");
        }));
        stop();
    });
    EXPECT_THAT(lines, Contains(AllOf(StartsWith("[path a] [recorder] open "),
                                      HasSubstr("not a directory (the stream goes on")))
                           .Times(1));
    EXPECT_EQ(files().size(), 1U);
}

TEST_F(RecordModuleTest, AStreamWithoutSupportedTracksIsSkipped) {
    auto const lines = logged([&] {
        start();
        auto begun =
            Publication::begin(paths_, "a", match("a"), publisher("P"), {{media::PcmaConfig{}}});
        ASSERT_TRUE(begun);
        publication.emplace(std::move(*begun));
        EXPECT_TRUE(run_until([&] { return api().contains("\"state\":\"unsupported\""); }));
    });
    EXPECT_THAT(lines,
                Contains("[path a] [recorder] no supported tracks found, skipping recording"));
}

TEST_F(RecordModuleTest, EndsWithoutStop) {
    start();
    publish_path("a");
    play(25);
    module->close_sessions();
    run_until([] { return false; }, 20ms);
    EXPECT_THAT(api(), HasSubstr("\"itemCount\":0"));
}

}  // namespace
}  // namespace tidegate::router
