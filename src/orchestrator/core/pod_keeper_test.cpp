// The keeper, told by hand what an API server says.
#include "orchestrator/core/pod_keeper.hpp"

#include <gmock/gmock.h>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include "kubernetes/core/members.hpp"
#include "orchestrator/core/pod_objects_test.hpp"

namespace tidegate::orchestrator {
namespace {

namespace json = boost::json;
using kubernetes::Failure;
using kubernetes::text_at;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr Time kBegin{std::chrono::hours{1}};
constexpr std::chrono::sys_seconds kWall{seconds{1'767'348'060}};  // 2026-01-02T10:01:00Z

std::string in_words(Event const& event) {
    std::string text(name(event));
    if (auto const* const spawned = std::get_if<event::WorkerSpawned>(&event)) {
        text += " " + std::to_string(spawned->generation);
    } else if (auto const* const failed = std::get_if<event::SpawnFailed>(&event)) {
        text += " " + failed->reason;
    } else if (auto const* const exited = std::get_if<event::WorkerExited>(&event)) {
        text += " " + std::to_string(exited->generation) + " " + describe(exited->exit);
    } else if (auto const* const status = std::get_if<event::WorkerStatus>(&event)) {
        text += " " + status->text + "|" + status->trouble;
    } else if (auto const* const found = std::get_if<event::Adopted>(&event)) {
        text += " " + found->run_id;
    }
    return text;
}

class PodKeeperTest : public testing::Test {
protected:
    static PodKeeperSettings settings() {
        PodKeeperSettings settings;
        settings.base.pod = json::parse(
            R"({"apiVersion":"v1","kind":"Pod","spec":{"containers":[{"name":"worker","image":"w"}]}})");
        settings.base.name_space = "media";
        settings.argv = [](std::string const& name, action::Spawn const&) {
            return std::vector<std::string>{"stream-worker", "--stream-id", name};
        };
        return settings;
    }

    // The reports that have come since, in words; requests are kept in requests_, and what
    // operators are told in told_.
    std::vector<std::string> reports() {
        auto effects = keeper_.take();
        for (auto& request : effects.requests) requests_.push_back(std::move(request));
        std::vector<std::string> texts;
        for (auto const& [stream, event] : effects.reports) {
            if (auto const* const spawned = std::get_if<event::WorkerSpawned>(&event)) {
                handle_ = spawned->handle;
            }
            if (auto const* const found = std::get_if<event::Adopted>(&event)) {
                handle_ = found->handle;
                started_ = found->started;
            }
            auto& to = std::holds_alternative<event::WorkerStatus>(event) ? told_ : texts;
            to.push_back(in_words(event));
        }
        if (effects.listed) texts.emplace_back("listed");
        return texts;
    }
    template <class What>
    std::optional<std::pair<std::uint64_t, What>> take_request() {
        pending_reports_ = reports();
        for (auto it = requests_.begin(); it != requests_.end(); ++it) {
            if (auto* const what = std::get_if<What>(&it->what)) {
                auto found = std::pair{it->number, *what};
                requests_.erase(it);
                return found;
            }
        }
        return std::nullopt;
    }
    void pass(milliseconds time) {
        // As a driver does: each timer at its time.
        auto const until = now_ + time;
        while (auto const due = keeper_.next_deadline()) {
            if (*due > until) break;
            now_ = std::max(now_, *due);
            keeper_.advance(now_, kWall);
        }
        now_ = until;
        keeper_.advance(now_, kWall);
    }
    void list(std::vector<PodObject> const& pods, int version) {
        keeper_.list_began();
        for (auto const& pod : pods) keeper_.listed(to_json(pod));
        keeper_.list_ended(std::to_string(version));
    }
    void start(Generation generation = 1) {
        keeper_.start("demo",
                      {.generation = generation, .run_id = "run-1", .attempt = 1, .params = {}});
    }
    static std::unexpected<Failure> refused(unsigned code, std::string reason = {}) {
        return std::unexpected(Failure{.code = code, .reason = std::move(reason), .message = "m"});
    }
    // Starts a worker whose Pod runs and is ready, at version 12.
    void run_worker() {
        list({}, 5);
        start();
        auto const create = take_request<pod_request::Create>();
        ASSERT_TRUE(create);
        start_id_ = text_at(create->second.object, {"metadata", "annotations", kStartAnnotation});
        keeper_.answered(create->first, to_json({.start_id = start_id_}));
        keeper_.changed(to_json(running(12)));
        ASSERT_THAT(reports(), ElementsAre("worker-spawned 1", "worker-ready"));
        told_.clear();
    }
    PodObject running(int version) const {
        return {.version = version,
                .start_id = start_id_,
                .phase = "Running",
                .node = "n1",
                .state = kRunningState,
                .conditions = kReadyCondition};
    }
    PodObject ended(int version, int code = 0) const {
        auto pod = running(version);
        pod.phase = "Failed";
        pod.state = terminated(code, "Error");
        pod.conditions.clear();
        return pod;
    }

    PodKeeper keeper_{settings(), 1};
    Time now_ = kBegin;
    std::vector<PodRequest> requests_;
    std::vector<std::string> pending_reports_, told_;
    WorkerHandle handle_{};
    Time started_{};
    std::string start_id_;
    PodKeeperTest() { keeper_.advance(kBegin, kWall); }
};

TEST_F(PodKeeperTest, AWorkersLifeFromStartToEnd) {
    run_worker();
    EXPECT_EQ(keeper_.running(), 1U);
    EXPECT_EQ(keeper_.place_of(handle_), (WorkerPlace{base::label_name("worker-", "demo"), "n1"}));
    pass(seconds{5});
    EXPECT_THAT(reports(), ElementsAre("worker-progress", "worker-progress"));
    keeper_.stop("demo", handle_);
    auto const remove = take_request<pod_request::Delete>();
    ASSERT_TRUE(remove);
    EXPECT_EQ(remove->second.uid, "uid-1");
    EXPECT_EQ(remove->second.grace, seconds{5});
    auto deleting = running(20);
    deleting.deleting = 5;
    keeper_.answered(remove->first, to_json(deleting));
    keeper_.changed(to_json(deleting));
    EXPECT_THAT(reports(), IsEmpty());
    auto last = ended(21, 0);
    last.deleting = 5;
    keeper_.changed(to_json(last));
    EXPECT_THAT(reports(), ElementsAre("worker-exited 1 stopped or source ended (exit 0)"));
    EXPECT_EQ(keeper_.running(), 0U);
    last.version = 22;
    keeper_.removed(to_json(last));
    EXPECT_THAT(reports(), IsEmpty());
    EXPECT_FALSE(take_request<pod_request::Delete>()) << "it is gone";
    EXPECT_EQ(keeper_.known(), 0U);
    EXPECT_EQ(keeper_.place_of(handle_), std::nullopt);
}

TEST_F(PodKeeperTest, AFinishedPodIsDeletedAndItsNameUsedAgain) {
    run_worker();
    keeper_.changed(to_json(ended(20, 40)));
    EXPECT_THAT(reports(), ElementsAre("worker-exited 1 transient I/O error (exit 40)"));
    auto const remove = take_request<pod_request::Delete>();
    ASSERT_TRUE(remove);
    start(2);
    EXPECT_FALSE(take_request<pod_request::Create>()) << "the name is taken";
    keeper_.answered(remove->first, json::value());
    EXPECT_FALSE(take_request<pod_request::Create>()) << "agreed to, but not yet gone";
    keeper_.removed(to_json(ended(21, 40)));
    EXPECT_TRUE(take_request<pod_request::Create>());
    EXPECT_THAT(pending_reports_, IsEmpty());
}

TEST_F(PodKeeperTest, AShortLifeIsSeenAlthoughThePhaseIsPending) {
    list({}, 5);
    start();
    auto const create = take_request<pod_request::Create>();
    auto const id = text_at(create->second.object, {"metadata", "annotations", kStartAnnotation});
    keeper_.answered(create->first, to_json({.start_id = id}));
    keeper_.changed(
        to_json({.version = 11, .start_id = id, .node = "n", .state = terminated(3, "Error")}));
    EXPECT_THAT(reports(), ElementsAre("worker-spawned 1",
                                       "worker-exited 1 exit code outside the contract (exit 3)"));
}

TEST_F(PodKeeperTest, TheWatchMayBeFasterThanTheAnswer) {
    list({}, 5);
    start();
    auto const create = take_request<pod_request::Create>();
    auto const id = text_at(create->second.object, {"metadata", "annotations", kStartAnnotation});
    keeper_.changed(to_json({.version = 10, .start_id = id}));
    EXPECT_THAT(reports(), ElementsAre("worker-spawned 1"));
    keeper_.removed(to_json({.version = 11, .start_id = id}));
    EXPECT_THAT(reports(), ElementsAre("worker-exited 1 could not be started: its Pod was deleted "
                                       "before it ran"));
    keeper_.answered(create->first, to_json({.version = 10, .start_id = id}));
    EXPECT_THAT(reports(), IsEmpty()) << "that is old news";
    EXPECT_EQ(keeper_.known(), 0U);
}

TEST_F(PodKeeperTest, AnAnswerThatGotLostIsFoundAgain) {
    list({}, 5);
    start();
    auto create = take_request<pod_request::Create>();
    auto const id = text_at(create->second.object, {"metadata", "annotations", kStartAnnotation});
    keeper_.answered(create->first, refused(0));
    EXPECT_FALSE(take_request<pod_request::Create>()) << "not at once";
    pass(seconds{1});
    create = take_request<pod_request::Create>();
    ASSERT_TRUE(create);
    keeper_.answered(create->first, refused(409, "AlreadyExists"));
    auto const read = take_request<pod_request::Read>();
    ASSERT_TRUE(read);
    keeper_.answered(read->first, to_json({.start_id = id}));
    EXPECT_THAT(reports(), ElementsAre("worker-spawned 1"));
}

TEST_F(PodKeeperTest, AWorkerThatSomebodyElseHasStartedIsOffered) {
    list({}, 5);
    start();
    auto const create = take_request<pod_request::Create>();
    keeper_.answered(create->first, refused(409, "AlreadyExists"));
    auto const read = take_request<pod_request::Read>();
    auto other = running(9);
    other.run = "other-run";
    keeper_.answered(read->first, to_json(other));
    auto const name = base::label_name("worker-", "demo");
    EXPECT_THAT(reports(),
                ElementsAre("spawn-failed a worker runs already, in the Pod " + name + " on n1",
                            "adopted other-run"));
    EXPECT_EQ(started_, kBegin - seconds{60});
    keeper_.adopt("demo", {.generation = 2, .handle = handle_});
    EXPECT_THAT(reports(), ElementsAre("worker-ready"));
    EXPECT_EQ(keeper_.running(), 1U);
}

TEST_F(PodKeeperTest, ItWaitsForOneThatTerminatesAndSaysSoWhenThatTakesLong) {
    auto frozen = running(4);
    frozen.deleting = 30;
    list({frozen}, 5);
    EXPECT_THAT(reports(), ElementsAre("listed")) << "one that ends is not to be taken over";
    start();
    pass(seconds{9});
    EXPECT_FALSE(take_request<pod_request::Create>());
    EXPECT_THAT(pending_reports_, IsEmpty());
    pass(seconds{2});
    EXPECT_THAT(reports(),
                ElementsAre("spawn-failed the Pod of the worker before it is still there: " +
                            base::label_name("worker-", "demo") + " on n1"));
    start(2);
    frozen.version = 8;
    keeper_.removed(to_json(frozen));
    EXPECT_TRUE(take_request<pod_request::Create>());
}

TEST_F(PodKeeperTest, NoPodIsForgottenWithoutItsNode) {
    run_worker();
    keeper_.stop("demo", handle_);
    auto stop = take_request<pod_request::Delete>();
    keeper_.kill("demo", handle_);
    EXPECT_FALSE(take_request<pod_request::Delete>()) << "one after the other";
    keeper_.answered(stop->first, json::value());
    auto const kill = take_request<pod_request::Delete>();
    ASSERT_TRUE(kill);
    EXPECT_EQ(kill->second.grace, seconds{1}) << "with 0 the server would not ask the node";
    keeper_.answered(kill->first, json::value());
    keeper_.kill("demo", handle_);
    EXPECT_FALSE(take_request<pod_request::Delete>()) << "it has agreed to that";
}

TEST_F(PodKeeperTest, AFrozenNodeIsToldAndItsWorkerIsNotGone) {
    run_worker();
    keeper_.kill("demo", handle_);
    auto const kill = take_request<pod_request::Delete>();
    auto frozen = running(20);
    frozen.deleting = 1;
    frozen.conditions = R"({"type":"Ready","status":"False"})";
    keeper_.answered(kill->first, to_json(frozen));
    keeper_.changed(to_json(frozen));
    pass(std::chrono::hours{1});
    EXPECT_THAT(reports(), IsEmpty());
    EXPECT_THAT(told_, ElementsAre(HasSubstr("the node n1 does not confirm the end of the Pod")));
    EXPECT_EQ(keeper_.running(), 1U);
    list({frozen}, 30);
    EXPECT_THAT(reports(), ElementsAre());
    // Somebody has deleted it by force.
    frozen.version = 31;
    keeper_.removed(to_json(frozen));
    EXPECT_THAT(reports(), ElementsAre("worker-exited 1 ended: its Pod was deleted"));
}

TEST_F(PodKeeperTest, AListTellsWhoRunsAndWhoIsGone) {
    auto const a =
        PodObject{.stream = "a", .uid = "a1", .version = 2, .node = "n", .state = kRunningState};
    auto const b =
        PodObject{.stream = "b", .uid = "b1", .version = 3, .node = "n", .state = kRunningState};
    auto const done = PodObject{.stream = "c",
                                .uid = "c1",
                                .version = 4,
                                .phase = "Failed",
                                .node = "n",
                                .state = terminated(0, "Completed")};
    keeper_.list_began();
    keeper_.listed(to_json(a));
    EXPECT_THAT(reports(), ElementsAre("adopted run-1"));
    keeper_.list_began();  // it broke off
    EXPECT_THAT(reports(), IsEmpty()) << "what is not known to be gone is not gone";
    keeper_.listed(to_json(a));
    keeper_.listed(to_json(b));
    keeper_.listed(to_json(done));
    keeper_.list_ended("5");
    EXPECT_THAT(reports(), ElementsAre("adopted run-1", "listed"));
    auto const handle = handle_;
    keeper_.adopt("b", {.generation = 7, .handle = handle});
    EXPECT_THAT(reports(), IsEmpty());
    ASSERT_EQ(requests_.size(), 3U)
        << "the Lease of the finished one is removed, it is deleted, and a status asked";
    list({a}, 9);
    EXPECT_THAT(reports(), ElementsAre("worker-exited 7 ended: its Pod was deleted"));
    EXPECT_EQ(keeper_.known(), 2U) << "the deletion of the finished one is under way";
}

TEST_F(PodKeeperTest, APodThatIsNewerThanTheListCannotBeInIt) {
    keeper_.list_began();
    keeper_.list_ended("5");
    keeper_.list_began();
    start();
    auto const create = take_request<pod_request::Create>();
    auto const id = text_at(create->second.object, {"metadata", "annotations", kStartAnnotation});
    keeper_.answered(create->first, to_json({.version = 10, .start_id = id}));
    keeper_.list_ended("9");
    EXPECT_THAT(reports(), ElementsAre("worker-spawned 1"));
    keeper_.list_began();
    keeper_.list_ended("10");
    EXPECT_THAT(reports(), ElementsAre(HasSubstr("worker-exited 1")));
}

TEST_F(PodKeeperTest, OldNewsChangesNothing) {
    run_worker();
    keeper_.changed(to_json(running(14)));
    keeper_.changed(to_json(running(12)));
    auto const before = ended(11);
    keeper_.changed(to_json(before));
    keeper_.removed(to_json(before));
    list({}, 8);
    EXPECT_THAT(reports(), IsEmpty());
    keeper_.removed(to_json(ended(20)));
    EXPECT_THAT(reports(), ElementsAre("worker-exited 1 stopped or source ended (exit 0)"));
    list({running(14)}, 14);
    keeper_.changed(to_json(running(13)));
    EXPECT_THAT(reports(), IsEmpty()) << "it is gone, whatever an old server remembers";
    EXPECT_EQ(keeper_.known(), 0U);
}

// A creation may be carried out long after its sender has given it up, or has ended.
TEST_F(PodKeeperTest, APodThatAppearsLaterIsOffered) {
    list({}, 5);
    reports();
    keeper_.changed(to_json(running(12)));
    EXPECT_THAT(reports(), ElementsAre("adopted run-1"));
}

TEST_F(PodKeeperTest, AnotherPodOfTheNameMeansThatTheFirstIsGone) {
    run_worker();
    auto other = running(30);
    other.uid = "uid-2";
    other.start_id = "elsewhere";
    keeper_.changed(to_json(other));
    EXPECT_THAT(reports(),
                ElementsAre("worker-exited 1 ended: its Pod was deleted", "adopted run-1"));
    auto late = ended(29);
    keeper_.removed(to_json(late));
    EXPECT_THAT(reports(), IsEmpty());
    EXPECT_EQ(keeper_.known(), 1U);
}

TEST_F(PodKeeperTest, WhatIsNotAllowedFailsAtOnceAndWhatMayPassIsRepeated) {
    list({}, 5);
    start();
    auto create = take_request<pod_request::Create>();
    keeper_.answered(create->first, refused(403, "Forbidden"));
    EXPECT_THAT(reports(), ElementsAre("spawn-failed 403 Forbidden: m"));
    start(2);
    create = take_request<pod_request::Create>();
    ASSERT_TRUE(create);
    int asked = 1;
    for (int i = 0; i < 200; ++i) {
        keeper_.answered(create->first, refused(503, "ServiceUnavailable"));
        while (i < 200 && !(create = take_request<pod_request::Create>())) {
            if (!pending_reports_.empty()) break;
            pass(milliseconds{100});
        }
        if (!create) break;
        ++asked;
    }
    EXPECT_THAT(pending_reports_, ElementsAre("spawn-failed 503 ServiceUnavailable: m"));
    EXPECT_GE(asked, 4);
    EXPECT_LE(asked, 8) << "later each time";
    EXPECT_EQ(keeper_.running(), 0U);
}

TEST_F(PodKeeperTest, ACreationThatIsUnderWayIsAwaited) {
    list({}, 5);
    start();
    auto const create = take_request<pod_request::Create>();
    pass(seconds{30});
    EXPECT_THAT(reports(), IsEmpty()) << "it may have succeeded";
    keeper_.answered(create->first, refused(0));
    EXPECT_THAT(reports(), ElementsAre("spawn-failed m"));
}

TEST_F(PodKeeperTest, ADeletionIsRepeatedUntilItIsAgreedTo) {
    run_worker();
    keeper_.stop("demo", handle_);
    auto remove = take_request<pod_request::Delete>();
    keeper_.answered(remove->first, refused(0));
    EXPECT_FALSE(take_request<pod_request::Delete>());
    pass(seconds{1});
    remove = take_request<pod_request::Delete>();
    ASSERT_TRUE(remove);
    keeper_.answered(remove->first, refused(403, "Forbidden"));
    reports();
    EXPECT_THAT(told_, ElementsAre(HasSubstr("its Pod cannot be deleted: 403 Forbidden")));
    pass(seconds{2});
    remove = take_request<pod_request::Delete>();
    ASSERT_TRUE(remove);
    keeper_.answered(remove->first, refused(404));
    EXPECT_THAT(reports(), ElementsAre("worker-exited 1 ended: its Pod was deleted"))
        << "the server's word";
}

TEST_F(PodKeeperTest, ADeletionOfAnotherPodsNameLooksAgain) {
    run_worker();
    keeper_.stop("demo", handle_);
    auto const remove = take_request<pod_request::Delete>();
    keeper_.answered(remove->first, refused(409, "Conflict"));
    pass(seconds{1});
    auto const read = take_request<pod_request::Read>();
    ASSERT_TRUE(read);
    keeper_.answered(read->first, refused(404));
    EXPECT_THAT(reports(), testing::Contains("worker-exited 1 ended: its Pod was deleted"));
}

TEST_F(PodKeeperTest, ItSaysWhyAPodDoesNotRun) {
    list({}, 5);
    start();
    auto const create = take_request<pod_request::Create>();
    auto const id = text_at(create->second.object, {"metadata", "annotations", kStartAnnotation});
    keeper_.answered(create->first, to_json({.start_id = id}));
    EXPECT_THAT(reports(), ElementsAre("worker-spawned 1"));
    EXPECT_THAT(std::exchange(told_, {}), ElementsAre("worker-status waiting for a node|"));
    PodObject const stuck{
        .version = 11, .start_id = id, .node = "n1", .state = waiting("ErrImageNeverPull", "w")};
    keeper_.changed(to_json(stuck));
    auto again = stuck;
    again.version = 12;
    keeper_.changed(to_json(again));
    EXPECT_THAT(reports(), IsEmpty());
    EXPECT_THAT(told_,
                ElementsAre(HasSubstr("waiting for its container on n1|ErrImageNeverPull (")))
        << "once";
    again.version = 13;
    again.deleting = 0;
    keeper_.removed(to_json(again));
    EXPECT_THAT(reports(),
                ElementsAre(HasSubstr("could not be started: ErrImageNeverPull (its image")));
}

TEST_F(PodKeeperTest, TheWorkersOwnReportIsPassedOn) {
    run_worker();
    auto status = take_request<pod_request::Status>();
    ASSERT_TRUE(status);
    EXPECT_EQ(status->second.ip, "10.0.0.7");
    auto const report = json::parse(
        R"({"runId":"run-1","hanging":false,"status":"at work","degraded":"no picture","figures":"fps-in=25","dubs":[{"language":"es"}]})");
    keeper_.status_answered(status->first, &report);
    reports();
    EXPECT_THAT(std::exchange(told_, {}), ElementsAre("worker-status at work|no picture"));
    EXPECT_FALSE(take_request<pod_request::Status>()) << "not at once again";
    pass(seconds{3});
    status = take_request<pod_request::Status>();
    ASSERT_TRUE(status);
    auto other = report;
    other.as_object()["runId"] = "another";
    keeper_.status_answered(status->first, &other);
    reports();
    EXPECT_THAT(told_, IsEmpty());
}

TEST_F(PodKeeperTest, AWorkerThatHangsMakesNoProgress) {
    run_worker();
    auto status = take_request<pod_request::Status>();
    ASSERT_TRUE(status);
    auto const hanging = json::parse(R"({"runId":"run-1","hanging":true,"status":"stuck"})");
    keeper_.status_answered(status->first, &hanging);
    reports();
    pass(seconds{10});
    EXPECT_THAT(reports(), testing::Not(testing::Contains("worker-progress")));
    status = take_request<pod_request::Status>();
    ASSERT_TRUE(status);
    keeper_.status_answered(status->first, nullptr);
    pass(seconds{10});
    EXPECT_THAT(reports(), testing::Not(testing::Contains("worker-progress")));
    auto unready = running(30);
    unready.conditions.clear();
    keeper_.changed(to_json(unready));
    pass(seconds{10});
    EXPECT_THAT(reports(), testing::Not(testing::Contains("worker-progress")));
}

TEST_F(PodKeeperTest, AServiceThatEndsTakesItsWorkersWithIt) {
    run_worker();
    keeper_.start("other", {.generation = 3, .run_id = "r", .attempt = 1, .params = {}});
    auto const create = take_request<pod_request::Create>();
    EXPECT_EQ(keeper_.running(), 2U);
    keeper_.stop_all();
    auto const stop = take_request<pod_request::Delete>();
    ASSERT_TRUE(stop);
    EXPECT_EQ(stop->second.pod, base::label_name("worker-", "demo"));
    auto const id = text_at(create->second.object, {"metadata", "annotations", kStartAnnotation});
    keeper_.answered(create->first,
                     to_json({.stream = "other", .uid = "o", .version = 40, .start_id = id}));
    EXPECT_TRUE(take_request<pod_request::Delete>()) << "it was created too late to be prevented";
    keeper_.kill_all();
    keeper_.removed(to_json({.stream = "other", .uid = "o", .version = 41, .start_id = id}));
    keeper_.removed(to_json(ended(42)));
    EXPECT_EQ(keeper_.running(), 0U);
    keeper_.start("third", {.generation = 4, .run_id = "r", .attempt = 1, .params = {}});
    EXPECT_THAT(reports(), testing::Contains("spawn-failed media-service ends"));
}

TEST_F(PodKeeperTest, APodThatOnlyClaimsAStreamIsNotItsWorker) {
    list({{.version = 3, .node = "n", .state = kRunningState, .name = "somebody-elses"}}, 5);
    EXPECT_THAT(reports(), ElementsAre("listed"));
    EXPECT_EQ(keeper_.known(), 0U);
}

TEST_F(PodKeeperTest, ANameThatSomebodyElseHasTakenIsTold) {
    list({}, 5);
    start();
    auto const create = take_request<pod_request::Create>();
    keeper_.answered(create->first, refused(409, "AlreadyExists"));
    auto const read = take_request<pod_request::Read>();
    ASSERT_TRUE(read);
    keeper_.answered(read->first, json::parse(R"({"metadata":{"name":"x","uid":"u"}})"));
    EXPECT_THAT(reports(),
                ElementsAre("spawn-failed the name " + base::label_name("worker-", "demo") +
                            " is taken by a Pod that is not ours"));
    EXPECT_EQ(keeper_.known(), 0U);
}

TEST_F(PodKeeperTest, AHandleOfAnotherPodIsNothing) {
    run_worker();
    keeper_.stop("demo", WorkerHandle{99});
    keeper_.kill("other", handle_);
    EXPECT_FALSE(take_request<pod_request::Delete>());
    keeper_.adopt("demo", {.generation = 9, .handle = WorkerHandle{99}});
    EXPECT_THAT(reports(), ElementsAre(HasSubstr("worker-exited 9")));
    EXPECT_EQ(keeper_.running(), 1U);
}

}  // namespace
}  // namespace tidegate::orchestrator
