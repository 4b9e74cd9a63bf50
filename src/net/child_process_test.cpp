#include "net/child_process.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace tidegate::net {
namespace {

using namespace std::chrono_literals;

class ChildProcessTest : public ::testing::Test {
protected:
    void SetUp() override { ASSERT_EQ(::pipe2(pipe_.data(), O_CLOEXEC), 0); }
    void TearDown() override {
        ::close(pipe_[0]);
        if (pipe_[1] >= 0) ::close(pipe_[1]);
    }

    std::unique_ptr<ChildProcess> spawn(std::vector<std::string> argv,
                                        std::vector<std::string> environment = {
                                            "PATH=/usr/bin:/bin"}) {
        auto child = ChildProcess::spawn(io_,
                                         {.argv = std::move(argv),
                                          .environment = std::move(environment),
                                          .stdout_fd = pipe_[1],
                                          .stderr_fd = 2},
                                         [this](ExitStatus status) { status_ = status; });
        EXPECT_TRUE(child) << child.error().message();
        return child ? *std::move(child) : nullptr;
    }
    std::unique_ptr<ChildProcess> shell(std::string script) {
        return spawn({"sh", "-c", std::move(script)});
    }

    std::optional<ExitStatus> wait() {
        auto const end = std::chrono::steady_clock::now() + 20s;
        io_.restart();
        while (!status_ && std::chrono::steady_clock::now() < end) io_.run_one_for(100ms);
        return status_;
    }

    std::string output() {
        ::close(std::exchange(pipe_[1], -1));
        std::string text;
        std::array<char, 4096> buffer;
        for (ssize_t n = 0; (n = ::read(pipe_[0], buffer.data(), buffer.size())) > 0;) {
            text.append(buffer.data(), static_cast<std::size_t>(n));
        }
        return text;
    }
    std::string line() const {
        std::string text;
        for (char c = 0; ::read(pipe_[0], &c, 1) == 1 && c != '\n';) text += c;
        return text;
    }

    asio::io_context io_;
    std::array<int, 2> pipe_{-1, -1};
    std::optional<ExitStatus> status_;
};

TEST_F(ChildProcessTest, TellsExitFromSignal) {
    auto const exits = shell("exit 15");
    EXPECT_EQ(wait(), (ExitStatus{.code = 15, .signal = 0}));
    EXPECT_FALSE(exits->running());
    status_.reset();
    auto const dies = shell("kill -TERM $$; sleep 60");
    EXPECT_EQ(wait(), (ExitStatus{.code = 0, .signal = SIGTERM}));
}

TEST_F(ChildProcessTest, IsReaped) {
    auto const child = shell("exit 0");
    ASSERT_TRUE(wait());
    EXPECT_EQ(::waitpid(child->pid(), nullptr, WNOHANG), -1);
    EXPECT_EQ(errno, ECHILD);
}

TEST_F(ChildProcessTest, GetsItsEnvironmentAndNothingOfOurs) {
    ::setenv("TIDEGATE_LEAK", "1", 1);
    auto const child = spawn({"env"}, {"A=1", "B=two words"});
    ASSERT_TRUE(wait());
    EXPECT_EQ(output(), "A=1\nB=two words\n");
}

TEST_F(ChildProcessTest, KeepsOnlyTheFirstThreeDescriptors) {
    int const leak = ::open("/dev/null", O_RDONLY);  // not close-on-exec
    int const high = ::fcntl(leak, F_DUPFD, 500);
    auto const child = spawn({"ls", "-1", "/proc/self/fd"});
    ASSERT_TRUE(wait());
    EXPECT_EQ(output(), "0\n1\n2\n3\n") << "3 is the directory that ls reads";
    ::close(leak);
    ::close(high);
}

TEST_F(ChildProcessTest, ReadsNothingFromStdin) {
    auto const child = spawn({"readlink", "/proc/self/fd/0"});
    ASSERT_TRUE(wait());
    EXPECT_EQ(output(), "/dev/null\n");
}

TEST_F(ChildProcessTest, StartsWithCleanSignals) {
    sigset_t blocked;
    sigset_t before;
    ::sigemptyset(&blocked);
    ::sigaddset(&blocked, SIGTERM);
    ::pthread_sigmask(SIG_BLOCK, &blocked, &before);
    auto* const handler = ::signal(SIGPIPE, SIG_IGN);
    auto const child = spawn({"grep", "-E", "^Sig(Blk|Ign)", "/proc/self/status"});
    ::signal(SIGPIPE, handler);
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    ASSERT_TRUE(wait());
    auto const text = output();
    constexpr std::string_view kExpected = "SigBlk:\t0000000000000000\nSigIgn:\t";
    ASSERT_TRUE(text.starts_with(kExpected)) << text;
    // glibc itself ignores its internal signals 32 and 33 in a spawned child.
    EXPECT_EQ(std::stoull(text.substr(kExpected.size()), nullptr, 16) & 0x7FFFFFFFU, 0U) << text;
}

TEST_F(ChildProcessTest, AMissingProgramIsAnErrorOfSpawn) {
    for (auto const& [argv, expected] : std::vector<std::pair<std::vector<std::string>, std::errc>>{
             {{"no-such-program-here"}, std::errc::no_such_file_or_directory},
             {{"/no/such/file"}, std::errc::no_such_file_or_directory},
             {{"/etc/passwd"}, std::errc::permission_denied},
             {{""}, std::errc::invalid_argument},
             {{}, std::errc::invalid_argument}}) {
        auto const child =
            ChildProcess::spawn(io_, {.argv = argv, .environment = {}}, [](ExitStatus) { FAIL(); });
        ASSERT_FALSE(child);
        EXPECT_EQ(child.error(), expected);
    }
}

TEST_F(ChildProcessTest, LeadsAGroupThatIsSignalledAsAWhole) {
    auto const child = shell("sh -c 'echo started; exec sleep 60' & wait");
    ASSERT_EQ(line(), "started");
    EXPECT_EQ(::getpgid(child->pid()), child->pid());
    child->signal_group(SIGKILL);
    EXPECT_EQ(wait(), (ExitStatus{.code = 0, .signal = SIGKILL}));
    EXPECT_EQ(output(), "") << "the pipe ends: the grandchild has gone too";
}

TEST_F(ChildProcessTest, SignalReachesTheProcessAloneAndNobodyOnceReaped) {
    auto const child = shell("trap 'exit 9' TERM; echo ready; while :; do sleep 0.01; done");
    ASSERT_EQ(line(), "ready");
    child->signal(SIGTERM);
    EXPECT_EQ(wait(), (ExitStatus{.code = 9, .signal = 0}));
    child->signal(SIGKILL);
    child->signal_group(SIGKILL);
}

TEST_F(ChildProcessTest, StderrMayBeOurStdoutAndTheOtherWayRound) {
    auto const child = ChildProcess::spawn(io_,
                                           {.argv = {"sh", "-c", "echo out; echo err >&2"},
                                            .environment = {"PATH=/usr/bin:/bin"},
                                            .stdout_fd = pipe_[1],
                                            .stderr_fd = pipe_[1]},
                                           [this](ExitStatus status) { status_ = status; });
    ASSERT_TRUE(child);
    ASSERT_TRUE(wait());
    EXPECT_EQ(output(), "out\nerr\n");
}

TEST_F(ChildProcessTest, DestroyedWhileRunningItTellsNobodyAndKillsNobody) {
    pid_t pid = 0;
    {
        auto const child = shell("echo up; exec sleep 60");
        ASSERT_EQ(line(), "up");
        pid = child->pid();
    }
    io_.restart();
    io_.run_for(10ms);
    EXPECT_FALSE(status_);
    EXPECT_EQ(::kill(pid, 0), 0) << "still there";
    ::kill(pid, SIGKILL);
    EXPECT_EQ(::waitpid(pid, nullptr, 0), pid);
}

TEST_F(ChildProcessTest, MayBeDestroyedFromItsOwnExitHandler) {
    std::unique_ptr<ChildProcess> child;
    bool told = false;
    child = *ChildProcess::spawn(io_, {.argv = {"true"}, .environment = {}}, [&](ExitStatus) {
        child.reset();
        told = true;
    });
    auto const end = std::chrono::steady_clock::now() + 20s;
    while (!told && std::chrono::steady_clock::now() < end) io_.run_one_for(100ms);
    EXPECT_TRUE(told);
}

TEST_F(ChildProcessTest, AdoptWatchesAProcessThatIsNotOurs) {
    auto const parent = shell("sleep 60 & echo $!; wait");
    auto const pid = static_cast<pid_t>(std::stol(line()));
    auto const started = process_start_time(pid);
    ASSERT_TRUE(started);
    std::optional<ExitStatus> adopted_status;
    auto const adopted =
        ChildProcess::adopt(io_, pid, *started, [&](ExitStatus s) { adopted_status = s; });
    ASSERT_TRUE(adopted) << adopted.error().message();
    EXPECT_TRUE((*adopted)->running());
    (*adopted)->signal(SIGKILL);
    ASSERT_TRUE(wait()) << "the shell ends after its child";
    auto const end = std::chrono::steady_clock::now() + 20s;
    while (!adopted_status && std::chrono::steady_clock::now() < end) io_.run_one_for(100ms);
    EXPECT_EQ(adopted_status, (ExitStatus{.code = -1, .signal = 0}));
    EXPECT_FALSE((*adopted)->running());
}

TEST_F(ChildProcessTest, AdoptRefusesAPidThatWasUsedAgain) {
    auto const child = shell("exec sleep 60");
    auto const started = process_start_time(child->pid());
    ASSERT_TRUE(started);
    auto const handler = [](ExitStatus) { FAIL(); };
    for (auto const& adopted :
         {ChildProcess::adopt(io_, child->pid(), *started + 1, handler).error(),
          ChildProcess::adopt(io_, 0, 0, handler).error(),
          ChildProcess::adopt(io_, -1, 0, handler).error()}) {
        EXPECT_EQ(adopted, std::errc::no_such_process);
    }
    child->signal(SIGKILL);
    EXPECT_TRUE(wait());
    EXPECT_FALSE(process_start_time(child->pid()));
}

}  // namespace
}  // namespace tidegate::net
