#include "net/lease.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <optional>
#include <thread>
#include <vector>

#include "base/random.hpp"
#include "net/child_process.hpp"

namespace tidegate::net {
namespace {

class LeaseFile : public testing::Test {
protected:
    void SetUp() override {
        std::string form = (std::filesystem::temp_directory_path() / "lease-XXXXXX").string();
        folder = ::mkdtemp(form.data());
        file = folder + "/demo.lock";
    }
    void TearDown() override { std::filesystem::remove_all(folder); }
    std::string folder, file;
};

TEST_F(LeaseFile, IsHeldByOneAndSaysByWhom) {
    auto const first = Lease::take(file, "run-1");
    ASSERT_TRUE(first);
    auto const second = Lease::take(file, "run-2");
    ASSERT_FALSE(second);
    LeaseHolder const us{::getpid(), *process_start_time(::getpid()), "run-1"};
    EXPECT_EQ(second.error().holder, us);
    EXPECT_EQ(read_lease(file).value(), us);
}

TEST_F(LeaseFile, IsFreeAgainAfterItsHolder) {
    {
        auto const first = Lease::take(file, "run-1");
    }
    EXPECT_EQ(read_lease(file).value(), std::nullopt);
    EXPECT_TRUE(Lease::take(file, "run-2"));
}

TEST_F(LeaseFile, ThousandsOfRandomNamesLeaveAnEmptyFolder) {
    for (int i = 0; i < 5000; ++i) {
        auto const name = folder + "/" + base::random_uuid() + ".lock";
        ASSERT_TRUE(Lease::take(name, "run"));
    }
    EXPECT_TRUE(std::filesystem::is_empty(folder));
}

// Many that take and release at the same time: never two at once, never a file left.
TEST_F(LeaseFile, RemovingItNeverLetsTwoHoldIt) {
    std::atomic<int> holders{0}, taken{0};
    std::atomic<bool> twice{false};
    auto const work = [&] {
        while (taken.load() < 500) {
            auto const lease = Lease::take(file, "run");
            if (!lease) {
                EXPECT_THAT(lease.error().reason, testing::HasSubstr("another worker holds"));
                continue;
            }
            if (holders.fetch_add(1) != 0) twice = true;
            ++taken;
            holders.fetch_sub(1);
        }
    };
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) threads.emplace_back(work);
    for (auto& thread : threads) thread.join();
    EXPECT_FALSE(twice);
    EXPECT_TRUE(std::filesystem::is_empty(folder));
}

TEST_F(LeaseFile, OfAKilledHolderIsRemovedAndOneThatIsHeldStays) {
    std::ofstream(file) << "1 1 run\n";
    remove_stale_lease(file);
    EXPECT_FALSE(std::filesystem::exists(file));
    auto const lease = Lease::take(file, "run");
    remove_stale_lease(file);
    EXPECT_TRUE(std::filesystem::exists(file));
    remove_stale_lease(folder + "/none.lock");
}

TEST_F(LeaseFile, LeavesTheFileOfASuccessorAlone) {
    {
        std::optional first(Lease::take(file, "first"));
        std::filesystem::remove(file);  // by somebody's hand
        auto const second = Lease::take(file, "second");
        ASSERT_TRUE(second);
        first.reset();
        EXPECT_EQ(read_lease(file).value()->run_id, "second");
    }
    EXPECT_TRUE(std::filesystem::is_empty(folder));
}

TEST_F(LeaseFile, IsFreedByTheKernelWhenItsHolderIsKilled) {
    int ready[2];
    ASSERT_EQ(::pipe(ready), 0);
    auto const child = ::fork();
    if (child == 0) {
        auto const lease = Lease::take(file, "child");
        if (::write(ready[1], lease ? "y" : "n", 1) == 1) ::pause();
        ::_exit(0);
    }
    char taken = 0;
    ASSERT_EQ(::read(ready[0], &taken, 1), 1);
    EXPECT_EQ(taken, 'y');
    EXPECT_EQ(read_lease(file).value()->pid, child);
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    ::close(ready[0]);
    ::close(ready[1]);
    EXPECT_TRUE(Lease::take(file, "next"));
}

TEST_F(LeaseFile, SurvivesADamagedFileAndRefusesALink) {
    std::ofstream(file) << "nonsense";
    EXPECT_EQ(read_lease(file).value(), std::nullopt);
    EXPECT_TRUE(Lease::take(file, "run"));
    std::filesystem::create_symlink("/etc/hostname", folder + "/link.lock");
    EXPECT_FALSE(Lease::take(folder + "/link.lock", "run"));
    EXPECT_FALSE(read_lease(folder + "/link.lock"));
    EXPECT_EQ(read_lease(folder + "/none.lock").value(), std::nullopt);
    EXPECT_FALSE(Lease::take(folder + "/missing/demo.lock", "run"));
}

}  // namespace
}  // namespace tidegate::net
