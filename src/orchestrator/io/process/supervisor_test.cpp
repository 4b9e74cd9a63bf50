// Against real child processes: small shell scripts that play the worker.
#include "orchestrator/io/process/supervisor.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

#include <cstdlib>

#include "net/lease.hpp"
#include "orchestrator/io/loop_test.hpp"

namespace tidegate::orchestrator {
namespace {

using std::chrono::milliseconds;

std::size_t open_descriptors() {
    std::size_t count = 0;
    for ([[maybe_unused]] auto const& entry :
         std::filesystem::directory_iterator("/proc/self/fd")) {
        ++count;
    }
    return count;
}

class SupervisorTest : public LoopTest {
protected:
    std::unique_ptr<Supervisor> supervisor_;
    std::vector<std::pair<std::string, Event>> reports_;

    void start(std::string const& body) {
        SupervisorSettings settings;
        settings.worker_command = {script("worker.sh", body), "first"};
        settings.input_url = "rtsp://127.0.0.1:8554";
        settings.rtmp_url = "rtmp://127.0.0.1:1935";
        settings.state_dir = (dir_ / "state").string();
        settings.environment = {"PATH=/usr/bin:/bin", "DIR=" + dir_.string()};
        restart(std::move(settings));
    }
    void restart(SupervisorSettings settings) {
        supervisor_.reset();
        auto made = Supervisor::create(io_, std::move(settings), [this](auto const& id, Event e) {
            reports_.emplace_back(id, std::move(e));
        });
        ASSERT_TRUE(made) << made.error();
        supervisor_ = std::move(*made);
    }
    void TearDown() override {
        if (!supervisor_) return;
        auto const stopped =
            asio::co_spawn(io_, supervisor_->stop_all(milliseconds{50}), asio::use_future);
        run_until([&] { return supervisor_->running() == 0; });
        supervisor_.reset();
    }

    void spawn(std::string const& stream, Generation generation = 1, Params params = {}) {
        supervisor_->perform({stream, action::Spawn{generation, "run-1", 1, std::move(params)}});
    }
    void signal(std::string const& stream, action::Signal::Kind kind, Generation generation = 1) {
        supervisor_->perform({stream, action::Signal{generation, kind}});
    }
    template <class E>
    E const* reported(std::string const& stream) const {
        for (auto const& [id, event] : reports_) {
            if (id != stream) continue;
            if (auto const* const wanted = std::get_if<E>(&event)) return wanted;
        }
        return nullptr;
    }
    template <class E>
    E const* wait_for(std::string const& stream) {
        run_until([&] { return reported<E>(stream) != nullptr; });
        auto const* const found = reported<E>(stream);
        EXPECT_NE(found, nullptr) << stream;
        return found;
    }
};

TEST_F(SupervisorTest, StartsAWorkerWithItsArgumentsAndEnvironment) {
    start(R"(printf '%s\n' "$@" >$DIR/arguments; env >$DIR/environment; exec sleep 60)");
    spawn("demo", 1, {{"lang", "es"}, {"voice", "--config=/etc/passwd"}});
    ASSERT_TRUE(wait_for<event::WorkerSpawned>("demo"));
    ASSERT_TRUE(run_until([&] { return content("environment").contains("WATCHDOG_USEC"); }));
    auto const lock = (dir_ / "state/demo.lock").string();
    EXPECT_EQ(content("arguments"),
              "first\n--stream-id\ndemo\n--input\nrtsp://127.0.0.1:8554/live/demo/in\n--output\n"
              "rtmp://127.0.0.1:1935/live/demo/out\n--run-id\nrun-1\n--lease\n" +
                  lock + "\n--param\nlang=es\n--param\nvoice=--config=/etc/passwd\n");
    auto const environment = content("environment");
    EXPECT_TRUE(environment.contains("NOTIFY_SOCKET=" + (dir_ / "state/notify.sock").string()));
    EXPECT_TRUE(environment.contains("WATCHDOG_USEC=2000000"));
}

TEST_F(SupervisorTest, GivesAWorkerItsPasswordByEnvironmentAlone) {
    SupervisorSettings settings;
    settings.worker_command = {script("worker.sh", R"(printf '%s\n' "$@" >$DIR/arguments
env >$DIR/environment; exec sleep 60)")};
    settings.input_url = "rtsp://127.0.0.1:8554";
    settings.rtmp_url = "rtmp://127.0.0.1:1935";
    settings.state_dir = (dir_ / "state").string();
    settings.environment = {"PATH=/usr/bin:/bin", "DIR=" + dir_.string()};
    settings.worker_login = {"worker", "hush"};
    restart(std::move(settings));
    spawn("demo");
    ASSERT_TRUE(
        run_until([&] { return content("environment").contains("OUTPUT_PASSWORD=hush\n"); }));
    auto const environment = content("environment");
    for (auto const* const entry :
         {"INPUT_USER=worker\n", "INPUT_PASSWORD=hush\n", "OUTPUT_USER=worker\n"}) {
        EXPECT_TRUE(environment.contains(entry)) << entry;
    }
    EXPECT_FALSE(content("arguments").contains("hush"));
}

TEST_F(SupervisorTest, ReportsHowEachEnds) {
    start(R"(case $3 in code) exit 20;; signal) kill -9 $$;; zero) exit 0;; esac)");
    spawn("code");
    spawn("signal");
    spawn("zero");
    EXPECT_EQ(wait_for<event::WorkerExited>("code")->exit,
              (WorkerExit{WorkerExit::Kind::code, 20}));
    EXPECT_EQ(wait_for<event::WorkerExited>("signal")->exit,
              (WorkerExit{WorkerExit::Kind::signal, SIGKILL}));
    EXPECT_EQ(wait_for<event::WorkerExited>("zero")->exit, (WorkerExit{WorkerExit::Kind::code, 0}));
    EXPECT_EQ(supervisor_->running(), 0U);
    EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1) << "everything has been reaped";
}

TEST_F(SupervisorTest, SaysWhyAWorkerCannotBeStarted) {
    SupervisorSettings settings;
    settings.worker_command = {"/no/such/program"};
    settings.state_dir = (dir_ / "state").string();
    restart(settings);
    auto const before = open_descriptors();
    spawn("demo", 5);
    auto const* const failed = wait_for<event::SpawnFailed>("demo");
    EXPECT_EQ(failed->error, ENOENT);
    EXPECT_EQ(failed->generation, 5U);
    EXPECT_EQ(open_descriptors(), before);
}

TEST_F(SupervisorTest, SignalsTheWholeGroup) {
    start(
        R"(sleep 600 & echo $! >$DIR/child; trap '' TERM; touch $DIR/up; while :; do wait; done)");
    spawn("demo");
    ASSERT_TRUE(run_until([&] { return std::filesystem::exists(dir_ / "up"); }));
    auto const child = std::atoi(content("child").c_str());
    ASSERT_EQ(::kill(child, 0), 0);
    signal("demo", action::Signal::Kind::term, 2);  // of another generation: not for this one
    signal("demo", action::Signal::Kind::kill);
    EXPECT_EQ(wait_for<event::WorkerExited>("demo")->exit.number, SIGKILL);
    EXPECT_TRUE(run_until([&] { return ::kill(child, 0) != 0; })) << "its child is gone as well";
}

TEST_F(SupervisorTest, NotificationsReachTheStreamOfTheirSender) {
    // Bash has no datagram sockets; Python has, and exec keeps the pid.
    start(R"sh(exec /usr/bin/python3 -c "
import os, socket, time
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.sendto(b'STATUS=at work\nREADY=1\nWATCHDOG=1', os.environ['NOTIFY_SOCKET'])
time.sleep(60)")sh");
    spawn("demo", 3);
    EXPECT_EQ(wait_for<event::WorkerReady>("demo")->generation, 3U);
    EXPECT_EQ(wait_for<event::WorkerStatus>("demo")->text, "at work");
    EXPECT_EQ(wait_for<event::WorkerProgress>("demo")->generation, 3U);
}

TEST_F(SupervisorTest, NothingOfAWorkerIsLeftOpen) {
    start("echo hello; echo oops >&2; exit 1");
    auto const before = open_descriptors();
    for (Generation generation = 1; generation <= 20; ++generation) {
        reports_.clear();
        spawn("demo", generation);
        ASSERT_TRUE(wait_for<event::WorkerExited>("demo"));
    }
    EXPECT_EQ(open_descriptors(), before);
}

TEST_F(SupervisorTest, AFloodOfOutputDoesNotHoldTheWorker) {
    start("head -c 50000000 /dev/zero; exit 7");
    spawn("demo");
    EXPECT_EQ(wait_for<event::WorkerExited>("demo")->exit.number, 7);
}

TEST_F(SupervisorTest, AWorkerOutlivesTheReaderOfItsOutputAndIsAdopted) {
    // Holds the lease as the real worker does, and talks all the time.
    start(
        R"(exec 9<>"${11}" && flock -x 9 && read -r _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ t _ </proc/$$/stat
echo "$$ $t $9" >&9; touch $DIR/up
while :; do echo talking || touch $DIR/unheard; sleep 0.02; done)");
    auto const settings = [&] {
        SupervisorSettings again;
        again.worker_command = {"/bin/false"};
        again.state_dir = (dir_ / "state").string();
        return again;
    };
    constexpr milliseconds kClockTick{10};  // of the kernel's start times
    auto const before_spawn = Clock::now();
    spawn("demo");
    auto const pid = wait_for<event::WorkerSpawned>("demo")->pid;
    auto const after_spawn = Clock::now();
    ASSERT_TRUE(run_until([&] { return std::filesystem::exists(dir_ / "up"); }));
    EXPECT_TRUE(supervisor_->find_running().empty()) << "our own is not found";
    reports_.clear();
    supervisor_.reset();
    ASSERT_TRUE(run_until([&] { return std::filesystem::exists(dir_ / "unheard"); }));
    ASSERT_EQ(::kill(pid, 0), 0) << "it goes on without a reader";

    restart(settings());
    auto const found = supervisor_->find_running();
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].first, "demo");
    EXPECT_EQ(found[0].second.pid, pid);
    EXPECT_EQ(found[0].second.run_id, "run-1");
    EXPECT_GE(found[0].second.started, before_spawn - kClockTick) << "the process's own start";
    EXPECT_LE(found[0].second.started, after_spawn + kClockTick);
    supervisor_->perform({"demo", action::Watch{9, pid}});
    auto const some_lines = [&] {
        auto const later = std::chrono::steady_clock::now() + milliseconds{300};
        run_until([&] { return std::chrono::steady_clock::now() > later; });
    };
    some_lines();  // one that failed may be under way
    std::filesystem::remove(dir_ / "unheard");
    some_lines();
    EXPECT_FALSE(std::filesystem::exists(dir_ / "unheard")) << "it is heard again";
    // This test is its real parent, so the adopted process has to be reaped here.
    supervisor_->perform({"demo", action::Signal{9, action::Signal::Kind::kill}});
    ::waitpid(pid, nullptr, 0);
    EXPECT_EQ(wait_for<event::WorkerExited>("demo")->exit.kind, WorkerExit::Kind::unknown);
}

TEST_F(SupervisorTest, AnExitBecauseAnotherHoldsTheLeaseLeadsToThatOne) {
    start("exit 40");
    auto const lease = net::Lease::take((dir_ / "state/demo.lock").string(), "run-of-another");
    ASSERT_TRUE(lease);
    spawn("demo");
    auto const* const adopted = wait_for<event::Adopted>("demo");
    ASSERT_NE(adopted, nullptr);
    EXPECT_EQ(adopted->pid, ::getpid());
    EXPECT_EQ(adopted->run_id, "run-of-another");
    ASSERT_TRUE(std::holds_alternative<event::WorkerExited>(reports_[reports_.size() - 2].second));
}

TEST_F(SupervisorTest, WhatKilledWorkersLeaveBehindIsRemoved) {
    start(R"(echo "$$ 1 run" >"${11}"; kill -9 $$)");
    spawn("demo");
    ASSERT_TRUE(wait_for<event::WorkerExited>("demo"));
    EXPECT_FALSE(std::filesystem::exists(dir_ / "state/demo.lock"));
    for (auto const* const id : {"a", "b", "c"}) {  // of the time before this service
        std::ofstream(dir_ / "state" / (std::string(id) + ".lock")) << "1 1 run\n";
    }
    EXPECT_TRUE(supervisor_->find_running().empty());
    std::vector<std::string> left;
    for (auto const& entry : std::filesystem::directory_iterator(dir_ / "state")) {
        left.push_back(entry.path().filename().string());
    }
    EXPECT_EQ(left, std::vector<std::string>{"notify.sock"});
}

TEST_F(SupervisorTest, ALeaseFileThatTellsOfAnotherProcessIsNotBelieved) {
    start("exit 0");
    auto const file = (dir_ / "state/demo.lock").string();
    auto const lease = net::Lease::take(file, "run");
    ASSERT_TRUE(lease);
    for (auto const& text : {std::string("1 12345 run\n"), std::string("99999999 1 run\n"),
                             std::string("nonsense"), std::string()}) {
        std::ofstream(file, std::ios::trunc) << text;
        EXPECT_TRUE(supervisor_->find_running().empty()) << text;
    }
    std::ofstream((dir_ / "state/not a stream.lock").string()) << "x";
    std::ofstream((dir_ / "state/other.txt").string()) << "x";
    EXPECT_TRUE(supervisor_->find_running().empty());
}

TEST_F(SupervisorTest, StopAllAsksFirstAndKillsThen) {
    start(
        R"(if [ $3 = deaf ]; then trap '' TERM; fi; touch $DIR/$3; while :; do sleep 0.05; done)");
    spawn("deaf");
    spawn("obeys");
    ASSERT_TRUE(run_until([&] {
        return std::filesystem::exists(dir_ / "deaf") && std::filesystem::exists(dir_ / "obeys");
    }));
    auto const done =
        asio::co_spawn(io_, supervisor_->stop_all(milliseconds{200}), asio::use_future);
    ASSERT_TRUE(run_until([&] { return supervisor_->running() == 0; }));
    EXPECT_EQ(reported<event::WorkerExited>("obeys")->exit.number, SIGTERM);
    EXPECT_EQ(reported<event::WorkerExited>("deaf")->exit.number, SIGKILL);
}

TEST_F(SupervisorTest, AStateDirectoryThatCannotBeIsASentence) {
    std::ofstream(dir_ / "file") << "x";
    SupervisorSettings settings;
    settings.state_dir = (dir_ / "file/below").string();
    auto const made = Supervisor::create(io_, settings, [](auto const&, auto const&) {});
    ASSERT_FALSE(made);
    EXPECT_TRUE(made.error().starts_with("state directory ")) << made.error();
}

}  // namespace
}  // namespace tidegate::orchestrator
