#include "router/hooks/hooks.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace tidegate::router {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

class HooksTest : public testing::Test {
protected:
    asio::io_context io_{1};
    std::filesystem::path dir_;
    std::unique_ptr<Hooks> hooks_;
    static constexpr HookTimes kTimes{.kill = 300ms, .restart = 20ms};

    void SetUp() override {
        static int count = 0;
        dir_ = std::filesystem::temp_directory_path() /
               ("tidegate-hooks-" + std::to_string(getpid()) + "-" + std::to_string(++count));
        std::filesystem::create_directories(dir_);
        make_hooks(kTimes);
    }
    void make_hooks(HookTimes times) {
        hooks_ = std::make_unique<Hooks>(
            io_,
            std::vector<std::string>{"PATH=/usr/bin:/bin", "INHERITED=yes", "MTX_PATH=shadowed"},
            times);
    }
    void TearDown() override {
        run_until([&] { return false; }, 0ms);
        hooks_.reset();
        std::filesystem::remove_all(dir_);
    }

    // A script of the test's own; its first line of work appends to "log".
    HookCommand script(std::string const& body, std::string const& arguments = "") {
        auto const path = dir_ / "hook.sh";
        std::ofstream(path) << "#!/bin/sh\ncd '" << dir_.string() << "'\n" << body << "\n";
        std::filesystem::permissions(path, std::filesystem::perms::owner_all);
        return {
            "[path live/s1/in]", "runOnAvailable", path.string() + " " + arguments, false,
            source_variables({"live/s1/in", "8554", {"s1"}}, "lang=es&x=1", "rtmpConn", "id-1")};
    }

    bool run_until(std::function<bool()> const& done, std::chrono::milliseconds deadline = 10s) {
        auto const end = std::chrono::steady_clock::now() + deadline;
        while (!done() && std::chrono::steady_clock::now() < end) {
            io_.restart();
            io_.run_for(5ms);
        }
        return done();
    }
    bool drained() {
        return run_until([&] { return hooks_->running() == 0; });
    }
    bool exists(std::string const& name) { return std::filesystem::exists(dir_ / name); }
    static HookCommand command(std::string text, bool long_running = false) {
        return {"[path p]", "runOnSomething", std::move(text), false, {}, long_running};
    }
    std::string content(std::string const& name) {
        std::ostringstream text;
        text << std::ifstream(dir_ / name).rdbuf();
        return text.str();
    }
};

TEST_F(HooksTest, PassesArgumentsAndVariables) {
    hooks_->start(script("printf '%s|' \"$@\" >log; env | sort >env", "$MTX_PATH '$G1 two' $NONE"));
    ASSERT_TRUE(drained());
    EXPECT_EQ(content("log"), "live/s1/in|s1 two||");
    auto const env = content("env");
    for (auto const* line :
         {"G1=s1\n", "INHERITED=yes\n", "MTX_PATH=live/s1/in\n", "RTSP_PATH=live/s1/in\n",
          "RTSP_PORT=8554\n", "MTX_QUERY=lang%3Des%26x%3D1\n", "MTX_SOURCE_TYPE=rtmpConn\n",
          "MTX_SOURCE_ID=id-1\n"}) {
        EXPECT_THAT(env, HasSubstr(line));
    }
    EXPECT_THAT(env, testing::Not(HasSubstr("shadowed")));
}

TEST_F(HooksTest, DoesNothingForAnEmptyCommandAndSurvivesABadOne) {
    EXPECT_EQ(hooks_->start({"p", "n", "", true, {}}).number, 0U);
    hooks_->stop({});
    EXPECT_EQ(hooks_->running(), 0U);
    for (auto const* command : {"   ", "'open", "tidegate-no-such-program x", "/no/such/file"}) {
        auto const id = hooks_->start({"[path p]", "runOnAvailable", command, false, {}});
        hooks_->launch({"[path p]", "runOnUnavailable", command, true, {}});
        ASSERT_TRUE(drained()) << command;
        hooks_->stop(id);
    }
    ASSERT_TRUE(drained());
}

TEST_F(HooksTest, RestartsUntilStopped) {
    auto hook = script("echo run >>log; exit 3");
    hook.restart = true;
    auto const id = hooks_->start(hook);
    ASSERT_TRUE(run_until([&] { return content("log").size() >= 3 * 4; }));
    hooks_->stop(id);
    ASSERT_TRUE(drained());
}

TEST_F(HooksTest, LaunchedOnesRunOnce) {
    auto hook = script("echo run >>log");
    hook.restart = true;
    hooks_->launch(hook);
    ASSERT_TRUE(drained());
    EXPECT_EQ(content("log"), "run\n");
}

TEST_F(HooksTest, StopsTheWholeGroupWithSigint) {
    auto const id =
        hooks_->start(script("trap 'echo stopped >log; exit 0' INT; touch up; sleep 60 & wait"));
    ASSERT_TRUE(run_until([&] { return std::filesystem::exists(dir_ / "up"); }));
    hooks_->stop(id);
    ASSERT_TRUE(drained());
    EXPECT_EQ(content("log"), "stopped\n");
}

TEST_F(HooksTest, KillsWhatIgnoresSigint) {
    auto const id = hooks_->start(script("trap '' INT; touch up; while :; do sleep 1; done"));
    ASSERT_TRUE(run_until([&] { return std::filesystem::exists(dir_ / "up"); }));
    hooks_->stop(id);
    ASSERT_TRUE(drained());
}

TEST_F(HooksTest, DrainWaitsForLaunchedOnesAndKillsAtTheDeadline) {
    hooks_->launch(script("sleep 0.1; echo done >log"));
    bool ended = false;
    asio::co_spawn(
        io_,
        [&]() -> asio::awaitable<void> {
            co_await hooks_->drain(10s);
            ended = true;
        },
        asio::detached);
    ASSERT_TRUE(run_until([&] { return ended; }));
    EXPECT_EQ(content("log"), "done\n");

    hooks_->launch(script("trap '' INT TERM; sleep 60"));
    ended = false;
    asio::co_spawn(
        io_,
        [&]() -> asio::awaitable<void> {
            co_await hooks_->drain(50ms);
            ended = true;
        },
        asio::detached);
    ASSERT_TRUE(run_until([&] { return ended; }));
}

// Programs that this process has started and that still live.
std::size_t children() {
    std::size_t count = 0;
    for (auto const& task : std::filesystem::directory_iterator("/proc/self/task")) {
        std::ifstream list(task.path() / "children");
        for (std::string pid; list >> pid;) ++count;
    }
    return count;
}

// What reads it waits until it is opened.
class Gate {
public:
    explicit Gate(std::filesystem::path file) : file_(std::move(file)) {
        if (::mkfifo(file_.c_str(), 0600) != 0) throw std::runtime_error("mkfifo");
    }
    std::string command() const { return "cat " + file_.string(); }
    void open() const {
        std::filesystem::rename(file_, file_.string() + ".old");
        std::ofstream{file_};  // who comes later finds it open
        ::close(::open((file_.string() + ".old").c_str(), O_WRONLY | O_NONBLOCK));
    }

private:
    std::filesystem::path file_;
};

TEST_F(HooksTest, RunsAStormInTurns) {
    Gate const gate(dir_ / "gate");
    auto const before = children();
    for (std::size_t i = 0; i < kMaxYoungHooks + 100; ++i) hooks_->launch(command(gate.command()));
    ASSERT_TRUE(run_until([&] { return children() - before == kMaxYoungHooks; }, 60s));
    EXPECT_FALSE(run_until([&] { return children() - before > kMaxYoungHooks; }, 1500ms));
    EXPECT_EQ(hooks_->running(), kMaxYoungHooks + 100);
    gate.open();
    std::size_t most = 0;
    ASSERT_TRUE(run_until(
        [&] {
            most = std::max(most, children() - before);
            return hooks_->running() == 0;
        },
        60s));
    EXPECT_LE(most, kMaxYoungHooks);
}

TEST_F(HooksTest, NeverStartsWhatIsStoppedWhileItWaits) {
    make_hooks({.kill = 300ms, .restart = 20ms, .youth = 1min, .most_young = 1});
    for (bool const long_running : {false, true}) {
        auto const first = hooks_->start(command("sleep 60", long_running));
        auto hook = script("touch started");
        hook.long_running = long_running;
        auto const waiting = hooks_->start(hook);
        ASSERT_TRUE(run_until([&] { return children() == 1; }));
        hooks_->stop(waiting);
        hooks_->stop(first);
        ASSERT_TRUE(drained());
        EXPECT_FALSE(exists("started"));
    }
}

// What made MediaMTX's users ask: transcoders by the hundred, and then a notice.
TEST_F(HooksTest, ManyThatGoOnDoNotStarveTheRest) {
    make_hooks({.kill = 300ms, .restart = 20ms, .youth = 100ms, .most_young = 2});
    std::vector<HookId> ids;
    for (int i = 0; i < 5; ++i) {
        ids.push_back(hooks_->start(command("sleep 60")));
        ids.push_back(hooks_->start(command("sleep 60", true)));
    }
    ASSERT_TRUE(run_until([&] { return children() == 10; }));
    hooks_->start(script("touch notice"));
    ASSERT_TRUE(run_until([&] { return exists("notice"); }));
    for (auto const& id : ids) hooks_->stop(id);
    ASSERT_TRUE(drained());
}

TEST_F(HooksTest, TheUnFamilyIsBoundedToItsEndAndHoldsUpNobodyElse) {
    make_hooks({.kill = 300ms, .restart = 20ms, .youth = 10ms, .most_young = 2});
    Gate const gate(dir_ / "gate");
    for (int i = 0; i < 3; ++i) hooks_->launch(command(gate.command()));
    ASSERT_TRUE(run_until([&] { return children() == 2; }));
    EXPECT_FALSE(run_until([&] { return children() > 2; }, 200ms));
    hooks_->start(script("touch notice"));
    EXPECT_TRUE(run_until([&] { return exists("notice"); }));
    gate.open();
    ASSERT_TRUE(drained());
}

// The log of a program that has not started it goes to stdout at once.
class StdoutTo {
public:
    explicit StdoutTo(std::filesystem::path const& file) {
        int const opened = ::open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        ::dup2(opened, STDOUT_FILENO);
        ::close(opened);
    }
    ~StdoutTo() {
        ::dup2(before_, STDOUT_FILENO);
        ::close(before_);
    }
    StdoutTo(StdoutTo const&) = delete;
    StdoutTo& operator=(StdoutTo const&) = delete;

private:
    int const before_ = ::dup(STDOUT_FILENO);
};

TEST_F(HooksTest, TellsThatACommandWaits) {
    StdoutTo const file(dir_ / "log.txt");
    make_hooks({.kill = 300ms, .restart = 20ms, .wait_warning = 50ms, .most_young = 1});
    Gate const gate(dir_ / "gate");
    for (int i = 0; i < 3; ++i) hooks_->launch(command(gate.command()));
    EXPECT_TRUE(run_until([&] {
        return content("log.txt").contains("2 commands wait for their turn, the first for ");
    }));
    gate.open();
    EXPECT_TRUE(drained());
}

TEST(HookVariables, AreThoseOfTheContract) {
    HookContext const context{"live/s1/in", "8554", {"s1", ""}};
    using P = std::pair<std::string, std::string>;
    EXPECT_THAT(base_variables(context),
                ElementsAre(P{"MTX_PATH", "live/s1/in"}, P{"RTSP_PATH", "live/s1/in"},
                            P{"RTSP_PORT", "8554"}, P{"G1", "s1"}, P{"G2", ""}));
    EXPECT_THAT(reader_variables(context, "", "rtspSession", "id").back(),
                (P{"MTX_READER_ID", "id"}));
    EXPECT_THAT(demand_variables(context, "a=b").back(), (P{"MTX_QUERY", "a%3Db"}));
    EXPECT_THAT(connection_variables("8554", "rtmpConn", "id"),
                ElementsAre(P{"RTSP_PORT", "8554"}, P{"MTX_CONN_TYPE", "rtmpConn"},
                            P{"MTX_CONN_ID", "id"}));
    EXPECT_EQ(rtsp_port_of(":8554"), "8554");
    EXPECT_EQ(rtsp_port_of("[::1]:554"), "554");
}

}  // namespace
}  // namespace tidegate::router
