#include "net/file_watch.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <fstream>

#include "net/task_group.hpp"

namespace tidegate::net {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

class FileWatch : public testing::Test {
protected:
    boost::asio::io_context io_{1};
    net::TaskGroup tasks_{io_, [](auto const&, auto const& what) { ADD_FAILURE() << what; }};
    fs::path dir_;
    fs::path file_;
    int calls_ = 0;
    std::string problem_;

    void SetUp() override {
        static int count = 0;
        dir_ = fs::temp_directory_path() /
               ("tidegate-watch-" + std::to_string(getpid()) + "-" + std::to_string(++count));
        fs::create_directories(dir_);
        file_ = dir_ / "mediamtx.yml";
    }
    void TearDown() override {
        tasks_.stop();
        EXPECT_TRUE(run_until([&] { return tasks_.size() == 0; }));
        fs::remove_all(dir_);
    }
    static void write(fs::path const& path, std::string const& text) {
        std::ofstream(path) << text;
    }
    void start() {
        tasks_.spawn("watch", watch_file(
                                  file_.string(), [this] { ++calls_; },
                                  [this](auto const& why) { problem_ = why; }));
        run_until([] { return false; }, 20ms);
    }
    bool run_until(std::function<bool()> const& done, std::chrono::milliseconds deadline = 20s) {
        auto const end = std::chrono::steady_clock::now() + deadline;
        while (!done() && std::chrono::steady_clock::now() < end) {
            io_.restart();
            io_.run_for(2ms);
        }
        return done();
    }
    bool called(int times) {
        return run_until([&] { return calls_ >= times; });
    }
    bool quiet() {
        auto const before = calls_;
        return !run_until([&] { return calls_ != before; }, 100ms);
    }
};

TEST_F(FileWatch, TellsOfAFileThatIsWrittenOrReplaced) {
    write(file_, "a: 1");
    start();
    EXPECT_TRUE(quiet());
    write(file_, "a: 2");
    EXPECT_TRUE(called(1));
    write(dir_ / "new", "a: 3");
    fs::rename(dir_ / "new", file_);
    EXPECT_TRUE(called(2));
    EXPECT_TRUE(quiet());
}

TEST_F(FileWatch, TellsOnceOfAFileThatIsWrittenInPieces) {
    write(file_, "a: 1");
    start();
    {
        std::ofstream out(file_);
        out << "a:" << std::flush;
        EXPECT_TRUE(quiet());  // its writer has not finished
        out << " 2";
    }
    EXPECT_TRUE(called(1));
    write(file_, "a: 3");
    write(file_, "a: 4");  // both within a second of the first: told of once, but told of
    EXPECT_TRUE(called(2));
    EXPECT_TRUE(quiet());
}

TEST_F(FileWatch, TellsNothingOfNeighboursAndRemoval) {
    write(file_, "a: 1");
    start();
    write(dir_ / "other.yml", "a: 1");
    fs::create_symlink("other.yml", dir_ / "link.yml");
    EXPECT_TRUE(quiet());
    fs::remove(file_);
    EXPECT_TRUE(quiet());
    write(file_, "a: 2");
    EXPECT_TRUE(called(1));
}

TEST_F(FileWatch, SaysWhyItCannotWatch) {
    file_ = dir_ / "missing" / "mediamtx.yml";
    start();
    EXPECT_TRUE(run_until([&] { return !problem_.empty(); }));
    EXPECT_TRUE(problem_.ends_with(": No such file or directory")) << problem_;
}

// How Kubernetes changes a mounted ConfigMap.
TEST_F(FileWatch, FollowsALinkToAFolderThatIsExchanged) {
    for (auto const* name : {"v1", "v2"}) {
        fs::create_directory(dir_ / name);
        write(dir_ / name / "mediamtx.yml", name);
    }
    fs::create_directory_symlink("v1", dir_ / "data");
    fs::create_symlink("data/mediamtx.yml", file_);
    start();
    fs::create_directory_symlink("v2", dir_ / "data_new");
    EXPECT_TRUE(quiet());
    fs::rename(dir_ / "data_new", dir_ / "data");
    EXPECT_TRUE(called(1));
}

}  // namespace
}  // namespace tidegate::net
