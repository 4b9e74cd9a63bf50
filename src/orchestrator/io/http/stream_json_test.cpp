#include "orchestrator/io/http/stream_json.hpp"

#include <gtest/gtest.h>

#include <set>

namespace tidegate::orchestrator {
namespace {

namespace json = boost::json;
using std::chrono::seconds;

HookEvent hook(HookType type, std::string source_id) {
    HookEvent event{type, {}, "correlation-1", WallTime{} + seconds{1'700'000'000}};
    event.body = {
        "live/demo/in", "lang=es", "rtmpConn", std::move(source_id), {"demo", base::Direction::in}};
    return event;
}

StreamView running() {
    StreamView view;
    view.stream_id = "demo";
    view.state = StateKind::running;
    view.reason = "the worker runs and media advances";
    view.since = Clock::now();
    view.run_id = "run-1";
    view.attempt = 2;
    view.session = Session{"A", "rtmpConn", Params{{"lang", "es"}}};
    view.input_live = view.output_readable = true;
    WorkerInfo worker;
    worker.handle = WorkerHandle{42};
    worker.started = worker.last_progress = Clock::now();
    worker.ready_at = Clock::now();
    worker.status = "50 units a second";
    worker.params = Params{{"lang", "es"}};
    view.worker = worker;
    view.restarts = 1;
    view.last_exit = WorkerExit{WorkerExit::Kind::signal, 9};
    view.last_exit_at = Clock::now();
    return view;
}

WorkerSite site_of(WorkerHandle handle) {
    return {.pid = static_cast<int>(handle)};
}

TEST(StreamJson, TellsThePodOfAWorker) {
    auto const pod = [](WorkerHandle) {
        return WorkerSite{.place = WorkerPlace{"worker-x", "n1"}};
    };
    auto const worker = stream_json("demo", nullptr, running(), pod).at("worker").as_object();
    EXPECT_TRUE(worker.at("pid").is_null());
    EXPECT_EQ(worker.at("pod"), "worker-x");
    EXPECT_EQ(worker.at("node"), "n1");
    auto const waiting = [](WorkerHandle) {
        return WorkerSite{.place = WorkerPlace{"worker-x", ""}};
    };
    EXPECT_TRUE(stream_json("demo", nullptr, running(), waiting).at("worker").at("node").is_null());
}

TEST(StreamJson, TellsAllThatTheOrchestratorKnows) {
    auto const object = stream_json("demo", nullptr, running(), site_of);
    EXPECT_EQ(object.at("streamId"), "demo");
    EXPECT_EQ(object.at("live"), true);
    EXPECT_EQ(object.at("state"), "running");
    EXPECT_EQ(object.at("sourceId"), "A");
    EXPECT_EQ(object.at("attempt"), 2);
    EXPECT_EQ(object.at("restarts"), 1);
    auto const& worker = object.at("worker").as_object();
    EXPECT_EQ(worker.at("pid"), 42);
    EXPECT_TRUE(worker.at("pod").is_null());
    EXPECT_EQ(worker.at("params"), (json::object{{"lang", "es"}}));
    EXPECT_EQ(worker.at("status"), "50 units a second");
    EXPECT_EQ(object.at("lastExit").at("meaning"), "killed by signal 9 (SIGKILL)");
    EXPECT_EQ(object.at("lastExit").at("reason"), "signal");
    EXPECT_EQ(object.at("nextRetry"), nullptr);
    EXPECT_EQ(object.at("hooks"), nullptr);
}

TEST(StreamJson, NamesAWorkerOfNoFullUse) {
    auto view = running();
    view.worker->trouble = "no picture comes in while sound does";
    EXPECT_EQ(stream_json("demo", nullptr, view, site_of).at("state"), "degraded");
}

TEST(StreamJson, SaysNullForWhatIsNotThere) {
    StreamView view;
    view.since = Clock::now();
    auto const object = stream_json("demo", nullptr, view, site_of);
    for (auto const* const key :
         {"runId", "sourceId", "sourceType", "worker", "lastExit", "nextRetry", "hooks"}) {
        EXPECT_TRUE(object.at(key).is_null()) << key;
    }
    // A spawn whose result is outstanding has no process to show.
    auto starting = running();
    starting.worker->handle.reset();
    EXPECT_TRUE(stream_json("demo", nullptr, starting, site_of).at("worker").is_null());
}

TEST(StreamJson, HasTheSameFieldsWhoeverTellsOfTheStream) {
    HookHistory hooks;
    auto event = hook(HookType::ready, "A");
    event.body.stream.direction = base::Direction::out;
    hooks.apply(std::move(event));
    auto const keys = [](json::object const& object) {
        std::set<std::string> names;
        for (auto const& field : object) names.emplace(field.key());
        return names;
    };
    auto const known = stream_json("demo", hooks.find("demo"), std::nullopt, site_of);
    EXPECT_EQ(keys(known), keys(stream_json("demo", nullptr, running(), site_of)));
    EXPECT_EQ(known.at("state"), "idle");
    EXPECT_EQ(known.at("since"), "2023-11-14T22:13:20.000000Z") << "what the hook told";
    EXPECT_TRUE(known.at("worker").is_null());
    EXPECT_TRUE(known.at("hooks").at("in").is_null());
}

TEST(StreamJson, HooksDoNotMakeAStreamLive) {
    HookHistory hooks;
    ASSERT_TRUE(hooks.apply(hook(HookType::ready, "A")));
    auto const object = stream_json("demo", hooks.find("demo"), std::nullopt, site_of);
    EXPECT_EQ(object.at("live"), false);
    EXPECT_EQ(object.at("state"), "idle");
    auto const& in = object.at("hooks").at("in").as_object();
    EXPECT_EQ(in.at("live"), true);
    EXPECT_EQ(in.at("sourceId"), "A");
    EXPECT_EQ(in.at("since"), "2023-11-14T22:13:20.000000Z");
    EXPECT_EQ(object.at("hooks").at("out"), nullptr);
}

TEST(HookHistory, SaysWhatEachEventChanged) {
    HookHistory hooks;
    auto const outcome = [&](HookType type, char const* source) {
        return hooks.apply(hook(type, source))->outcome;
    };
    EXPECT_EQ(outcome(HookType::ready, "A"), HookOutcome::accepted);
    EXPECT_EQ(outcome(HookType::ready, "A"), HookOutcome::repeated);
    EXPECT_EQ(outcome(HookType::ready, "B"), HookOutcome::accepted);
    EXPECT_EQ(outcome(HookType::not_ready, "A"), HookOutcome::stale);
    EXPECT_EQ(outcome(HookType::ready, "A"), HookOutcome::stale) << "its late ready";
    EXPECT_EQ(outcome(HookType::not_ready, "B"), HookOutcome::accepted);
    EXPECT_EQ(outcome(HookType::not_ready, "B"), HookOutcome::repeated);
    EXPECT_EQ(hooks.live(), 0U);
    EXPECT_EQ(hooks.find("demo")->events, 7U);
    EXPECT_EQ(hooks.events().size(), 7U);
}

TEST(HookHistory, KeepsABoundedNumberAndTheLiveOnes) {
    HookHistory hooks;
    auto const named = [](HookType type, std::string const& id) {
        auto event = hook(type, "A");
        event.body.stream.stream_id = id;
        return event;
    };
    ASSERT_TRUE(hooks.apply(named(HookType::ready, "stays")));
    for (std::size_t i = 0; i < kMaxStreams + 100; ++i) {
        ASSERT_TRUE(hooks.apply(named(HookType::not_ready, "gone-" + std::to_string(i))));
    }
    EXPECT_EQ(hooks.streams().size(), kMaxStreams);
    EXPECT_NE(hooks.find("stays"), nullptr);
    EXPECT_EQ(hooks.find("gone-0"), nullptr);
    EXPECT_EQ(hooks.events().size(), kMaxEvents);
    for (std::size_t i = 1; i < kMaxStreams; ++i) {
        ASSERT_TRUE(hooks.apply(named(HookType::ready, "live-" + std::to_string(i))));
    }
    ASSERT_TRUE(hooks.apply(named(HookType::ready, "stays")));
    EXPECT_EQ(hooks.live(), kMaxStreams);
    ASSERT_TRUE(hooks.apply(named(HookType::ready, "one-more")));
    EXPECT_EQ(hooks.streams().size(), kMaxStreams);
    EXPECT_EQ(hooks.find("live-1"), nullptr) << "silent for longest";
    EXPECT_NE(hooks.find("one-more"), nullptr);
    EXPECT_NE(hooks.find("stays"), nullptr);
}

TEST(HookHistory, ForgedStreamsMakeRoomBeforeThoseThatTheRouterConfirms) {
    HookHistory hooks([](std::string_view id) { return id.starts_with("real"); });
    auto const ready = [&](std::string const& id) {
        auto event = hook(HookType::ready, "A");
        event.body.stream.stream_id = id;
        return hooks.apply(std::move(event));
    };
    ready("real-1");
    ready("real-2");
    for (std::size_t i = 0; i < 2 * kMaxStreams; ++i) {
        ASSERT_EQ(ready("forged-" + std::to_string(i))->outcome, HookOutcome::accepted);
    }
    EXPECT_EQ(ready("real-3")->outcome, HookOutcome::accepted);
    EXPECT_EQ(hooks.streams().size(), kMaxStreams);
    for (auto const* const id : {"real-1", "real-2", "real-3"}) EXPECT_NE(hooks.find(id), nullptr);
    for (std::size_t i = 0; i < kMaxStreams; ++i) ready("real-more-" + std::to_string(i));
    EXPECT_EQ(hooks.streams().size(), kMaxStreams);
    EXPECT_EQ(hooks.find("forged-" + std::to_string(2 * kMaxStreams - 1)), nullptr);
    EXPECT_EQ(hooks.find("real-1"), nullptr) << "all are real: the one silent for longest";
}

}  // namespace
}  // namespace tidegate::orchestrator
