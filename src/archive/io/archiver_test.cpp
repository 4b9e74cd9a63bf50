// What the archiver does with a large spool. Uploads are tested with a server
// (tests/integration/test_archiver.py).
#include "archive/io/archiver.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <thread>

namespace tidegate::archive {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kManySegments = 100;

// Counts how often a folder is listed, by anybody. To be brought to the disk it is only opened.
class Listings {
public:
    explicit Listings(std::string const& folder)
        : events_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {
        EXPECT_GE(::inotify_add_watch(events_, folder.c_str(), IN_OPEN | IN_ACCESS | IN_ONLYDIR),
                  0);
    }
    ~Listings() { ::close(events_); }
    Listings(Listings const&) = delete;
    Listings& operator=(Listings const&) = delete;

    int count() {
        alignas(inotify_event) std::byte room[4096];
        for (ssize_t size; (size = ::read(events_, room, sizeof room)) > 0;) {
            for (ssize_t at = 0; at < size;) {
                auto const* const event = reinterpret_cast<inotify_event const*>(room + at);
                bool const own = (event->mask & IN_ISDIR) != 0 && event->len == 0;
                if (own && (event->mask & IN_ACCESS) != 0 && opened_) ++listed_;
                if (own) opened_ = (event->mask & IN_OPEN) != 0;
                at += static_cast<ssize_t>(sizeof(inotify_event) + event->len);
            }
        }
        return listed_;
    }

private:
    int const events_;
    bool opened_ = false;
    int listed_ = 0;
};

class ArchiverTest : public testing::Test {
protected:
    ArchiverTest() {
        char name[] = "/tmp/archiver_test_XXXXXX";
        folder_ = ::mkdtemp(name);
    }
    ~ArchiverTest() override { std::filesystem::remove_all(folder_); }

    std::string spool() const { return folder_ + "/spool"; }
    ArchiverSettings settings() const {
        auto endpoint = Endpoint::make({.endpoint = "http://127.0.0.1:1", .bucket = "recordings"});
        return {
            .endpoint = *endpoint, .credentials = {}, .policy = {}, .ca_file = {}, .leftovers = {}};
    }

    std::string folder_;
};

TEST_F(ArchiverTest, DoesNotListTheSpoolForEachSegmentThatItGivesUp) {
    auto const made = *Spool::open(spool());
    for (std::size_t i = 0; i < kManySegments; ++i) {
        auto const path = "live/" + std::to_string(i % 7) + "/out";
        ASSERT_TRUE(made.append({path, folder_ + "/gone.mp4", "10", {5, 1}}));
    }
    Listings dead(spool() + "/dead");
    Archiver archiver(made, settings());
    archiver.start();
    auto const end = std::chrono::steady_clock::now() + 60s;
    while (archiver.figures().dead < kManySegments && std::chrono::steady_clock::now() < end)
        std::this_thread::sleep_for(1ms);
    auto const figures = archiver.figures();
    EXPECT_EQ(figures.dead, kManySegments);
    EXPECT_EQ(figures.waiting, 0U);
    EXPECT_EQ(figures.failures[static_cast<std::size_t>(Failure::missing)], kManySegments);
    EXPECT_EQ(dead.count(), 1) << "at the start";
    archiver.scan();
    EXPECT_EQ(archiver.figures().dead, kManySegments);
}

TEST_F(ArchiverTest, DoesNotListTheSpoolForEachSegmentThatItFinds) {
    std::filesystem::create_directories(folder_ + "/rec/a");
    for (std::size_t i = 0; i < kManySegments; ++i)
        std::ofstream(folder_ + "/rec/a/" + std::to_string(1'767'348'000 + i) + ".ts") << "media";
    auto const made = *Spool::open(spool());
    LeftoverSettings const looks{
        {*recording::PathTemplate::parse(folder_ + "/rec/%path/%s", ".ts")}, -1h};
    Listings queue(spool() + "/queue");
    Leftovers leftovers(made, looks);
    auto const before = queue.count();
    EXPECT_EQ(leftovers.look(), kManySegments);
    EXPECT_EQ(queue.count() - before, 1);
    EXPECT_EQ(made.list()->ids.size(), kManySegments);
}

}  // namespace
}  // namespace tidegate::archive
