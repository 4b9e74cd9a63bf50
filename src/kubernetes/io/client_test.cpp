// The client against a server of ours that answers as kube-apiserver 1.34 was seen to.
#include "kubernetes/io/client.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/json/parse.hpp>
#include <deque>
#include <mutex>

#include "http/server_fixture_test.hpp"
#include "kubernetes/core/list_watch.hpp"
#include "kubernetes/core/members.hpp"
#include "kubernetes/io/informer.hpp"
#include "kubernetes/io/leases.hpp"
#include "net/test_certificates.hpp"

namespace tidegate::kubernetes {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;
using http::Request;
using http::Response;
using net::test::CertificateFolder;
using testing::ElementsAre;
using testing::HasSubstr;

using Incoming = http::Request;
using Reply = http::Response;

Reply json_reply(unsigned status, std::string body) {
    return {.status = status, .content_type = "application/json", .body = std::move(body)};
}

Reply refusal(unsigned code, std::string const& reason) {
    return json_reply(code, R"({"kind":"Status","apiVersion":"v1","status":"Failure","reason":")" +
                                reason + R"(","message":"because","code":)" + std::to_string(code) +
                                "}");
}

// What the server was asked, and what it answers, one after the other; the last one stays.
struct Script {
    Reply next(Incoming const& request) {
        std::lock_guard const lock(mutex);
        asked.push_back({request.method, std::string(request.target), request.body,
                         std::string(request.header("authorization").value_or("")),
                         std::string(request.header("content-type").value_or(""))});
        auto reply = replies.front();
        if (replies.size() > 1) replies.pop_front();
        return reply;
    }
    struct Asked {
        std::string method, target, body, login, kind;
    };
    std::vector<Asked> all() {
        std::lock_guard const lock(mutex);
        return asked;
    }
    std::mutex mutex;
    std::vector<Asked> asked;
    std::deque<Reply> replies;
};

class KubernetesClient : public testing::Test {
protected:
    void SetUp() override { files_.write("token", "first\n"); }

    ClusterAccess access() const {
        ClusterAccess access;
        access.server = "https://127.0.0.1:" + std::to_string(server_.port());
        access.name_space = "media";
        access.authority.file = files_.file("server.crt");
        access.token.file = files_.file("token");
        return access;
    }
    void reply(std::initializer_list<Reply> replies) { script_.replies = replies; }
    void use(ClientSettings settings) {
        auto made = Client::make(std::move(settings));
        ASSERT_TRUE(made) << made.error();
        client_ = *std::move(made);
    }
    void use() { use({.access = access()}); }

    template <class T>
    T run(asio::awaitable<T> task) {
        auto done = asio::co_spawn(io_, std::move(task), asio::use_future);
        io_.restart();
        io_.run();
        return done.get();
    }
    Answer ask(kubernetes::Request request) { return run(client_->send(std::move(request))); }

    CertificateFolder files_;
    Script script_;
    http::RunningServer server_{
        {.tls = files_.settings(),
         .handle = [this](Incoming const& request) -> asio::awaitable<Reply> {
             co_return script_.next(request);
         }},
        [](http::Server&) {}};
    asio::io_context io_;
    std::unique_ptr<Client> client_;
};

TEST_F(KubernetesClient, SendsJsonWithItsToken) {
    use();
    reply({json_reply(201, R"({"kind":"Pod"})")});
    auto const answer = ask({.method = "POST", .target = "/api/v1/x", .body = {{"a", 1}}});
    ASSERT_TRUE(answer) << describe(answer.error());
    EXPECT_EQ(text_at(*answer, {"kind"}), "Pod");
    auto const asked = script_.all().at(0);
    EXPECT_EQ(asked.method, "POST");
    EXPECT_EQ(asked.body, R"({"a":1})");
    EXPECT_EQ(asked.login, "Bearer first") << "without the line feed of the file";
    EXPECT_EQ(asked.kind, "application/json");
}

TEST_F(KubernetesClient, AStatusIsAFailureInWords) {
    use();
    reply({refusal(409, "AlreadyExists"), json_reply(200, "no JSON"), refusal(404, "NotFound")});
    EXPECT_EQ(describe(ask({.target = "/x"}).error()), "409 AlreadyExists: because");
    EXPECT_THAT(describe(ask({.target = "/x"}).error()), HasSubstr("the answer is no JSON"));
    EXPECT_TRUE(ask({.target = "/x"}).error().not_found());
}

TEST_F(KubernetesClient, TrustsNobodyButTheCluster) {
    CertificateFolder const other;
    auto elsewhere = access();
    elsewhere.authority.file = other.file("server.crt");
    use({.access = elsewhere});
    reply({json_reply(200, "{}")});
    auto const answer = ask({.target = "/x"});
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, 0U);
    EXPECT_TRUE(answer.error().is_open());
    EXPECT_THAT(answer.error().message, HasSubstr("certificate not accepted"));
    EXPECT_TRUE(script_.all().empty()) << "no token was sent";
}

TEST_F(KubernetesClient, ReadsTheAuthorityAgainWhenItHasChanged) {
    CertificateFolder const authority;
    auto exchanged = access();
    exchanged.authority.file = authority.file("server.crt");
    use({.access = exchanged});
    reply({json_reply(200, "{}")});
    EXPECT_FALSE(ask({.target = "/x"}));
    authority.write("server.crt", files_.current().certificate);
    EXPECT_FALSE(ask({.target = "/x"})) << "that is why the file is read";
    EXPECT_TRUE(ask({.target = "/x"}));
}

TEST_F(KubernetesClient, ATokenThatIsRefusedIsReadAgain) {
    use();
    files_.write("token", "second");
    reply({refusal(401, "Unauthorized"), json_reply(200, "{}"), refusal(401, "Unauthorized")});
    EXPECT_TRUE(ask({.target = "/x"}));
    EXPECT_EQ(ask({.target = "/x"}).error().code, 401U) << "the same token, asked once";
    auto const asked = script_.all();
    ASSERT_EQ(asked.size(), 3U);
    EXPECT_EQ(asked[0].login, "Bearer first");
    EXPECT_EQ(asked[1].login, "Bearer second");
}

TEST_F(KubernetesClient, WaitsAsLongAsItIsTold) {
    use();
    auto busy = refusal(429, "TooManyRequests");
    busy.headers.emplace_back("Retry-After", "1");
    reply({busy, json_reply(200, "{}")});
    auto const begun = std::chrono::steady_clock::now();
    EXPECT_TRUE(ask({.method = "POST", .target = "/x", .body = {{"a", 1}}}));
    EXPECT_GE(std::chrono::steady_clock::now() - begun, 1s);
    EXPECT_EQ(script_.all().size(), 2U);
}

TEST_F(KubernetesClient, DoesNotRepeatWhatMayHaveBeenDone) {
    use();
    reply({refusal(500, "InternalError")});
    EXPECT_TRUE(ask({.method = "POST", .target = "/x", .body = {{"a", 1}}}).error().is_open());
    EXPECT_EQ(script_.all().size(), 1U);
}

TEST_F(KubernetesClient, KeepsItsPace) {
    use({.access = access(), .requests_per_second = 50, .burst = 1});
    reply({json_reply(200, "{}")});
    auto const begun = std::chrono::steady_clock::now();
    for (int i = 0; i < 11; ++i) EXPECT_TRUE(ask({.target = "/x"}));
    EXPECT_GE(std::chrono::steady_clock::now() - begun, 200ms);
}

TEST_F(KubernetesClient, HasOnlySoManyRequestsUnderWay) {
    std::atomic<int> now{0};
    std::atomic<int> most{0};
    http::RunningServer slow({.handle = [&](Incoming const&) -> asio::awaitable<Reply> {
                                 most = std::max(most.load(), ++now);
                                 asio::steady_timer timer(co_await asio::this_coro::executor, 20ms);
                                 co_await timer.async_wait(asio::use_awaitable);
                                 --now;
                                 co_return json_reply(200, "{}");
                             }},
                             [](http::Server&) {});
    ClusterAccess plain;
    plain.server = "http://127.0.0.1:" + std::to_string(slow.port());
    use({.access = plain, .requests_per_second = 10'000, .burst = 100, .most_under_way = 3});
    int answered = 0;
    for (int i = 0; i < 20; ++i) {
        asio::co_spawn(
            io_, client_->send({.target = "/x"}),
            [&](std::exception_ptr const&, Answer const& answer) { answered += answer ? 1 : 0; });
    }
    io_.restart();
    io_.run();
    EXPECT_EQ(answered, 20);
    EXPECT_EQ(most, 3);
}

TEST_F(KubernetesClient, ReadsAWatchLineByLine) {
    auto reply_with = [](http::BodyStream& body) -> asio::awaitable<void> {
        for (std::string const piece : {"{\"a\":", "1}\n{\"b\":2}\n"}) {
            if (!co_await body.write(piece)) co_return;
        }
    };
    Reply endless{.content_type = "application/json"};
    endless.stream = reply_with;
    reply({endless, refusal(410, "Expired")});
    use();
    std::vector<std::string> lines;
    auto const on_line = [&](std::string_view line) {
        lines.emplace_back(line);
        return true;
    };
    auto const ended = run(client_->watch("/x?watch=1", 20s, on_line));
    EXPECT_TRUE(ended) << describe(ended.error());
    EXPECT_THAT(lines, ElementsAre(R"({"a":1})", R"({"b":2})"));
    auto const expired = run(client_->watch("/x?watch=1", 20s, on_line));
    ASSERT_FALSE(expired);
    EXPECT_TRUE(expired.error().expired());
}

TEST_F(KubernetesClient, AWatchThatEndsInALineIsBroken) {
    Reply broken{.content_type = "application/json"};
    broken.stream = [](http::BodyStream& body) -> asio::awaitable<void> {
        co_await body.write("{\"a\":1}\n{\"b");
    };
    reply({broken});
    use();
    auto const ended =
        run(client_->watch("/x?watch=1", 20s, [](std::string_view) { return true; }));
    ASSERT_FALSE(ended);
    EXPECT_THAT(ended.error().message, HasSubstr("in the middle of a line"));
}

constexpr char kLease[] =
    R"({"kind":"Lease","metadata":{"name":"l","uid":"u","resourceVersion":"9"},"spec":{"holderIdentity":"me","leaseDurationSeconds":15}})";

TEST_F(KubernetesClient, LeasesAreReadAndWrittenWithTheirVersion) {
    use();
    Leases leases(*client_, "", 5s);
    reply({refusal(404, "NotFound"), json_reply(201, kLease), refusal(409, "AlreadyExists"),
           json_reply(200, kLease), refusal(409, "Conflict"), json_reply(200, "{}")});
    EXPECT_TRUE(run(leases.get("l")).error().not_found());
    auto lease = run(leases.create({.name = "l", .holder = "me"}));
    ASSERT_TRUE(lease) << describe(lease.error());
    EXPECT_EQ(lease->resource_version, "9");
    EXPECT_TRUE(run(leases.create({.name = "l"})).error().already_exists());
    EXPECT_TRUE(run(leases.update(*lease)));
    EXPECT_TRUE(run(leases.update(*lease)).error().conflict());
    EXPECT_TRUE(run(leases.remove(*lease)));
    auto const asked = script_.all();
    std::string const path = "/apis/coordination.k8s.io/v1/namespaces/media/leases";
    EXPECT_EQ(asked[0].target, path + "/l");
    EXPECT_EQ(asked[1].target, path);
    EXPECT_EQ(text_at(json::parse(asked[1].body), {"metadata", "resourceVersion"}), "");
    EXPECT_EQ(asked[3].method, "PUT");
    EXPECT_EQ(text_at(json::parse(asked[3].body), {"metadata", "resourceVersion"}), "9");
    EXPECT_EQ(asked[5].method, "DELETE");
    EXPECT_EQ(text_at(json::parse(asked[5].body), {"preconditions", "resourceVersion"}), "9");
    EXPECT_EQ(text_at(json::parse(asked[5].body), {"preconditions", "uid"}), "u");
}

TEST_F(KubernetesClient, FilesThatCannotBeReadAreToldAtTheStart) {
    auto const problem = [](ClusterAccess access) {
        auto const made = Client::make({.access = std::move(access)});
        return made ? std::string() : made.error();
    };
    auto wrong = access();
    wrong.token.file = files_.file("none");
    EXPECT_THAT(problem(wrong), HasSubstr("no such file"));
    wrong = access();
    wrong.authority = {.text = "no PEM", .file = {}};
    EXPECT_THAT(problem(wrong), HasSubstr("the certificate authority cannot be used"));
    wrong = access();
    files_.write("token", "two words");
    EXPECT_THAT(problem(wrong), HasSubstr("a character that none has"));
    files_.write("token", "\n");
    EXPECT_EQ(problem(wrong), "the token is empty");
}

// Counts what it hears.
struct Counting final : ObjectSink {
    void list_began() override {}
    void listed(json::value const&) override { ++items; }
    void list_ended(std::string const&) override { ++lists; }
    void changed(json::value const&) override { ++changes; }
    void removed(json::value const&) override {}
    int items = 0, lists = 0, changes = 0;
};

TEST_F(KubernetesClient, TheInformerGoesOnWhateverHappens) {
    Reply endless{.content_type = "application/json"};
    endless.stream = [](http::BodyStream& body) -> asio::awaitable<void> {
        co_await body.write(R"({"type":"ADDED","object":{"metadata":{"resourceVersion":"6"}}})"
                            "\n");
    };
    reply({refusal(500, "InternalError"),
           json_reply(200, R"({"metadata":{"resourceVersion":"5"},"items":[{},{}]})"), endless,
           refusal(410, "Expired"),
           json_reply(200, R"({"metadata":{"resourceVersion":"8"},"items":[{}]})"), endless});
    use();
    Counting heard;
    ListWatch watch({.path = "/pods", .retry = {1ms, 5ms}}, heard);
    asio::cancellation_signal cancel;
    bool ended = false;
    asio::co_spawn(io_, inform(*client_, watch, "Pods"),
                   asio::bind_cancellation_slot(cancel.slot(),
                                                [&](std::exception_ptr const&) { ended = true; }));
    auto const until = std::chrono::steady_clock::now() + 60s;
    while (heard.changes < 2 && std::chrono::steady_clock::now() < until) io_.run_one_for(1s);
    EXPECT_EQ(heard.items, 3);
    EXPECT_EQ(heard.lists, 2);
    cancel.emit(asio::cancellation_type::terminal);
    io_.run_for(20s);
    EXPECT_TRUE(ended);
}

}  // namespace
}  // namespace tidegate::kubernetes
