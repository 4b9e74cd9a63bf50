// The control plane over a backend that is nothing like a process of this machine: it lists and
// watches, its answers take long, its workers have no process id and end with a reason in words.
#include <map>
#include <thread>
#include <variant>

#include "http/server.hpp"
#include "orchestrator/io/loop_test.hpp"
#include "orchestrator/io/router/control_plane.hpp"

namespace tidegate::orchestrator {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kWatchdog{2000};

// Stands for a cluster: it remembers what it is asked to do, and answers when the test says so.
class Cluster final : public WorkerBackend {
public:
    std::expected<void, std::string> open(WorkerListener& listener) override {
        listener_ = &listener;
        return {};
    }
    void close() override { listener_ = nullptr; }
    void start(std::string const& name, action::Spawn const& spawn) override {
        ++starts;
        pods[name] = {spawn.generation, WorkerHandle{++last_uid_}};
    }
    void adopt(std::string const& name, action::Adopt const& adopt) override {
        pods[name] = {adopt.generation, adopt.handle};
    }
    void stop(std::string const& name, WorkerHandle handle) override { stopped[name] = handle; }
    void kill(std::string const& name, WorkerHandle handle) override { killed[name] = handle; }
    void stop_all() override { stopping_all = true; }
    void kill_all() override {
        killing_all = true;
        pods.clear();
    }
    std::size_t running() const override { return pods.size(); }
    std::optional<int> pid_of(WorkerHandle) const override { return std::nullopt; }

    void report(std::string const& name, Event const& event) {
        listener_->on_worker_event(name, event);
    }
    void listed() { listener_->on_listed(); }
    bool watched() const { return listener_ != nullptr; }

    struct Pod {
        Generation generation;
        WorkerHandle handle;
    };
    std::map<std::string, Pod> pods;
    std::map<std::string, WorkerHandle> stopped, killed;
    int starts = 0;
    bool stopping_all = false;
    bool killing_all = false;

private:
    WorkerListener* listener_ = nullptr;
    std::uint64_t last_uid_ = 1000;
};

struct ObservedStates final : ControlPlaneObserver {
    void on_transition(Transition const&) override {}
    void on_worker_exit(std::string const&, WorkerExit const& exit) override {
        exits.push_back(describe(exit));
    }
    void on_worker_start(std::string const&, std::optional<int> pid) override {
        ++started;
        EXPECT_FALSE(pid);
    }
    void on_worker_adopted(std::string const& id, std::string const& run_id,
                           std::optional<int> pid) override {
        adopted.push_back(id + " " + run_id);
        EXPECT_FALSE(pid);
    }
    void on_output_readable(std::string const&, std::chrono::nanoseconds) override {}
    void on_stale_hint(std::string const&) override {}
    void on_resync(ListStatus const&) override { ++looks; }
    std::vector<std::string> exits;
    std::vector<std::string> adopted;
    int started = 0;
    int looks = 0;
};

class ListedBackendTest : public LoopTest {
protected:
    Cluster cluster_;
    ObservedStates observed_;
    std::string items_ = R"({"name":"live/demo/in","online":true,"source":{"type":"x","id":"A"}})";
    std::unique_ptr<http::Server> router_;
    std::unique_ptr<ControlPlane> control_;

    void SetUp() override {
        http::ServerSettings settings;
        settings.address = "127.0.0.1:0";
        settings.refuse = [](http::Refusal, http::RefusalInfo const& info) {
            return http::Response{.status = info.status};
        };
        router_ = std::make_unique<http::Server>(io_, settings);
        router_->route("GET", "/v3/paths/list", [this](auto const&) {
            return http::Response{
                .content_type = "application/json",
                .body = R"({"itemCount":1,"pageCount":1,"items":[)" + items_ + "]}"};
        });
        ASSERT_TRUE(router_->start());
        ControlPlaneSettings control;
        control.policy.resync_interval = milliseconds{20};
        control.policy.hook_patience = {};
        control.policy.watchdog = kWatchdog;
        control.policy.heartbeat = milliseconds{300};
        control.routers = one_router("http://127.0.0.1:" + std::to_string(router_->port()), "", "");
        control_ = std::make_unique<ControlPlane>(io_, control, cluster_, observed_);
        ASSERT_TRUE(control_->start());
    }
    void TearDown() override {
        cluster_.pods.clear();
        run_to_end(control_->stop(false, milliseconds{0}));
        EXPECT_FALSE(cluster_.watched()) << "nobody is left to report to";
        run_to_end(router_->stop(milliseconds{100}));
    }

    void run_to_end(asio::awaitable<void> task) {
        auto done = asio::co_spawn(io_, std::move(task), asio::use_future);
        EXPECT_TRUE(
            run_until([&] { return done.wait_for(milliseconds{0}) == std::future_status::ready; }));
    }
    bool look(int count) {
        auto const until = observed_.looks + count;
        return run_until([&] { return observed_.looks >= until; });
    }
    StateKind state() const { return control_->view("demo")->state; }
};

TEST_F(ListedBackendTest, NothingIsStartedBeforeTheRunningWorkersAreKnown) {
    auto const later = Clock::now() + milliseconds{100};  // the time of five resyncs
    run_until([&] { return Clock::now() > later; });
    EXPECT_EQ(observed_.looks, 0) << "the router is not even asked";
    cluster_.report("demo", event::Adopted{WorkerHandle{7}, "run-of-before", Params{}});
    EXPECT_EQ(observed_.adopted, std::vector<std::string>{"demo run-of-before"});
    cluster_.listed();
    ASSERT_TRUE(look(5));
    EXPECT_EQ(cluster_.starts, 0) << "it has its worker";
    EXPECT_EQ(cluster_.pods.at("demo").handle, WorkerHandle{7});
    EXPECT_EQ(state(), StateKind::running);
    EXPECT_EQ(control_->view("demo")->run_id, "run-of-before");
}

TEST_F(ListedBackendTest, AnAnswerThatTakesLongIsAwaitedAndNothingIsAskedTwice) {
    cluster_.listed();
    ASSERT_TRUE(run_until([&] { return cluster_.starts == 1; }));
    ASSERT_TRUE(look(5));
    EXPECT_EQ(cluster_.starts, 1);
    EXPECT_EQ(state(), StateKind::starting);
    EXPECT_EQ(control_->view("demo")->worker->handle, std::nullopt);
    control_->operate("demo", OperatorAction::stop);
    EXPECT_TRUE(cluster_.stopped.empty()) << "there is nobody yet to be told";
    auto const pod = cluster_.pods.at("demo");
    cluster_.report("demo", event::WorkerSpawned{pod.generation, pod.handle});
    EXPECT_EQ(cluster_.stopped.at("demo"), pod.handle);
    EXPECT_EQ(observed_.started, 1);
}

TEST_F(ListedBackendTest, AReasonInWordsReachesTheOperator) {
    cluster_.listed();
    ASSERT_TRUE(run_until([&] { return cluster_.starts == 1; }));
    auto const pod = cluster_.pods.at("demo");
    cluster_.report("demo", event::WorkerSpawned{pod.generation, pod.handle});
    cluster_.report("demo", event::WorkerReady{pod.generation});
    EXPECT_EQ(state(), StateKind::running);
    cluster_.pods.clear();
    cluster_.report(
        "demo", event::WorkerExited{pod.generation, {WorkerExit::Kind::signal, 9, "OOMKilled"}});
    EXPECT_EQ(observed_.exits, std::vector<std::string>{"killed by signal 9 (SIGKILL): OOMKilled"});
    auto const view = *control_->view("demo");
    EXPECT_TRUE(view.reason.contains("OOMKilled")) << view.reason;
}

TEST_F(ListedBackendTest, AStartThatIsRefusedSaysWhyAndIsRepeatedLater) {
    cluster_.listed();
    ASSERT_TRUE(run_until([&] { return cluster_.starts == 1; }));
    auto const generation = cluster_.pods.at("demo").generation;
    cluster_.pods.clear();
    cluster_.report("demo", event::SpawnFailed{generation, "no node has 2 GiB free"});
    EXPECT_EQ(state(), StateKind::backing_off);
    EXPECT_TRUE(
        control_->view("demo")->reason.ends_with("could not be started: no node has 2 GiB free"))
        << control_->view("demo")->reason;
    ASSERT_TRUE(run_until([&] { return cluster_.starts == 2; }));
}

TEST_F(ListedBackendTest, AWorkerThatTheWatchShowsLaterIsTakenOver) {
    cluster_.listed();
    ASSERT_TRUE(run_until([&] { return cluster_.starts == 1; }));
    auto const pod = cluster_.pods.at("demo");
    cluster_.report("demo", event::WorkerSpawned{pod.generation, pod.handle});
    // Another program has started one at the same time; ours ends because of it.
    cluster_.pods.clear();
    cluster_.report("demo",
                    event::WorkerExited{pod.generation, {WorkerExit::Kind::code, kExitTransient}});
    cluster_.report("demo", event::Adopted{WorkerHandle{9}, "another-run", std::nullopt});
    EXPECT_EQ(state(), StateKind::running);
    EXPECT_EQ(cluster_.pods.at("demo").handle, WorkerHandle{9});
    ASSERT_TRUE(look(3));
    EXPECT_EQ(cluster_.starts, 1);
}

TEST_F(ListedBackendTest, AWorkerThatCouldNotBeHeardWhileWeWereHeldUpGetsTimeToSpeak) {
    cluster_.listed();
    ASSERT_TRUE(run_until([&] { return cluster_.starts == 1; }));
    auto const pod = cluster_.pods.at("demo");
    cluster_.report("demo", event::WorkerSpawned{pod.generation, pod.handle});
    cluster_.report("demo", event::WorkerReady{pod.generation});
    // This process does not run, for longer than the watchdog allows a worker to be silent.
    std::this_thread::sleep_for(kWatchdog + kHeldUp + milliseconds{100});
    io_.restart();
    io_.poll();
    EXPECT_EQ(state(), StateKind::running) << "the silence was ours";
    EXPECT_TRUE(cluster_.killed.empty());
    // A worker that stays silent is killed all the same.
    ASSERT_TRUE(run_until([&] { return !cluster_.killed.empty(); }));
    EXPECT_EQ(cluster_.killed.at("demo"), pod.handle);
}

TEST_F(ListedBackendTest, AServiceThatTakesItsWorkersWithItAsksFirstAndKillsThen) {
    cluster_.listed();
    ASSERT_TRUE(run_until([&] { return cluster_.starts == 1; }));
    auto const begun = Clock::now();
    run_to_end(control_->stop(true, milliseconds{100}));
    EXPECT_TRUE(cluster_.stopping_all);
    EXPECT_TRUE(cluster_.killing_all);
    EXPECT_GE(Clock::now() - begun, milliseconds{100}) << "they had their time";
}

}  // namespace
}  // namespace tidegate::orchestrator
