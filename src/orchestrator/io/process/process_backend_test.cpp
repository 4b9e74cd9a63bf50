// Against real child processes: small shell scripts that play the worker.
#include "orchestrator/io/process/process_backend.hpp"

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

class ProcessBackendTest : public LoopTest, public WorkerListener {
protected:
    std::unique_ptr<ProcessBackend> backend_;
    std::vector<std::pair<std::string, Event>> reports_;
    int listed_ = 0;

    void on_worker_event(std::string const& name, Event const& event) override {
        reports_.emplace_back(name, event);
    }
    void on_listed() override { ++listed_; }

    ProcessBackendSettings settings_for(std::vector<std::string> program, Login login = {}) const {
        WorkerCommand command;
        command.program = std::move(program);
        command.routers =
            one_router("http://127.0.0.1:9997", "rtsp://127.0.0.1:8554", "rtmp://127.0.0.1:1935");
        command.login = std::move(login);
        auto settings = worker_backend_settings(command);
        settings.state_dir = (dir_ / "state").string();
        settings.environment = {"PATH=/usr/bin:/bin", "DIR=" + dir_.string()};
        return settings;
    }
    void start(std::string const& body) {
        restart(settings_for({script("worker.sh", body), "first"}));
    }
    void restart(ProcessBackendSettings settings) {
        backend_ = std::make_unique<ProcessBackend>(io_, std::move(settings));
        auto const opened = backend_->open(*this);
        ASSERT_TRUE(opened) << opened.error();
    }
    void TearDown() override {
        if (!backend_) return;
        backend_->kill_all();
        run_until([&] { return backend_->running() == 0; });
        backend_.reset();
    }

    void spawn(std::string const& stream, Generation generation = 1, Params params = {}) {
        backend_->start(stream, {generation, "run-1", 1, std::move(params)});
    }
    // The process of the stream's first worker.
    int pid_of(std::string const& stream) {
        auto const* const spawned = wait_for<event::WorkerSpawned>(stream);
        return spawned ? backend_->pid_of(spawned->handle).value() : 0;
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

TEST_F(ProcessBackendTest, StartsAWorkerWithItsArgumentsAndEnvironment) {
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

TEST_F(ProcessBackendTest, GivesAWorkerItsPasswordByEnvironmentAlone) {
    auto settings = settings_for({script("worker.sh", R"(printf '%s\n' "$@" >$DIR/arguments
env >$DIR/environment; exec sleep 60)")},
                                 {"worker", "hush"});
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

TEST_F(ProcessBackendTest, GivesAProgramItsSecretOnADescriptor) {
    auto const program = script("forwarder.sh", R"(printf '%s\n' "$@" >$DIR/arguments
env >$DIR/environment; ls /proc/$$/fd >$DIR/descriptors; IFS= read -r line <&3
printf '%s' "$line" >$DIR/secret; exec sleep 60)");
    auto settings = settings_for({program});
    settings.is_name = [](std::string_view) { return true; };
    settings.launch = [&](std::string const&, std::string const& lease, action::Spawn const&) {
        return Launch{{program, lease}, {"FORWARD_REVISION=r1"}, "rtmp://h/live/k3y"};
    };
    restart(std::move(settings));
    spawn("a.b");
    ASSERT_TRUE(run_until([&] { return content("secret") == "rtmp://h/live/k3y"; }));
    EXPECT_FALSE(content("arguments").contains("k3y"));
    EXPECT_FALSE(content("environment").contains("k3y"));
    EXPECT_TRUE(content("environment").contains("FORWARD_REVISION=r1"));
    EXPECT_TRUE(content("arguments").contains("a.b.lock"));
}

TEST_F(ProcessBackendTest, ReportsWhatAForwarderSays) {
    start(R"py(exec python3 -c 'import os,socket
s=socket.socket(socket.AF_UNIX,socket.SOCK_DGRAM)
s.sendto(b"STATUS=x\nX_FORWARD={\"phase\":\"paused\",\"bytes\":7}", os.environ["NOTIFY_SOCKET"])
import time; time.sleep(60)')py");
    spawn("demo");
    auto const* const status = wait_for<event::WorkerStatus>("demo");
    ASSERT_TRUE(status && status->forward);
    EXPECT_EQ(status->forward->phase, "paused");
    EXPECT_EQ(status->forward->bytes, 7U);
}

TEST_F(ProcessBackendTest, ReportsHowEachEnds) {
    start(R"(case $3 in code) exit 20;; signal) kill -9 $$;; zero) exit 0;; esac)");
    spawn("code");
    spawn("signal");
    spawn("zero");
    EXPECT_EQ(wait_for<event::WorkerExited>("code")->exit,
              (WorkerExit{WorkerExit::Kind::code, 20}));
    EXPECT_EQ(wait_for<event::WorkerExited>("signal")->exit,
              (WorkerExit{WorkerExit::Kind::signal, SIGKILL}));
    EXPECT_EQ(wait_for<event::WorkerExited>("zero")->exit, (WorkerExit{WorkerExit::Kind::code, 0}));
    EXPECT_EQ(backend_->running(), 0U);
    EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1) << "everything has been reaped";
}

TEST_F(ProcessBackendTest, SaysWhyAWorkerCannotBeStarted) {
    restart(settings_for({"/no/such/program"}));
    auto const before = open_descriptors();
    spawn("demo", 5);
    auto const* const failed = wait_for<event::SpawnFailed>("demo");
    EXPECT_EQ(failed->reason, "No such file or directory");
    EXPECT_EQ(failed->generation, 5U);
    EXPECT_EQ(open_descriptors(), before);
}

TEST_F(ProcessBackendTest, SignalsTheWholeGroup) {
    start(
        R"(sleep 600 & echo $! >$DIR/child; trap 'touch $DIR/asked' TERM; touch $DIR/up; while :; do wait; done)");
    spawn("demo");
    ASSERT_TRUE(run_until([&] { return std::filesystem::exists(dir_ / "up"); }));
    auto const child = std::atoi(content("child").c_str());
    ASSERT_EQ(::kill(child, 0), 0);
    auto const handle = wait_for<event::WorkerSpawned>("demo")->handle;
    backend_->kill("demo", WorkerHandle{1});
    backend_->stop("demo", handle);
    ASSERT_TRUE(run_until([&] { return std::filesystem::exists(dir_ / "asked"); }))
        << "a command for another worker's handle has not ended it";
    backend_->kill("demo", handle);
    EXPECT_EQ(wait_for<event::WorkerExited>("demo")->exit.number, SIGKILL);
    EXPECT_TRUE(run_until([&] { return ::kill(child, 0) != 0; })) << "its child is gone as well";
}

TEST_F(ProcessBackendTest, NotificationsReachTheStreamOfTheirSender) {
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

TEST_F(ProcessBackendTest, NothingOfAWorkerIsLeftOpen) {
    start("echo hello; echo oops >&2; exit 1");
    auto const before = open_descriptors();
    for (Generation generation = 1; generation <= 20; ++generation) {
        reports_.clear();
        spawn("demo", generation);
        ASSERT_TRUE(wait_for<event::WorkerExited>("demo"));
    }
    EXPECT_EQ(open_descriptors(), before);
}

TEST_F(ProcessBackendTest, AFloodOfOutputDoesNotHoldTheWorker) {
    start("head -c 50000000 /dev/zero; exit 7");
    spawn("demo");
    EXPECT_EQ(wait_for<event::WorkerExited>("demo")->exit.number, 7);
}

TEST_F(ProcessBackendTest, AWorkerOutlivesTheReaderOfItsOutputAndIsAdopted) {
    // A worker that holds the lease as the real one does, and prints all the time.
    start(
        R"(exec 9<>"${11}" && flock -x 9 && read -r _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ t _ </proc/$$/stat
echo "$$ $t $9" >&9; touch $DIR/up
while :; do echo talking || touch $DIR/unheard; sleep 0.02; done)");
    constexpr milliseconds kClockTick{10};  // the resolution of the kernel's start times
    auto const before_spawn = Clock::now();
    spawn("demo");
    auto const pid = pid_of("demo");
    auto const after_spawn = Clock::now();
    ASSERT_TRUE(run_until([&] { return std::filesystem::exists(dir_ / "up"); }));
    EXPECT_TRUE(backend_->find_running().empty()) << "our own is not found";
    reports_.clear();
    backend_.reset();
    ASSERT_TRUE(run_until([&] { return std::filesystem::exists(dir_ / "unheard"); }));
    ASSERT_EQ(::kill(pid, 0), 0) << "it goes on without a reader";

    restart(settings_for({"/bin/false"}));
    auto const found = backend_->find_running();
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].first, "demo");
    EXPECT_EQ(backend_->pid_of(found[0].second.handle), pid);
    EXPECT_EQ(found[0].second.run_id, "run-1");
    EXPECT_GE(found[0].second.started, before_spawn - kClockTick) << "the process's own start";
    EXPECT_LE(found[0].second.started, after_spawn + kClockTick);
    auto const* const told = wait_for<event::Adopted>("demo");
    ASSERT_NE(told, nullptr) << "open() has reported it as well";
    EXPECT_EQ(told->handle, found[0].second.handle);
    ASSERT_TRUE(run_until([&] { return listed_ == 2; })) << "once for each open()";
    backend_->adopt("demo", {9, told->handle});
    auto const some_lines = [&] {
        auto const later = std::chrono::steady_clock::now() + milliseconds{300};
        run_until([&] { return std::chrono::steady_clock::now() > later; });
    };
    some_lines();  // one that failed may be under way
    std::filesystem::remove(dir_ / "unheard");
    some_lines();
    EXPECT_FALSE(std::filesystem::exists(dir_ / "unheard")) << "it is heard again";
    // This test is its real parent, so the adopted process has to be reaped here.
    backend_->kill("demo", found[0].second.handle);
    ::waitpid(pid, nullptr, 0);
    EXPECT_EQ(wait_for<event::WorkerExited>("demo")->exit.kind, WorkerExit::Kind::unknown);
}

TEST_F(ProcessBackendTest, AnExitBecauseAnotherHoldsTheLeaseLeadsToThatOne) {
    start("exit 40");
    auto const lease = net::Lease::take((dir_ / "state/demo.lock").string(), "run-of-another");
    ASSERT_TRUE(lease);
    spawn("demo");
    auto const* const adopted = wait_for<event::Adopted>("demo");
    ASSERT_NE(adopted, nullptr);
    EXPECT_EQ(backend_->pid_of(adopted->handle), ::getpid());
    EXPECT_EQ(adopted->run_id, "run-of-another");
    ASSERT_TRUE(std::holds_alternative<event::WorkerExited>(reports_[reports_.size() - 2].second));
}

TEST_F(ProcessBackendTest, WhatKilledWorkersLeaveBehindIsRemoved) {
    start(R"(echo "$$ 1 run" >"${11}"; kill -9 $$)");
    spawn("demo");
    ASSERT_TRUE(wait_for<event::WorkerExited>("demo"));
    EXPECT_FALSE(std::filesystem::exists(dir_ / "state/demo.lock"));
    for (auto const* const id : {"a", "b", "c"}) {  // left behind before this service started
        std::ofstream(dir_ / "state" / (std::string(id) + ".lock")) << "1 1 run\n";
    }
    EXPECT_TRUE(backend_->find_running().empty());
    std::vector<std::string> left;
    for (auto const& entry : std::filesystem::directory_iterator(dir_ / "state")) {
        left.push_back(entry.path().filename().string());
    }
    EXPECT_EQ(left, std::vector<std::string>{"notify.sock"});
}

TEST_F(ProcessBackendTest, ALeaseFileThatTellsOfAnotherProcessIsNotBelieved) {
    start("exit 0");
    auto const file = (dir_ / "state/demo.lock").string();
    auto const lease = net::Lease::take(file, "run");
    ASSERT_TRUE(lease);
    for (auto const& text : {std::string("1 12345 run\n"), std::string("99999999 1 run\n"),
                             std::string("nonsense"), std::string()}) {
        std::ofstream(file, std::ios::trunc) << text;
        EXPECT_TRUE(backend_->find_running().empty()) << text;
    }
    std::ofstream((dir_ / "state/not a stream.lock").string()) << "x";
    std::ofstream((dir_ / "state/other.txt").string()) << "x";
    EXPECT_TRUE(backend_->find_running().empty());
}

TEST_F(ProcessBackendTest, StopAllAsksFirstAndKillsThen) {
    start(
        R"(if [ $3 = deaf ]; then trap '' TERM; fi; touch $DIR/$3; while :; do sleep 0.05; done)");
    spawn("deaf");
    spawn("obeys");
    ASSERT_TRUE(run_until([&] {
        return std::filesystem::exists(dir_ / "deaf") && std::filesystem::exists(dir_ / "obeys");
    }));
    backend_->stop_all();
    ASSERT_TRUE(wait_for<event::WorkerExited>("obeys"));
    EXPECT_EQ(backend_->running(), 1U) << "the deaf one goes on";
    backend_->kill_all();
    ASSERT_TRUE(run_until([&] { return backend_->running() == 0; }));
    EXPECT_EQ(reported<event::WorkerExited>("obeys")->exit.number, SIGTERM);
    EXPECT_EQ(reported<event::WorkerExited>("deaf")->exit.number, SIGKILL);
}

TEST_F(ProcessBackendTest, AStateDirectoryThatCannotBeIsASentence) {
    std::ofstream(dir_ / "file") << "x";
    auto settings = settings_for({"/bin/false"});
    settings.state_dir = (dir_ / "file/below").string();
    ProcessBackend backend(io_, settings);
    auto const opened = backend.open(*this);
    ASSERT_FALSE(opened);
    EXPECT_TRUE(opened.error().starts_with("state directory ")) << opened.error();
}

TEST_F(ProcessBackendTest, AfterCloseNothingIsReportedAndWorkersGoOn) {
    start("echo $$ >$DIR/$3; exec sleep 60");
    spawn("first");
    ASSERT_TRUE(wait_for<event::WorkerSpawned>("first"));
    spawn("second");  // its start is about to be reported
    reports_.clear();
    backend_->close();
    EXPECT_EQ(backend_->running(), 0U);
    for (auto const* const name : {"first", "second"}) {
        ASSERT_TRUE(run_until([&] { return content(name).ends_with('\n'); })) << name;
        auto const pid = std::atoi(content(name).c_str());
        EXPECT_EQ(::kill(-pid, SIGKILL), 0) << name << " runs";
        EXPECT_EQ(::waitpid(pid, nullptr, 0), pid) << "this test is its parent";
    }
    EXPECT_TRUE(reports_.empty());
}

}  // namespace
}  // namespace tidegate::orchestrator
