// The whole control loop with real worker processes, an observer, and a router that is our HTTP
// server with a list that the test writes.
#include "orchestrator/io/router/control_plane.hpp"

#include <signal.h>

#include <map>

#include "http/server.hpp"
#include "orchestrator/io/loop_test.hpp"
#include "orchestrator/io/process/process_backend.hpp"

namespace tidegate::orchestrator {
namespace {

using std::chrono::milliseconds;

struct Observed final : ControlPlaneObserver {
    void on_transition(Transition const& t) override {
        transitions.push_back(t.stream_id + ":" + std::string(name(t.to)));
    }
    void on_worker_exit(std::string const& id, WorkerExit const&) override { ++exits[id]; }
    void on_worker_start(std::string const& id, std::optional<int> pid) override {
        pids[id].push_back(pid.value());
    }
    void on_worker_adopted(std::string const& id, std::string const&, std::optional<int>) override {
        adopted.push_back(id);
    }
    void on_output_readable(std::string const& id, std::chrono::nanoseconds after) override {
        readable[id] = after;
    }
    void on_stale_hint(std::string const&) override { ++stale; }
    void on_resync(ListStatus const& status) override {
        ++looks;
        failed += status.error.empty() ? 0 : 1;
    }
    void on_list(std::vector<PathItem> const& items, Time) override {
        listed = items.size();
        recorded.clear();
        for (auto const& item : items) {
            if (item.recorded) recorded.push_back(item.name);
        }
    }
    void on_worker_line(std::string const& id, std::string_view line) override {
        lines[id].emplace_back(line);
    }
    void on_router_doors(RouterDoors const& told) override { doors.push_back(told); }
    void on_operate(std::string const& id, OperatorAction action) override {
        operated.push_back(id + ":" + std::string(name(action)));
    }
    std::size_t listed = 0;
    std::vector<std::string> recorded;
    std::map<std::string, std::vector<std::string>> lines;
    std::vector<RouterDoors> doors;
    std::vector<std::string> operated;
    std::vector<std::string> transitions;
    std::map<std::string, std::vector<int>> pids;
    std::vector<std::string> adopted;
    std::map<std::string, int> exits;
    std::map<std::string, std::chrono::nanoseconds> readable;
    int stale = 0;
    int looks = 0;
    int failed = 0;
};

constexpr auto kGoodWorker = R"sh(exec /usr/bin/python3 -c "
import os, socket, time
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.sendto(b'READY=1', os.environ['NOTIFY_SOCKET'])
while True:
    s.sendto(b'WATCHDOG=1', os.environ['NOTIFY_SOCKET'])
    time.sleep(0.2)")sh";

class ControlPlaneTest : public LoopTest {
protected:
    std::map<std::string, std::string> paths_;  // name -> source id
    unsigned status_ = 200;
    Observed observed_;
    std::unique_ptr<http::Server> router_;
    std::unique_ptr<ProcessBackend> backend_;
    std::unique_ptr<ControlPlane> control_;

    void start(std::string const& worker, std::function<void(Policy&)> const& change = {}) {
        http::ServerSettings settings;
        settings.address = "127.0.0.1:0";
        settings.refuse = [](http::Refusal, http::RefusalInfo const& info) {
            return http::Response{.status = info.status};
        };
        router_ = std::make_unique<http::Server>(io_, settings);
        router_->route("GET", "/v3/paths/list", [this](auto const&) { return list(); });
        router_->route("GET", "/v3/config/global/get", [](auto const&) {
            return http::Response{.content_type = "application/json",
                                  .body = R"({"hls":true,"hlsAddress":":8888"})"};
        });
        router_->route("GET", "/v3/config/paths/list", [](auto const&) {
            return http::Response{.content_type = "application/json",
                                  .body = R"({"items":[{"name":"~^live/","record":true}]})"};
        });
        ASSERT_TRUE(router_->start());
        ControlPlaneSettings control;
        control.policy.resync_interval = milliseconds{50};
        control.policy.restart_delay = milliseconds{50};
        control.policy.grace = milliseconds{300};
        if (change) change(control.policy);
        WorkerCommand command;
        command.program = {script("worker.sh", worker)};
        auto workers = worker_backend_settings(command);
        workers.state_dir = (dir_ / "state").string();
        workers.environment = {"PATH=/usr/bin:/bin", "DIR=" + dir_.string()};
        backend_ = std::make_unique<ProcessBackend>(io_, workers);
        control.router_api = "http://127.0.0.1:" + std::to_string(router_->port());
        control_ = std::make_unique<ControlPlane>(io_, control, *backend_, observed_);
        auto const started = control_->start();
        ASSERT_TRUE(started) << started.error();
    }
    void TearDown() override {
        if (!control_) return;
        auto stopped =
            asio::co_spawn(io_, control_->stop(true, milliseconds{500}), asio::use_future);
        ASSERT_TRUE(run_until(
            [&] { return stopped.wait_for(milliseconds{0}) == std::future_status::ready; }));
        auto closed = asio::co_spawn(io_, router_->stop(milliseconds{100}), asio::use_future);
        run_until([&] { return closed.wait_for(milliseconds{0}) == std::future_status::ready; });
        for (auto const& [id, pids] : observed_.pids) {
            for (int const pid : pids) EXPECT_NE(::kill(pid, 0), 0) << id;
        }
    }

    http::Response list() const {
        std::string items;
        for (auto const& [name, source] : paths_) {
            items += (items.empty() ? "" : ",") + (R"({"name":")" + name) + R"(","confName":")" +
                     (name.ends_with("/in") ? "all_others" : "~^live/") +
                     R"(","online":true,"source":{"type":"rtmpConn","id":")" + source + "\"}}";
        }
        return {.status = status_,
                .content_type = "application/json",
                .body = R"({"itemCount":)" + std::to_string(paths_.size()) +
                        R"(,"pageCount":1,"items":[)" + items + "]}"};
    }
    std::string state(std::string const& id) const {
        auto const view = control_->view(id);
        return view ? std::string(name(view->state)) : "unknown";
    }
    bool reaches(std::string const& id, std::string const& wanted) {
        return run_until([&] { return state(id) == wanted; });
    }
    // Waits for so many resyncs.
    bool look(int count) {
        auto const until = observed_.looks + count;
        return run_until([&] { return observed_.looks >= until; });
    }
};

TEST_F(ControlPlaneTest, ALiveStreamGetsAWorkerAndItsOutputIsNoticed) {
    start(kGoodWorker);
    paths_["live/demo/in"] = "A";
    ASSERT_TRUE(reaches("demo", "running"));
    EXPECT_EQ(observed_.pids["demo"].size(), 1U);
    EXPECT_FALSE(observed_.readable.contains("demo"));
    paths_["live/demo/out"] = "worker";
    ASSERT_TRUE(run_until([&] { return observed_.readable.contains("demo"); }));
    EXPECT_TRUE(control_->view("demo")->output_readable);
    // Paths of other kinds are none of our business.
    paths_["live/demo"] = paths_["cam/x/in"] = paths_["live/a b/in"] = "B";
    ASSERT_TRUE(look(3));
    EXPECT_EQ(control_->views().size(), 1U);
}

TEST_F(ControlPlaneTest, AHookMakesItLookAtOnceAndDecidesNothing) {
    start(kGoodWorker, [](Policy& policy) { policy.resync_interval = std::chrono::hours{1}; });
    ASSERT_TRUE(look(1));
    control_->hint_ready("ghost", "A", "");
    ASSERT_TRUE(look(1));
    EXPECT_EQ(state("ghost"), "unknown");
    paths_["live/demo/in"] = "A";
    control_->hint_ready("demo", "A", "lang=es");
    ASSERT_TRUE(reaches("demo", "running")) << "though the next regular look is an hour away";
    EXPECT_EQ(control_->view("demo")->worker->params, (Params{{"lang", "es"}}));
    control_->hint_not_ready("demo", "another");
    EXPECT_EQ(observed_.stale, 1);
    EXPECT_EQ(state("demo"), "running");
    // Many hints lead to a bounded number of resyncs.
    auto const before = observed_.looks;
    auto const begun = Clock::now();
    for (int i = 0; i < 5000; ++i) {
        control_->hint_ready("demo", "A", "lang=es");
        if (i % 100 == 0) io_.run_for(milliseconds{1});
    }
    run_until([&] { return Clock::now() - begun > milliseconds{200}; });
    EXPECT_LE(observed_.looks - before, (Clock::now() - begun) / kHintSpacing + 3);
}

TEST_F(ControlPlaneTest, DashboardsAreToldOfListsLinesDoorsAndCommands) {
    start("echo hello; " + std::string(kGoodWorker));
    paths_["live/demo/in"] = "A";
    ASSERT_TRUE(reaches("demo", "running"));
    ASSERT_TRUE(run_until([&] { return !observed_.lines["demo"].empty(); }));
    EXPECT_EQ(observed_.lines["demo"].front(), "hello");
    EXPECT_EQ(observed_.listed, 1U);
    ASSERT_EQ(observed_.doors.size(), 1U) << "told once, for they have not changed";
    EXPECT_EQ(observed_.doors[0].hls, (Door{true, ":8888", false}));
    paths_["live/demo/out"] = "B";
    EXPECT_TRUE(run_until([&] { return !observed_.recorded.empty(); }));
    EXPECT_EQ(observed_.recorded, std::vector<std::string>{"live/demo/out"});
    control_->operate("nobody", OperatorAction::stop);
    control_->operate("demo", OperatorAction::restart);
    EXPECT_EQ(observed_.operated, std::vector<std::string>{"demo:restart"});
}

TEST_F(ControlPlaneTest, AFailedListEndsNothing) {
    start(kGoodWorker);
    paths_["live/demo/in"] = "A";
    ASSERT_TRUE(reaches("demo", "running"));
    status_ = 500;
    auto const failed = observed_.failed;
    ASSERT_TRUE(run_until([&] { return observed_.failed >= failed + 10; }));
    EXPECT_EQ(state("demo"), "running");
    EXPECT_FALSE(control_->list_status().error.empty());
    status_ = 200;
    paths_.clear();
    ASSERT_TRUE(reaches("demo", "idle"));
    EXPECT_EQ(observed_.exits["demo"], 1);
}

TEST_F(ControlPlaneTest, AWorkerThatFailsIsStartedAgainUntilTheLimit) {
    start("exit 50", [](Policy& policy) { policy.max_starts = 3; });
    paths_["live/demo/in"] = "A";
    ASSERT_TRUE(reaches("demo", "failed"));
    EXPECT_EQ(observed_.pids["demo"].size(), 3U);
    EXPECT_EQ(observed_.exits["demo"], 3);
    EXPECT_TRUE(control_->operate("demo", OperatorAction::reset));
    ASSERT_TRUE(run_until([&] { return observed_.exits["demo"] > 3; }));
    EXPECT_FALSE(control_->operate("unknown", OperatorAction::restart));
}

TEST_F(ControlPlaneTest, AnOperatorStopsAndRestarts) {
    start(kGoodWorker);
    paths_["live/demo/in"] = "A";
    ASSERT_TRUE(reaches("demo", "running"));
    control_->operate("demo", OperatorAction::stop);
    ASSERT_TRUE(reaches("demo", "idle"));
    ASSERT_TRUE(look(3));
    EXPECT_EQ(state("demo"), "idle") << "still live, but held";
    EXPECT_TRUE(control_->view("demo")->input_live);
    control_->operate("demo", OperatorAction::restart);
    ASSERT_TRUE(reaches("demo", "running"));
    EXPECT_EQ(observed_.pids["demo"].size(), 2U);
}

TEST_F(ControlPlaneTest, WithoutWorkersItOnlyWatches) {
    start("exit 0", [](Policy& policy) { policy.run_workers = false; });
    paths_["live/demo/in"] = "A";
    ASSERT_TRUE(reaches("demo", "backing-off"));
    EXPECT_TRUE(observed_.pids.empty());
}

}  // namespace
}  // namespace tidegate::orchestrator
