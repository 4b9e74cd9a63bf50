#include "sts/core/dispatcher.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>
#include <vector>

#include "sts/core/golden_frames.hpp"

namespace tidegate::sts {
namespace {

// A client whose service is the test: it sees what is sent, and answers.
struct ScriptedDispatcher {
    explicit ScriptedDispatcher(ClientPolicy policy = {})
        : dispatcher({.stream_id = "s1", .worker_id = "worker-s1"}, "", policy,
                     {[this] { return "id" + std::to_string(ids++); }, [] { return 0U; }}) {}

    void connect() {
        dispatcher.on_connecting(now);
        dispatcher.on_connected(now);
        says(golden::kOpen);
        says(golden::kConnected);
        says(golden::kReady);
        collect();
        EXPECT_EQ(dispatcher.state(), ClientState::ready);
    }
    void says(std::string_view text) {
        dispatcher.on_message(text, now);
        collect();
    }
    void send(std::uint64_t id) {
        dispatcher.send({.id = id, .audio = {.base64 = "AAEC"}}, now);
        collect();
    }
    void after(std::chrono::milliseconds time) {
        now.time += time;
        dispatcher.check(now);
        collect();
    }
    std::chrono::milliseconds disconnect(std::string reason = "reset", bool refused = false) {
        auto const kind = refused ? SessionEnd::Kind::refused : SessionEnd::Kind::lost;
        auto const pause = dispatcher.on_disconnected({kind, std::move(reason)}, now);
        collect();
        return pause;
    }
    void answers(int wire_id) { says(processed("id" + std::to_string(wire_id), "success")); }
    void fails(int wire_id, std::string const& code = "TIMEOUT") {
        says(R"(42["fragment:processed",{"fragment_id":"id)" + std::to_string(wire_id) +
             R"(","status":"failed","error":{"code":")" + code + R"(","message":"m"}}])");
    }
    static std::string processed(std::string const& id, std::string const& status) {
        return R"(42["fragment:processed",{"fragment_id":")" + id + R"(","status":")" + status +
               R"(","dubbed_audio":{"format":"m4a","data_base64":"AAEC"}}])";
    }
    // Fragment messages that went out so far.
    int sent() {
        collect();
        return fragments;
    }
    std::string outcome_of(std::uint64_t id) {
        collect();
        auto const found = outcomes.find(id);
        return found == outcomes.end() ? "none" : found->second;
    }

    void collect() {
        while (auto message = dispatcher.next_message()) {
            if (message->text().contains("fragment:data")) ++fragments;
            last_message = message->text();
            dispatcher.check(now);
        }
        while (auto report = dispatcher.next_report()) {
            if (auto* change = std::get_if<StateChange>(&*report)) {
                states.push_back(change->state);
                continue;
            }
            auto& [id, outcome] = std::get<FragmentOutcome>(*report);
            EXPECT_FALSE(outcomes.contains(id)) << "a second outcome of " << id;
            outcomes[id] = outcome ? "dub" : std::string(name_of(outcome.error().reason));
            if (outcome) round_trips.push_back(outcome->round_trip);
            if (!outcome) details[id] = outcome.error().detail;
        }
    }

    Now now{.time = Time{1h}};
    int ids = 0;
    int fragments = 0;
    std::string last_message;
    std::map<std::uint64_t, std::string> outcomes, details;
    std::vector<ClientState> states;
    std::vector<std::chrono::nanoseconds> round_trips;
    Dispatcher dispatcher;
};

TEST(Dispatcher, SendsAndTellsTheAnswer) {
    ScriptedDispatcher client;
    client.connect();
    EXPECT_TRUE(client.dispatcher.can_send(client.now.time));
    client.send(7);
    EXPECT_EQ(client.sent(), 1);
    EXPECT_EQ(client.outcome_of(7), "none");
    client.after(1500ms);
    client.answers(0);
    EXPECT_EQ(client.outcome_of(7), "dub");
    EXPECT_EQ(client.round_trips.at(0), 1500ms);
    EXPECT_TRUE(client.last_message.contains("\"applied\""));
    EXPECT_EQ(client.dispatcher.in_flight(), 0U);
}

TEST(Dispatcher, TellsItsStates) {
    ScriptedDispatcher client;
    client.connect();
    client.says(R"(42["backpressure",{"action":"pause"}])");
    client.says(R"(42["backpressure",{"action":"none"}])");
    client.disconnect();
    client.connect();
    client.dispatcher.end(client.now);
    client.collect();
    client.says(golden::kComplete);
    client.disconnect();
    using enum ClientState;
    EXPECT_EQ(client.states, (std::vector{connecting, ready, paused, ready, waiting, connecting,
                                          ready, ending, ended}));
    EXPECT_TRUE(client.dispatcher.done());
}

TEST(Dispatcher, WithoutASessionAFragmentFailsAtOnce) {
    ScriptedDispatcher client;
    EXPECT_FALSE(client.dispatcher.can_send(client.now.time));
    client.send(1);
    EXPECT_EQ(client.outcome_of(1), "not_connected");
}

TEST(Dispatcher, ObeysTheSmallerLimitAndLetsOthersWait) {
    ScriptedDispatcher client;
    client.connect();
    for (std::uint64_t id = 0; id < 7; ++id) client.send(id);
    EXPECT_EQ(client.sent(), 3);
    EXPECT_EQ(client.dispatcher.waiting(), kMostWaiting);
    EXPECT_FALSE(client.dispatcher.can_send(client.now.time));
    client.send(7);
    EXPECT_EQ(client.outcome_of(7), "in_flight_full");
    client.answers(1);
    EXPECT_EQ(client.sent(), 4);
    EXPECT_EQ(client.outcome_of(1), "dub");
    EXPECT_TRUE(client.dispatcher.can_send(client.now.time));
}

TEST(Dispatcher, AFragmentWithoutAnAnswerTimesOut) {
    ScriptedDispatcher client;
    client.connect();
    client.send(1);
    client.after(7'999ms);
    EXPECT_EQ(client.outcome_of(1), "none");
    client.after(1ms);
    EXPECT_EQ(client.outcome_of(1), "timed_out");
    client.answers(0);
    EXPECT_EQ(client.dispatcher.counters().late_answers, 1U);
    EXPECT_TRUE(client.last_message.contains("\"received\"")) << "the service's slot becomes free";
}

TEST(Dispatcher, AFragmentThatWaitsTooLongTimesOutUnsent) {
    ScriptedDispatcher client;
    client.connect();
    for (std::uint64_t id = 0; id < 3; ++id) client.send(id);
    client.after(1s);
    client.send(3);
    client.after(6s);
    EXPECT_EQ(client.outcome_of(3), "none");
    client.after(1s);  // the first three time out, the fourth gets its turn for the rest
    EXPECT_EQ(client.sent(), 4);
    client.after(1s);
    EXPECT_EQ(client.outcome_of(3), "timed_out");
}

TEST(Dispatcher, FailuresInARowOpenTheBreakerAndOneProbeClosesIt) {
    ScriptedDispatcher client;
    client.connect();
    for (std::uint64_t id = 0; id < 5; ++id) {
        client.send(id);
        client.fails(static_cast<int>(id));
    }
    EXPECT_EQ(client.dispatcher.state(), ClientState::breaker_open);
    client.send(5);
    EXPECT_EQ(client.outcome_of(5), "breaker_open");
    EXPECT_EQ(client.details[5], "too many failures in a row: the service says TIMEOUT");
    client.after(kBreakerOpen);
    EXPECT_TRUE(client.dispatcher.can_send(client.now.time));
    client.send(6);
    client.send(7);
    EXPECT_EQ(client.sent(), 6) << "only the probe goes";
    EXPECT_EQ(client.outcome_of(7), "breaker_open");
    client.answers(5);
    EXPECT_EQ(client.outcome_of(6), "dub");
    EXPECT_EQ(client.dispatcher.state(), ClientState::ready);
}

TEST(Dispatcher, FailuresThatAreNotTheServicesDoNotCount) {
    ScriptedDispatcher client;
    client.connect();
    for (std::uint64_t id = 0; id < 10; ++id) {
        client.send(id);
        client.fails(static_cast<int>(id), "FRAGMENT_TOO_LARGE");
        EXPECT_EQ(client.outcome_of(id), "service_failed");
    }
    EXPECT_EQ(client.dispatcher.state(), ClientState::ready);
}

TEST(Dispatcher, SlowDownDelaysTheNextFragment) {
    ScriptedDispatcher client;
    client.connect();
    client.says(R"(42["backpressure",{"action":"slow_down","recommended_delay_ms":700}])");
    client.send(1);
    EXPECT_EQ(client.sent(), 0);
    client.after(699ms);
    EXPECT_EQ(client.sent(), 0);
    client.after(1ms);
    EXPECT_EQ(client.sent(), 1);
}

TEST(Dispatcher, APauseFailsWhatWaitsAndWhatComes) {
    ScriptedDispatcher client;
    client.connect();
    for (std::uint64_t id = 0; id < 4; ++id) client.send(id);
    client.says(R"(42["backpressure",{"action":"pause","severity":"high"}])");
    EXPECT_EQ(client.outcome_of(3), "paused");
    client.send(4);
    EXPECT_EQ(client.outcome_of(4), "paused");
    EXPECT_EQ(client.outcome_of(0), "none") << "what is under way goes on";
    client.answers(0);
    EXPECT_EQ(client.outcome_of(0), "dub");
    client.after(kPauseLimit);
    EXPECT_TRUE(client.dispatcher.can_send(client.now.time));
}

TEST(Dispatcher, ErrorsOfTheStreamSlowItDown) {
    ScriptedDispatcher client;
    client.connect();
    client.says(R"(42["error",{"code":"QUEUE_FULL","message":"m"}])");
    client.send(1);
    EXPECT_EQ(client.sent(), 0);
    client.after(1s);
    EXPECT_EQ(client.sent(), 1);
    client.says(R"(42["error",{"code":"GPU_OOM","message":"m","fragment_id":"id0"}])");
    EXPECT_EQ(client.outcome_of(1), "service_failed");
}

TEST(Dispatcher, ALostConnectionFailsWhatIsUnderWayAndStartsAnew) {
    ScriptedDispatcher client;
    client.connect();
    for (std::uint64_t id = 0; id < 4; ++id) client.send(id);
    EXPECT_EQ(client.disconnect("connection reset"), 2s);
    EXPECT_EQ(client.outcome_of(0), "connection_lost");
    EXPECT_EQ(client.outcome_of(3), "not_connected");
    EXPECT_EQ(client.dispatcher.state(), ClientState::waiting);
    EXPECT_EQ(client.dispatcher.reason(), "connection reset");
    client.connect();
    client.send(10);
    EXPECT_TRUE(client.last_message.contains("\"sequence_number\":0")) << client.last_message;
    client.says(ScriptedDispatcher::processed("id0", "success"));
    EXPECT_EQ(client.dispatcher.counters().late_answers, 1U) << "of the former session";
    EXPECT_EQ(client.dispatcher.counters().reconnections, 1U);
}

TEST(Dispatcher, TriesForEverAndReturnsToTheShortPauseOnlyWhenADubHasCome) {
    ScriptedDispatcher client;
    std::vector<std::chrono::milliseconds> pauses;
    for (int i = 0; i < 7; ++i) {
        client.dispatcher.on_connecting(client.now);
        pauses.push_back(client.disconnect("refused"));
    }
    EXPECT_EQ(pauses.back(), 32s);
    client.connect();
    EXPECT_EQ(client.disconnect(), 32s) << "it was there, but has proved nothing";
    client.connect();
    client.send(1);
    client.answers(0);
    EXPECT_EQ(client.disconnect(), 2s);
}

TEST(Dispatcher, ARefusalIsAskedAgainRarely) {
    ScriptedDispatcher client;
    client.dispatcher.on_connecting(client.now);
    EXPECT_EQ(client.disconnect("HTTP 401", true), 32s);
    EXPECT_EQ(client.dispatcher.state(), ClientState::refused);
    client.dispatcher.on_connecting(client.now);
    client.dispatcher.on_connected(client.now);
    client.says(golden::kOpen);
    client.says(R"(44{"message":"bad token"})");
    ASSERT_TRUE(client.dispatcher.closing());
    EXPECT_EQ(client.disconnect("closed"), 32s);
    EXPECT_EQ(client.dispatcher.state(), ClientState::refused);
    EXPECT_EQ(client.dispatcher.reason(), "the service refuses the connection: bad token");
}

TEST(Dispatcher, AServiceThatFlapsOpensTheBreaker) {
    ScriptedDispatcher client;
    for (std::uint64_t id = 0; id < 5; ++id) {
        client.connect();
        client.send(id);
        client.disconnect();
    }
    client.dispatcher.on_connecting(client.now);
    client.dispatcher.on_connected(client.now);
    client.says(golden::kOpen);
    client.says(golden::kConnected);
    client.says(golden::kReady);
    EXPECT_EQ(client.dispatcher.state(), ClientState::breaker_open);
}

TEST(Dispatcher, AnAnswerWithoutSoundIsAFailureThatDoesNotCount) {
    ScriptedDispatcher client;
    client.connect();
    for (std::uint64_t id = 0; id < 8; ++id) {
        client.send(id);
        client.says(R"(42["fragment:processed",{"fragment_id":"id)" + std::to_string(id) +
                    R"(","status":"success","dubbed_audio":null}])");
        EXPECT_EQ(client.outcome_of(id), "no_audio");
    }
    EXPECT_EQ(client.dispatcher.state(), ClientState::ready);
}

TEST(Dispatcher, AnAnswerMayNameItsFragmentByNumberOnly) {
    ScriptedDispatcher client;
    client.connect();
    client.send(1);
    client.says(
        R"(42["fragment:processed",{"sequence_number":0,"status":"partial","dubbed_audio":{"data_base64":"AAEC"}}])");
    EXPECT_EQ(client.outcome_of(1), "dub");
    EXPECT_EQ(client.dispatcher.counters().partial, 1U);
}

TEST(Dispatcher, ASoundThatIsTooLargeIsNotSent) {
    ScriptedDispatcher client;
    client.connect();
    client.dispatcher.send({.id = 1, .audio = {.base64 = std::string(kMaxAudioBase64 + 1, 'A')}},
                           client.now);
    EXPECT_EQ(client.outcome_of(1), "too_large");
    EXPECT_EQ(client.sent(), 0);
}

TEST(Dispatcher, TheEndWaitsForTheLastAnswers) {
    ScriptedDispatcher client;
    client.connect();
    for (std::uint64_t id = 0; id < 4; ++id) client.send(id);
    client.dispatcher.end(client.now);
    client.collect();
    EXPECT_FALSE(client.last_message.contains("stream:end"));
    client.send(9);
    EXPECT_EQ(client.outcome_of(9), "stopped");
    for (int id = 0; id < 4; ++id) client.answers(id);
    EXPECT_EQ(client.last_message, golden::kEnd);
    client.says(golden::kComplete);
    EXPECT_EQ(client.dispatcher.closing()->kind, SessionEnd::Kind::complete);
    client.disconnect();
    EXPECT_TRUE(client.dispatcher.done());
    EXPECT_EQ(client.dispatcher.state(), ClientState::ended);
}

TEST(Dispatcher, TheEndWithoutASessionIsAtOnce) {
    ScriptedDispatcher client;
    client.dispatcher.end(client.now);
    EXPECT_TRUE(client.dispatcher.done());
}

TEST(Dispatcher, AStopFailsEverything) {
    ScriptedDispatcher client;
    client.connect();
    for (std::uint64_t id = 0; id < 4; ++id) client.send(id);
    client.dispatcher.stop(client.now);
    for (std::uint64_t id = 0; id < 4; ++id) EXPECT_EQ(client.outcome_of(id), "stopped");
    client.send(5);
    EXPECT_EQ(client.outcome_of(5), "stopped");
    EXPECT_TRUE(client.dispatcher.done());
}

TEST(Dispatcher, AConnectionThatTakesNothingHoldsOneFragmentOnly) {
    ScriptedDispatcher client;
    client.connect();
    for (std::uint64_t id = 0; id < 3; ++id) {
        client.dispatcher.send({.id = id, .audio = {.base64 = "AAEC"}}, client.now);
    }
    EXPECT_EQ(client.dispatcher.in_flight(), 1U);
    EXPECT_EQ(client.dispatcher.waiting(), 2U);
    EXPECT_EQ(client.sent(), 3);
}

// Whatever happens in whatever order: each fragment has exactly one outcome when the client ends
// (the script checks that there is no second one), and the limits hold at each step.
class RandomService : public testing::TestWithParam<unsigned> {};

TEST_P(RandomService, EachFragmentGetsExactlyOneOutcome) {
    std::mt19937 random(GetParam());
    auto const below = [&](unsigned count) { return random() % count; };
    ScriptedDispatcher client({.fragment_deadline = 8s, .breaker = {.failures = 3, .open = 5s}});
    std::uint64_t next = 0;
    bool connected = false;
    for (int step = 0; step < 3000; ++step) {
        switch (below(12)) {
            case 0:
                if (!connected) {
                    client.dispatcher.on_connecting(client.now);
                    client.dispatcher.on_connected(client.now);
                    connected = true;
                }
                break;
            case 1:
                if (below(4) == 0) {
                    client.disconnect();
                    connected = false;
                }
                break;
            case 2:
                client.says(golden::kOpen);
                break;
            case 3:
                client.says(golden::kConnected);
                client.says(golden::kReady);
                break;
            case 4:
                client.says(R"(42["backpressure",{"action":"pause"}])");
                break;
            case 5:
                client.says(R"(42["backpressure",{"action":"slow_down"}])");
                break;
            case 6:
                client.says(R"(42["backpressure",{"action":"none"}])");
                break;
            case 7:
                client.fails(static_cast<int>(below(static_cast<unsigned>(client.ids) + 1)));
                break;
            case 8:
                client.answers(client.ids - 1 - static_cast<int>(below(4)));
                break;
            default:
                client.send(next++);
                client.after(std::chrono::milliseconds{below(3000)});
        }
        ASSERT_LE(client.dispatcher.in_flight(), 3U);
        ASSERT_LE(client.dispatcher.waiting(), kMostWaiting);
    }
    client.dispatcher.stop(client.now);
    client.collect();
    EXPECT_EQ(client.outcomes.size(), next);
    EXPECT_GT(client.fragments, 0);
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomService, testing::Range(1U, 9U));

}  // namespace
}  // namespace tidegate::sts
