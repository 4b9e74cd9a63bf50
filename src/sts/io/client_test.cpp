#include "sts/io/client.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "http/server.hpp"
#include "net/event_loop.hpp"
#include "sts/io/service_server.hpp"

namespace tidegate::sts {
namespace {

using namespace std::chrono_literals;

class ScriptedWorker;

// The service and its client on one loop. The test decides what the service does with a fragment.
class ClientTest : public testing::Test, public ClientHandler {
protected:
    using OnFragment = std::function<void(ServiceConnection&, FragmentData&&)>;

    void SetUp() override { start_service({}); }
    void TearDown() override {
        if (client_) client_->stop();
        run_until([&] { return !running_; });
        stop_service();
        run_until([&] { return loop_.tasks().size() == 0; });
    }

    void start_service(std::string address);
    void stop_service() {
        if (!service_) return;
        bool stopped = false;
        boost::asio::co_spawn(io_, service_->stop(2s), [&](std::exception_ptr failure) {
            EXPECT_FALSE(failure);
            stopped = true;
        });
        run_until([&] { return stopped; });
        service_.reset();
    }
    void start_client(std::string token = {}) {
        ClientSettings settings;
        settings.url = *parse_service_url("ws://127.0.0.1:" + std::to_string(port_));
        settings.token = std::move(token);
        settings.stream.stream_id = "demo";
        settings.stream.worker_id = "worker-demo";
        settings.policy = policy_;
        client_.emplace(loop_, std::move(settings), *this);
        running_ = true;
        loop_.tasks().spawn("client", run());
    }
    void start_client_and_wait() {
        start_client();
        run_until([&] { return client_->can_send(); });
    }
    boost::asio::awaitable<void> run() {
        co_await client_->run();
        running_ = false;
    }
    void send(std::uint64_t id, std::string base64 = "AAEC") {
        Fragment fragment{.id = id};
        fragment.audio.sample_rate = 48'000;
        fragment.audio.channels = 2;
        fragment.audio.duration = 6s;
        fragment.audio.base64 = std::move(base64);
        inside_send_ = true;
        client_->send(std::move(fragment));
        inside_send_ = false;
    }
    std::string outcome_of(std::uint64_t id) {
        run_until([&] { return outcomes_.contains(id); });
        return outcomes_[id];
    }
    void run_until(std::function<bool()> const& done) {
        auto const end = std::chrono::steady_clock::now() + 20s;
        while (!done() && std::chrono::steady_clock::now() < end) {
            io_.restart();
            io_.run_one_for(10ms);
        }
        EXPECT_TRUE(done());
    }
    static void echo(ServiceConnection& connection, FragmentData&& data) {
        connection.session().answer(
            {.fragment_id = data.fragment_id, .audio = std::move(data.audio), .transcript = "t"},
            {Clock::now(), 0});
    }

    void on_state(ClientState state, std::string const& reason) override {
        EXPECT_FALSE(inside_send_);
        states_.push_back(state);
        last_reason_ = reason;
    }
    void on_result(std::uint64_t fragment, Outcome&& outcome) override {
        EXPECT_FALSE(inside_send_);
        EXPECT_FALSE(outcomes_.contains(fragment));
        outcomes_[fragment] = outcome ? "dub" : std::string(name_of(outcome.error().reason));
        if (outcome) last_dub_ = *std::move(outcome);
    }

    boost::asio::io_context io_{1};
    net::EventLoop loop_{
        io_, 0, [](auto const& name, auto const& what) { ADD_FAILURE() << name << ": " << what; }};
    OnFragment on_fragment_ = echo;
    ClientPolicy policy_{.first_retry = 50ms, .longest_retry = 100ms};
    std::optional<ServiceServer> service_;
    unsigned short port_ = 0;
    std::optional<Client> client_;
    bool running_ = false;
    bool inside_send_ = false;
    std::map<std::uint64_t, std::string> outcomes_;
    std::vector<ClientState> states_;
    std::string last_reason_;
    Dub last_dub_;

    friend class ScriptedWorker;
};

class ScriptedWorker final : public ServiceWorker {
public:
    ScriptedWorker(ClientTest& test, ServiceConnection& connection)
        : test_(test), connection_(connection) {}
    void on_fragment(FragmentData&& fragment) override {
        test_.on_fragment_(connection_, std::move(fragment));
    }
    void on_error_simulation(ErrorSimulation&&) override {}
    void on_simulate_disconnect(SimulateDisconnect const&) override {}
    Time next() const override { return Time::max(); }
    void check(Now) override {}

private:
    ClientTest& test_;
    ServiceConnection& connection_;
};

void ClientTest::start_service(std::string address) {
    ServiceSettings settings;
    settings.address = address.empty() ? "127.0.0.1:0" : address;
    settings.make_worker = [this](ServiceConnection& connection) {
        return std::make_unique<ScriptedWorker>(*this, connection);
    };
    service_.emplace(loop_, std::move(settings));
    auto const started = service_->start();
    ASSERT_TRUE(started) << started.error();
    port_ = service_->port();
}

TEST_F(ClientTest, SendsAFragmentAndTellsItsDub) {
    start_client_and_wait();
    send(7);
    EXPECT_EQ(outcome_of(7), "dub");
    EXPECT_EQ(last_dub_.audio.base64, "AAEC");
    EXPECT_EQ(last_dub_.transcript, "t");
    EXPECT_GT(last_dub_.round_trip, 0ns);
    EXPECT_EQ(client_->counters().dubbed, 1U);
    EXPECT_EQ(client_->max_in_flight(), 3U);
}

TEST_F(ClientTest, TheEndIsOrderly) {
    start_client_and_wait();
    send(1);
    client_->end();
    EXPECT_FALSE(client_->can_send());
    run_until([&] { return !running_; });
    EXPECT_EQ(outcomes_[1], "dub");
    EXPECT_EQ(states_.back(), ClientState::ended);
    EXPECT_EQ(service_->counters().hostile, 0U);
}

TEST_F(ClientTest, AStopFailsWhatIsUnderWayAtOnce) {
    on_fragment_ = [](auto&, auto&&) {};
    start_client_and_wait();
    send(1);
    run_until([&] { return service_->in_flight() == 1; });
    client_->stop();
    run_until([&] { return !running_; });
    EXPECT_EQ(outcomes_[1], "stopped");
}

TEST_F(ClientTest, ACancelledTaskStillTellsEachOutcome) {
    on_fragment_ = [](auto&, auto&&) {};
    start_client_and_wait();
    send(1);
    loop_.tasks().stop();
    run_until([&] { return loop_.tasks().size() == 0; });
    EXPECT_EQ(outcomes_[1], "stopped");
    running_ = false;
}

TEST_F(ClientTest, ABrokenConnectionIsMadeAnew) {
    on_fragment_ = [](ServiceConnection& connection, auto&&) { connection.abort(); };
    start_client_and_wait();
    send(1);
    EXPECT_EQ(outcome_of(1), "connection_lost");
    on_fragment_ = echo;
    run_until([&] { return client_->can_send(); });
    send(2);
    EXPECT_EQ(outcome_of(2), "dub");
    EXPECT_GE(client_->counters().reconnections, 1U);
}

TEST_F(ClientTest, WithoutAServiceItTriesForEver) {
    auto const address = "127.0.0.1:" + std::to_string(port_);
    stop_service();
    start_client();
    send(1);
    EXPECT_EQ(outcome_of(1), "not_connected");
    run_until([&] { return client_->counters().reconnections >= 3; });
    start_service(address);
    run_until([&] { return client_->can_send(); });
    send(2);
    EXPECT_EQ(outcome_of(2), "dub");
}

TEST_F(ClientTest, ARefusalByHttpIsTold) {
    auto const address = "127.0.0.1:" + std::to_string(port_);
    stop_service();
    http::ServerSettings settings;
    settings.address = address;
    settings.refuse = [](auto, auto const&) { return http::Response{}; };
    http::Server server(io_, settings);
    std::string seen;
    server.route("GET", "/socket.io/", [&](http::Request const& request) {
        seen = std::string(request.header("authorization").value_or("")) + " " +
               std::string(request.header("x-stream-id").value_or("")) + " " +
               std::string(request.header("x-worker-id").value_or(""));
        http::Response response;
        response.status = 401;
        return response;
    });
    ASSERT_TRUE(server.start());
    start_client("s3cret");
    run_until([&] { return client_->state() == ClientState::refused; });
    EXPECT_EQ(seen, "Bearer s3cret demo worker-demo");
    EXPECT_TRUE(last_reason_.contains("401")) << last_reason_;
    EXPECT_FALSE(last_reason_.contains("s3cret"));
    client_->stop();
    run_until([&] { return !running_; });
    bool stopped = false;
    boost::asio::co_spawn(io_, server.stop(1s), [&](std::exception_ptr) { stopped = true; });
    run_until([&] { return stopped; });
}

TEST_F(ClientTest, AFloodCostsTheServiceItsConnection) {
    on_fragment_ = [](ServiceConnection& connection, auto&&) {
        for (int i = 0; i < 10'000; ++i) connection.send_raw("6");
    };
    start_client_and_wait();
    send(1);
    EXPECT_EQ(outcome_of(1), "connection_lost");
    EXPECT_TRUE(client_->reason().contains("too much")) << client_->reason();
    EXPECT_LT(client_->counters().bytes_received, 10'000U);
}

TEST_F(ClientTest, AMessageThatIsTooLargeIsNotRead) {
    on_fragment_ = [](ServiceConnection& connection, auto&&) {
        connection.send_raw(std::string(kMaxMessageBytes + 1, 'x'));
    };
    start_client_and_wait();
    send(1);
    EXPECT_EQ(outcome_of(1), "connection_lost");
    EXPECT_TRUE(client_->reason().contains("16 MiB")) << client_->reason();
}

TEST_F(ClientTest, GarbageIsNoProtocol) {
    on_fragment_ = [](ServiceConnection& connection, auto&&) {
        connection.send_raw("\x7fgarbage");
    };
    start_client_and_wait();
    send(1);
    EXPECT_EQ(outcome_of(1), "connection_lost");
}

TEST_F(ClientTest, LargeFragmentsGoThere) {
    start_client_and_wait();
    std::string const large(1'540'000, 'A');
    for (std::uint64_t id = 0; id < 5; ++id) {
        send(id, large);
        EXPECT_EQ(outcome_of(id), "dub");
        EXPECT_EQ(last_dub_.audio.base64, large);
    }
}

TEST_F(ClientTest, ASilentServiceMissesTheDeadline) {
    policy_.fragment_deadline = 200ms;
    on_fragment_ = [](auto&, auto&&) {};
    start_client_and_wait();
    send(1);
    EXPECT_EQ(outcome_of(1), "timed_out");
}

}  // namespace
}  // namespace tidegate::sts
