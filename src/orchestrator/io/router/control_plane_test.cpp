// The whole control loop with real worker processes, an observer, and routers that are our HTTP
// servers with lists that the test writes.
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
    void on_look(std::string const&, base::StreamPath const&, PathItem const*, Time) override {
        ++looks;
    }
    void on_router_conflict(RouterConflict const& one) override { conflicts.push_back(one); }
    void on_list(std::string const&, std::vector<PathItem> const& items, Time) override {
        listed = items.size();
        recorded.clear();
        for (auto const& item : items) {
            if (item.recorded) recorded.push_back(item.name);
        }
    }
    void on_worker_line(std::string const& id, std::string_view line) override {
        lines[id].emplace_back(line);
    }
    void on_router_doors(std::string const&, RouterDoors const& told) override {
        doors.push_back(told);
    }
    void on_operate(std::string const& id, OperatorAction action) override {
        operated.push_back(id + ":" + std::string(name(action)));
    }
    std::size_t listed = 0;
    std::vector<std::string> recorded;
    std::map<std::string, std::vector<std::string>> lines;
    std::vector<RouterDoors> doors;
    std::vector<RouterConflict> conflicts;
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

// A router, as far as the control plane asks it.
class ListedRouter {
public:
    explicit ListedRouter(asio::io_context& io) {
        http::ServerSettings settings;
        settings.address = "127.0.0.1:0";
        settings.refuse = [](http::Refusal, http::RefusalInfo const& info) {
            return http::Response{.status = info.status};
        };
        server_ = std::make_unique<http::Server>(io, settings);
        server_->route("GET", "/v3/paths/list", [this](auto const&) { return list(); });
        server_->route("GET", "/v3/paths/get/{name...}", [this](http::Request const& request) {
            return one(request.params.at("name"));
        });
        server_->route("GET", "/v3/rtmpconns/get/{id}", [this](http::Request const& request) {
            ++connections;
            auto const found = queries.find(request.params.at("id"));
            if (found == queries.end()) return http::Response{.status = 404};
            return http::Response{.content_type = "application/json",
                                  .body = R"({"query":")" + found->second + "\"}"};
        });
        server_->route("GET", "/v3/config/global/get", [](auto const&) {
            return http::Response{.content_type = "application/json",
                                  .body = R"({"hls":true,"hlsAddress":":8888"})"};
        });
        server_->route("GET", "/v3/config/paths/list", [](auto const&) {
            return http::Response{.content_type = "application/json",
                                  .body = R"({"items":[{"name":"~^live/","record":true}]})"};
        });
        EXPECT_TRUE(server_->start());
    }
    RouterAddress address() const {
        auto const name = "127.0.0.1:" + std::to_string(server_->port());
        auto const host = "127.0.0.1:" + std::to_string(server_->port() + 1);
        return {name, "http://" + name, "rtsp://" + host, "rtmp://" + host};
    }
    asio::awaitable<void> stop() { return server_->stop(milliseconds{100}); }

    std::map<std::string, std::string> paths;    // name -> source id
    std::map<std::string, std::string> queries;  // source id -> how it was published
    int connections = 0;                         // that were asked for
    unsigned status = 200;
    int lists = 0;

private:
    static std::string item(std::string const& name, std::string const& source) {
        return (R"({"name":")" + name) + R"(","confName":")" +
               (name.ends_with("/in") ? "all_others" : "~^live/") +
               R"(","online":true,"source":{"type":"rtmpConn","id":")" + source + "\"}}";
    }
    http::Response list() {
        ++lists;
        std::string items;
        for (auto const& [name, source] : paths) {
            items += (items.empty() ? "" : ",") + item(name, source);
        }
        return {.status = status,
                .content_type = "application/json",
                .body = R"({"itemCount":)" + std::to_string(paths.size()) +
                        R"(,"pageCount":1,"items":[)" + items + "]}"};
    }
    http::Response one(std::string const& name) const {
        auto const found = paths.find(name);
        if (found == paths.end()) return {.status = 404};
        return {.status = status,
                .content_type = "application/json",
                .body = item(name, found->second)};
    }

    std::unique_ptr<http::Server> server_;
};

class ControlPlaneTest : public LoopTest {
protected:
    ListedRouter router_{io_}, other_{io_};
    std::map<std::string, std::string>& paths_ = router_.paths;
    unsigned& status_ = router_.status;
    Observed observed_;
    std::unique_ptr<ProcessBackend> backend_;
    std::unique_ptr<ControlPlane> control_;
    std::shared_ptr<net::Fence> fence_;  // null: there is none

    void start(std::string const& worker, std::function<void(Policy&)> const& change = {},
               bool both = false) {
        ControlPlaneSettings control;
        control.policy.resync_interval = milliseconds{50};
        control.policy.restart_delay = milliseconds{50};
        control.policy.grace = milliseconds{300};
        if (change) change(control.policy);
        control.routers.listed = {router_.address()};
        control.fence = fence_;
        if (both) control.routers.listed.push_back(other_.address());
        WorkerCommand command;
        command.program = {script("worker.sh", worker)};
        command.routers = control.routers;
        auto workers = worker_backend_settings(command);
        workers.state_dir = (dir_ / "state").string();
        workers.environment = {"PATH=/usr/bin:/bin", "DIR=" + dir_.string()};
        backend_ = std::make_unique<ProcessBackend>(io_, workers);
        control_ = std::make_unique<ControlPlane>(io_, control, *backend_, observed_);
        auto const started = control_->start();
        ASSERT_TRUE(started) << started.error();
    }
    void run_to_end(asio::awaitable<void> task) {
        auto ended = asio::co_spawn(io_, std::move(task), asio::use_future);
        ASSERT_TRUE(run_until(
            [&] { return ended.wait_for(milliseconds{0}) == std::future_status::ready; }));
    }
    void TearDown() override {
        if (control_) run_to_end(control_->stop(true, milliseconds{500}));
        run_to_end(router_.stop());
        run_to_end(other_.stop());
        for (auto const& [id, pids] : observed_.pids) {
            for (int const pid : pids) EXPECT_NE(::kill(pid, 0), 0) << id;
        }
    }

    std::string state(std::string const& id) const {
        auto const view = control_->view(id);
        return view ? std::string(name(view->state)) : "unknown";
    }
    bool reaches(std::string const& id, std::string const& wanted) {
        return run_until([&] { return state(id) == wanted; });
    }
    // Waits for so many resyncs and looks.
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

TEST_F(ControlPlaneTest, WithoutItsHookTheQueryIsThatOfTheConnection) {
    router_.queries["A"] = "lang=es";
    paths_["live/demo/in"] = "A";
    start(kGoodWorker, [](Policy& policy) { policy.query_patience = std::chrono::hours{1}; });
    ASSERT_TRUE(reaches("demo", "running"));
    EXPECT_EQ(control_->view("demo")->worker->params, (Params{{"lang", "es"}}));
    EXPECT_EQ(observed_.pids["demo"].size(), 1U);
    EXPECT_EQ(router_.connections, 1);
    // One whose connection the router does not know gets a worker all the same.
    paths_["live/other/in"] = "B";
    ASSERT_TRUE(reaches("other", "running"));
    EXPECT_EQ(router_.connections, 2);
}

// As after a start, with more streams than a list is worth.
TEST_F(ControlPlaneTest, TheQueriesOfManyStreamsAreAllAskedFor) {
    constexpr std::size_t kStreams = 200;
    static_assert(kStreams > kMostLooks);
    for (std::size_t i = 0; i < kStreams; ++i) {
        paths_["live/s" + std::to_string(i) + "/in"] = "A" + std::to_string(i);
        router_.queries["A" + std::to_string(i)] = "n=" + std::to_string(i);
    }
    start(kGoodWorker, [](Policy& policy) {
        policy.query_patience = std::chrono::hours{1};
        policy.run_workers = false;
    });
    ASSERT_TRUE(run_until([&] { return control_->fleet().size() == kStreams; }));
    for (auto const& view : control_->views()) {
        EXPECT_EQ(view.session->params, (Params{{"n", view.stream_id.substr(1)}}));
    }
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
    EXPECT_FALSE(control_->routers().status().front().list.error.empty());
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

TEST_F(ControlPlaneTest, WhoLeadsNoMoreStartsAndStopsNobody) {
    fence_ = std::make_shared<net::Fence>();
    fence_->until = net::Fence::Clock::time_point::max();
    paths_["live/s1/in"] = "a";
    start(kGoodWorker);
    ASSERT_TRUE(run_until([&] { return observed_.pids["s1"].size() == 1; }));
    fence_->until = net::Fence::Clock::now();
    paths_["live/s2/in"] = "b";
    paths_.erase("live/s1/in");
    auto const looks = observed_.looks;
    ASSERT_TRUE(
        run_until([&] { return observed_.looks > looks + 20; }));  // a second: the grace, too
    EXPECT_TRUE(observed_.pids["s2"].empty());
    EXPECT_EQ(observed_.exits["s1"], 0);
    fence_->until = net::Fence::Clock::time_point::max();
}

TEST_F(ControlPlaneTest, WithoutWorkersItOnlyWatches) {
    start("exit 0", [](Policy& policy) { policy.run_workers = false; });
    paths_["live/demo/in"] = "A";
    ASSERT_TRUE(reaches("demo", "backing-off"));
    EXPECT_TRUE(observed_.pids.empty());
}

// --- several routers ---

TEST_F(ControlPlaneTest, AWorkerReadsFromTheRouterThatHasItsStreamAndFollowsIt) {
    start(std::string("echo $@ >>$DIR/arguments\n") + kGoodWorker, {}, true);
    other_.paths["live/demo/in"] = "A";
    ASSERT_TRUE(reaches("demo", "running"));
    EXPECT_EQ(control_->view("demo")->session->router, other_.address().name);
    EXPECT_EQ(control_->view("demo")->worker->router, other_.address().name);
    auto const run = control_->view("demo")->run_id;
    auto const from = [](ListedRouter const& router) {
        return "--input " + router.address().rtsp + "/live/demo/in --output " +
               router.address().rtmp + "/live/demo/out";
    };
    EXPECT_TRUE(content("arguments").contains(from(other_))) << content("arguments");
    // The publisher has moved.
    other_.paths.clear();
    router_.paths["live/demo/in"] = "B";
    ASSERT_TRUE(run_until([&] {
        auto const view = control_->view("demo");
        return view->state == StateKind::running && view->worker->router == router_.address().name;
    }));
    EXPECT_TRUE(content("arguments").contains(from(router_))) << content("arguments");
    EXPECT_EQ(control_->view("demo")->run_id, run);
    EXPECT_EQ(observed_.pids["demo"].size(), 2U);
}

TEST_F(ControlPlaneTest, ARouterThatDoesNotAnswerKeepsItsStreams) {
    start(kGoodWorker, {}, true);
    router_.paths["live/a/in"] = "A";
    other_.paths["live/b/in"] = "B";
    ASSERT_TRUE(reaches("a", "running") && reaches("b", "running"));
    router_.status = 500;
    router_.paths.clear();
    other_.paths.clear();
    ASSERT_TRUE(reaches("b", "idle")) << "the other router goes on";
    EXPECT_EQ(state("a"), "running");
    router_.status = 200;
    ASSERT_TRUE(reaches("a", "idle"));
}

TEST_F(ControlPlaneTest, AStreamOnTwoRoutersIsToldAndHasOneWorker) {
    start(kGoodWorker, {}, true);
    router_.paths["live/a/in"] = "A";
    ASSERT_TRUE(reaches("a", "running"));
    other_.paths["live/a/in"] = "B";
    ASSERT_TRUE(run_until([&] { return !observed_.conflicts.empty(); }));
    EXPECT_EQ(observed_.conflicts[0],
              (RouterConflict{"a", other_.address().name, router_.address().name}));
    ASSERT_TRUE(run_until([&] {
        auto const view = control_->view("a");
        return view->state == StateKind::running && view->worker->router == other_.address().name;
    }));
    EXPECT_EQ(control_->view("a")->also_on, std::vector<std::string>{router_.address().name});
    EXPECT_EQ(control_->desired().doubled(), 1U);
    ASSERT_TRUE(look(6));
    EXPECT_EQ(observed_.pids["a"].size(), 2U) << "and it stays there";
}

TEST_F(ControlPlaneTest, AHookMakesItLookAtThatPathAlone) {
    start(
        kGoodWorker, [](Policy& policy) { policy.resync_interval = std::chrono::hours{1}; }, true);
    ASSERT_TRUE(run_until([&] { return router_.lists + other_.lists == 1; }));
    other_.paths["live/demo/in"] = "A";
    control_->hint_ready("demo", "A", "", "192.0.2.1");  // of no router that we know
    ASSERT_TRUE(reaches("demo", "running"));
    other_.paths["live/demo/out"] = "W";
    control_->hint_output("demo");
    ASSERT_TRUE(run_until([&] { return observed_.readable.contains("demo"); }));
    EXPECT_EQ(router_.lists + other_.lists, 1) << "no list was read for it";
}

TEST_F(ControlPlaneTest, MoreHooksThanAListIsWorthMakeItReadTheList) {
    start(kGoodWorker, [](Policy& policy) {
        policy.resync_interval = std::chrono::hours{1};
        policy.run_workers = false;
    });
    ASSERT_TRUE(run_until([&] { return router_.lists == 1; }));
    for (int i = 0; i < 500; ++i) {
        auto const id = "s" + std::to_string(i);
        paths_["live/" + id + "/in"] = "A";
        control_->hint_ready(id, "A", "");
    }
    ASSERT_TRUE(run_until([&] { return control_->fleet().size() == 500; }));
    EXPECT_GE(router_.lists, 2);
    EXPECT_LE(router_.lists, 20);
}

}  // namespace
}  // namespace tidegate::orchestrator
