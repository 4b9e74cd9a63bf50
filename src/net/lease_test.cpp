#include "net/lease.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>

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
