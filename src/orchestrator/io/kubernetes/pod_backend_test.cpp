// The backend against a server of ours that has one Pod. What the API server means is tested with
// the keeper (core/pod_keeper_test.cpp), and with a real one in tests/integration/test_pods.py.
#include "orchestrator/io/kubernetes/pod_backend.hpp"

#include <gmock/gmock.h>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fstream>

#include "http/server.hpp"
#include "kubernetes/core/members.hpp"
#include "orchestrator/core/pod_objects_test.hpp"
#include "orchestrator/io/loop_test.hpp"

namespace tidegate::orchestrator {
namespace {

namespace json = boost::json;
using kubernetes::text_at;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr char kTemplate[] = R"(
apiVersion: v1
kind: Pod
spec:
  containers: [{name: worker, image: "w:1"}]
)";

struct HeardReports final : WorkerListener {
    void on_worker_event(std::string const& stream, Event const& event) override {
        EXPECT_FALSE(inside_a_call);
        heard.push_back(stream + " " + std::string(name(event)));
        if (auto const* const spawned = std::get_if<event::WorkerSpawned>(&event)) {
            handle = spawned->handle;
        }
    }
    void on_listed() override { heard.emplace_back("listed"); }
    std::vector<std::string> heard;
    WorkerHandle handle{};
    bool inside_a_call = false;
};

class PodBackendTest : public LoopTest {
protected:
    void SetUp() override {
        std::ofstream(dir_ / "pod.yaml") << kTemplate;
        http::ServerSettings settings;
        settings.address = "127.0.0.1:0";
        settings.refuse = [](http::Refusal, http::RefusalInfo const& info) {
            return http::Response{.status = info.status};
        };
        settings.handle = [this](http::Request const& request) -> asio::awaitable<http::Response> {
            co_return answer(request);
        };
        server_ = std::make_unique<http::Server>(io_, settings);
        ASSERT_TRUE(server_->start());
    }
    void TearDown() override {
        backend_.reset();
        auto done =
            asio::co_spawn(io_, server_->stop(std::chrono::milliseconds{100}), asio::use_future);
        EXPECT_TRUE(run_until([&] {
            return done.wait_for(std::chrono::milliseconds{0}) == std::future_status::ready;
        }));
    }
    void open() {
        kubernetes::ClientSettings client;
        client.access.server = "http://127.0.0.1:" + std::to_string(server_->port());
        client.access.name_space = "media";
        WorkerCommand command;
        command.program = {"stream-worker"};
        auto settings = pod_backend_settings(command, (dir_ / "pod.yaml").string(), client);
        ASSERT_TRUE(settings) << settings.error();
        backend_ = std::make_unique<PodBackend>(io_, *std::move(settings));
        auto const opened = backend_->open(heard_);
        ASSERT_TRUE(opened) << opened.error();
    }
    http::Response answer(http::Request const& request) {
        auto const target = std::string(request.target);
        asked_.push_back(request.method + " " + target.substr(0, target.find('?')));
        if (target.contains("watch=1")) return watch();
        if (request.method == "GET")
            return as_json(200, R"({"metadata":{"resourceVersion":"5"},"items":[]})");
        auto const body = json::parse(request.body);
        if (request.method == "POST") {
            created_ = body;
            pod_.start_id = text_at(body, {"metadata", "annotations", kStartAnnotation});
            return as_json(201, json::serialize(to_json(pod_)));
        }
        deleted_ = body;
        return as_json(200, json::serialize(to_json(pod_)));
    }
    static http::Response as_json(unsigned status, std::string body) {
        return {.status = status, .content_type = "application/json", .body = std::move(body)};
    }
    // Sends each state of lines_ when the test has put it there.
    http::Response watch() {
        http::Response endless{.content_type = "application/json"};
        endless.stream = [this](http::BodyStream& body) -> asio::awaitable<void> {
            asio::steady_timer timer(co_await asio::this_coro::executor);
            while (true) {
                while (!lines_.empty()) {
                    auto const line = lines_.front() + "\n";
                    lines_.erase(lines_.begin());
                    if (!co_await body.write(line)) co_return;
                }
                timer.expires_after(std::chrono::milliseconds{5});
                co_await timer.async_wait(asio::use_awaitable);
            }
        };
        return endless;
    }
    void happens(std::string const& type, PodObject const& pod) {
        lines_.push_back(R"({"type":")" + type + R"(","object":)" + json::serialize(to_json(pod)) +
                         "}");
    }
    bool wait_for(std::string const& report) {
        return run_until(
            [&] { return std::ranges::find(heard_.heard, report) != heard_.heard.end(); });
    }

    std::unique_ptr<http::Server> server_;
    std::vector<std::string> asked_, lines_;
    json::value created_, deleted_;
    PodObject pod_;
    HeardReports heard_;
    std::unique_ptr<PodBackend> backend_;
};

TEST_F(PodBackendTest, AsksTheServerAndPassesOnWhatItSays) {
    open();
    ASSERT_TRUE(wait_for("listed"));
    heard_.inside_a_call = true;
    backend_->start("demo",
                    {.generation = 1, .run_id = "r", .attempt = 1, .params = {{"lang", "es"}}});
    heard_.inside_a_call = false;
    EXPECT_EQ(backend_->running(), 1U);
    ASSERT_TRUE(wait_for("demo worker-spawned"));
    EXPECT_EQ(text_at(created_, {"metadata", "name"}), base::label_name("worker-", "demo"));
    EXPECT_EQ(text_at(created_, {"metadata", "namespace"}), "media");
    EXPECT_THAT(json::serialize(created_), HasSubstr(R"("command":["stream-worker"])"));
    EXPECT_THAT(json::serialize(created_), HasSubstr(R"("--param","lang=es")"));
    pod_.version = 11;
    pod_.phase = "Running";
    pod_.node = "n1";
    pod_.state = kRunningState;
    pod_.conditions = kReadyCondition;
    happens("MODIFIED", pod_);
    ASSERT_TRUE(wait_for("demo worker-ready"));
    EXPECT_EQ(backend_->place_of(heard_.handle),
              (WorkerPlace{base::label_name("worker-", "demo"), "n1"}));
    EXPECT_EQ(backend_->pid_of(heard_.handle), std::nullopt);
    backend_->stop("demo", heard_.handle);
    ASSERT_TRUE(run_until([&] { return !deleted_.is_null(); }));
    EXPECT_EQ(kubernetes::number_at(deleted_, {"gracePeriodSeconds"}), 5);
    EXPECT_EQ(text_at(deleted_, {"preconditions", "uid"}), "uid-1");
    EXPECT_EQ(asked_.back(),
              "DELETE /api/v1/namespaces/media/pods/" + base::label_name("worker-", "demo"));
    pod_.version = 12;
    pod_.state = terminated(0, "Completed");
    happens("DELETED", pod_);
    ASSERT_TRUE(wait_for("demo worker-exited"));
    EXPECT_EQ(backend_->running(), 0U);
}

TEST_F(PodBackendTest, HearsNothingAfterItsEndAndCanBeginAgain) {
    open();
    ASSERT_TRUE(wait_for("listed"));
    backend_->start("demo", {.generation = 1, .run_id = "r", .attempt = 1, .params = {}});
    backend_->close();
    heard_.heard.clear();
    io_.run_for(std::chrono::milliseconds{50});
    EXPECT_THAT(heard_.heard, testing::IsEmpty());
    EXPECT_EQ(backend_->running(), 0U);
    ASSERT_TRUE(backend_->open(heard_));
    EXPECT_TRUE(wait_for("listed"));
}

TEST_F(PodBackendTest, ATemplateThatCannotBeUsedIsNamed) {
    auto const problem = [this](std::string const& text) {
        std::ofstream(dir_ / "pod.yaml") << text;
        auto const made = pod_backend_settings({}, (dir_ / "pod.yaml").string(), {});
        return made ? std::string() : made.error();
    };
    EXPECT_EQ(problem(kTemplate), "");
    EXPECT_THAT(problem("a: [b"), HasSubstr("pod.yaml: [1:"));
    EXPECT_THAT(problem("kind: Pod"), HasSubstr("pod.yaml: it is no Pod"));
    EXPECT_THAT(pod_backend_settings({}, "/none.yaml", {}).error(), HasSubstr("open /none.yaml"));
}

}  // namespace
}  // namespace tidegate::orchestrator
