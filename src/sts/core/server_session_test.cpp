#include "sts/core/server_session.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "sts/core/golden_frames.hpp"

namespace tidegate::sts {
namespace {

struct ServerScript final : ServerSink {
    explicit ServerScript(ServerPolicy policy = {})
        : session(policy, [this] { return std::string(1, static_cast<char>('A' + ids++)); }, now) {}

    ServerScript& client_sends(std::string_view text) {
        session.on_message(text, now, *this);
        return *this;
    }
    std::string next() {
        if (session.output().empty()) return "nothing";
        auto text = session.output().front().text();
        session.output().pop_front();
        return text;
    }
    ServerScript& we_send(std::string_view part) {
        auto const text = next();
        EXPECT_TRUE(text.contains(part)) << text << " has no " << part;
        return *this;
    }
    ServerScript& silence() {
        EXPECT_EQ(next(), "nothing");
        return *this;
    }
    ServerScript& until_active() {
        return we_send(R"(0{"sid":"A","upgrades":[],"pingTimeout":10000,"pingInterval":25000)")
            .client_sends("40")
            .we_send(R"(40{"sid":"B"})")
            .client_sends(golden::kInit)
            .we_send(R"(42["stream:ready",{"stream_id":"s1","session_id":"C","max_inflight":3,)");
    }
    ServerScript& fragment(int number, std::string const& id = {}) {
        std::string text(golden::kData);
        text.replace(text.find("\"f0\""), 4,
                     '"' + (id.empty() ? "f" + std::to_string(number) : id) + '"');
        auto const at = text.find("\"sequence_number\":0");
        return client_sends(text.replace(at, 19, "\"sequence_number\":" + std::to_string(number)));
    }
    void answer(std::string const& id) {
        session.answer({.fragment_id = id, .audio = AudioData{.base64 = "AAEC"}}, now);
    }
    ServerScript& after(std::chrono::milliseconds time) {
        now.time += time;
        session.check(now);
        return *this;
    }

    void on_fragment(FragmentData&& value) override { fragments.push_back(std::move(value)); }
    void on_error_simulation(ErrorSimulation&& value) override { simulation = std::move(value); }
    void on_simulate_disconnect(SimulateDisconnect const& value) override {
        disconnects.push_back(value);
    }

    int ids = 0;
    Now now{.time = Time{1h}, .unix_ms = 1000};
    ServerSession session;
    std::vector<FragmentData> fragments;
    ErrorSimulation simulation;
    std::vector<SimulateDisconnect> disconnects;
};

TEST(ServerSession, HasTheDialogueOfTheProtocol) {
    ServerScript script;
    script.until_active().fragment(0).we_send(R"("fragment_id":"f0","status":"queued")");
    ASSERT_EQ(script.fragments.size(), 1U);
    script.after(3ms).answer("f0");
    script.we_send(R"("sequence_number":0,"status":"success","dubbed_audio":{)");
    script.client_sends(golden::kApplied).silence();
    script.client_sends(golden::kEnd)
        .we_send(R"("total_fragments":1,"total_duration_ms":6000,"statistics":{"success_count":1)")
        .after(5s)
        .we_send("41");
    EXPECT_EQ(script.session.closed()->kind, SessionEnd::Kind::complete);
}

TEST(ServerSession, RefusesGapsAndDuplicates) {
    ServerScript script;
    script.until_active().fragment(0).we_send("queued");
    script.fragment(0).we_send("INVALID_SEQUENCE").fragment(2).we_send("INVALID_SEQUENCE");
    script.fragment(1, "f0").we_send("INVALID_SEQUENCE");
    script.fragment(1).we_send("queued").fragment(2).we_send("queued");
    EXPECT_EQ(script.fragments.size(), 3U);
}

TEST(ServerSession, AnAnswerFreesItsSlotWithoutAnAck) {
    ServerScript script({.max_in_flight = 1, .backpressure = true});
    script.we_send("0{").client_sends("40").we_send("40{").client_sends(golden::kInit);
    script.we_send(R"("max_inflight":1)");
    script.fragment(0).we_send("queued").we_send(R"("severity":"high","action":"pause")");
    script.answer("f0");
    script.we_send("fragment:processed").we_send(R"("severity":"low","action":"none")").silence();
    EXPECT_EQ(script.session.in_flight(), 0U);
}

TEST(ServerSession, AnswersEverythingBeforeItIsComplete) {
    ServerScript script;
    script.until_active().fragment(0).we_send("queued").fragment(1).we_send("queued");
    script.client_sends(golden::kEnd).silence();
    script.answer("f0");
    script.we_send("fragment:processed").silence();
    script.session.drop("f1", script.now);
    script.we_send(R"("total_fragments":2)").silence();
}

TEST(ServerSession, WaitsForTheLastAnswersOnlySoLong) {
    ServerScript script;
    script.until_active().fragment(0).we_send("queued").client_sends(golden::kEnd).silence();
    script.after(8s).we_send("stream:complete");
    script.answer("f0");
    script.silence();
}

TEST(ServerSession, RefusesSettingsThatAreNotTheProtocols) {
    for (auto const& [from, to] : std::vector<std::pair<std::string, std::string>>{
             {R"("max_inflight":3)", R"("max_inflight":11)"},
             {R"("channels":2)", R"("channels":6)"},
             {R"("sample_rate_hz":48000)", R"("sample_rate_hz":1)"},
             {R"("format":"m4a")", R"("format":"wav")"},
             {R"("timeout_ms":8000)", R"("timeout_ms":1)"},
             {R"("target_language":"es")", R"("target_language":"")"},
             {R"("worker_id":"worker-s1",)", ""}}) {
        ServerScript script;
        std::string init(golden::kInit);
        init.replace(init.find(from), from.size(), to);
        script.we_send("0{").client_sends("40").we_send("40{").client_sends(init);
        script.we_send("INVALID_CONFIG").silence();
        EXPECT_FALSE(script.session.active()) << to;
    }
    ServerScript twice;
    twice.until_active().client_sends(golden::kInit).we_send("INVALID_CONFIG");
    EXPECT_TRUE(twice.session.active());
}

TEST(ServerSession, RefusesFragmentsThatItCannotTake) {
    ServerScript script;
    script.we_send("0{").client_sends("40").we_send("40{");
    script.fragment(0).we_send("STREAM_NOT_FOUND");
    script.client_sends(golden::kInit).we_send("stream:ready");
    script.client_sends(R"(42["stream:pause",{"stream_id":"s1"}])")
        .fragment(0)
        .we_send("STREAM_PAUSED");
    script.client_sends(R"(42["stream:resume",{"stream_id":"s1"}])");
    std::string silent(golden::kData);
    silent.replace(silent.find("AAEC"), 4, "");
    script.client_sends(silent).we_send("INVALID_AUDIO_FORMAT");
    std::string large(golden::kData);
    large.replace(large.find("AAEC"), 4, std::string(kMaxAudioBase64 + 1, 'A'));
    large.replace(large.find("\"sequence_number\":0"), 19, "\"sequence_number\":1");
    script.client_sends(large).we_send("FRAGMENT_TOO_LARGE");
    script.fragment(2).we_send("queued");
}

TEST(ServerSession, KeepsOnlySoManyFragments) {
    ServerScript script({.queue = 2});
    script.until_active().fragment(0).we_send("queued").fragment(1).we_send("queued");
    script.fragment(2).we_send("QUEUE_FULL");
    script.answer("f0");
    script.we_send("fragment:processed").fragment(3).we_send("queued");
    ServerScript bytes({.buffer = 6});
    bytes.until_active().fragment(0).we_send("queued").fragment(1).we_send("QUEUE_FULL");
}

TEST(ServerSession, TakesTestEventsIfTheyAreAllowed) {
    ServerScript script;
    script.until_active();
    script.client_sends(
        R"(42["config:error_simulation",{"enabled":true,"rules":[{"trigger":"nth_fragment","value":2,"error_code":"TIMEOUT"}]}])");
    script.we_send(R"("status":"accepted","rules_count":1)");
    EXPECT_EQ(script.simulation.rules.size(), 1U);
    script.client_sends(R"(42["config:error_simulation",{"enabled":true,"rules":7}])");
    script.we_send(R"("status":"rejected")");
    script.client_sends(R"(42["simulate:disconnect",{"delay_ms":5}])");
    script.we_send(R"("status":"scheduled","disconnect_at_ms":1005)");
    EXPECT_EQ(script.disconnects.at(0).delay, 5ms);
    ServerScript shut({.test_events = false});
    shut.until_active().client_sends(R"(42["simulate:disconnect",{}])").silence();
    EXPECT_TRUE(shut.disconnects.empty());
}

TEST(ServerSession, PingsAndNoticesADeadClient) {
    ServerScript script;
    script.until_active().after(25s).we_send("2").client_sends("3").after(24'999ms).silence();
    script.after(1ms).we_send("2").after(10s);
    EXPECT_EQ(script.session.closed()->reason, "the client does not answer pings");
}

TEST(ServerSession, AConnectionWithoutAStreamIsClosed) {
    ServerScript script({.ping_interval = 1h});
    script.we_send("0{").client_sends("40").we_send("40{").after(60s).we_send("41");
    EXPECT_TRUE(script.session.closed());
}

TEST(ServerSession, WhatIsNotTheProtocolEndsIt) {
    for (auto const* text : {"", "9", golden::kInit.data(), "hello"}) {
        ServerScript script;
        script.client_sends(text);
        ASSERT_TRUE(script.session.closed()) << text;
        EXPECT_EQ(script.session.closed()->kind, SessionEnd::Kind::hostile);
    }
}

TEST(ServerSession, MayWantAToken) {
    for (auto const* connect : {"40", R"(40{"token":"secreT"})", R"(40{"token":7})", "40[]"}) {
        ServerScript script({.token = "secret"});
        script.we_send("0{").client_sends(connect).we_send(R"(44{"message":"wrong token"})");
        EXPECT_TRUE(script.session.closed()) << connect;
    }
    ServerScript script({.token = "secret"});
    script.we_send("0{").client_sends(R"(40{"token":"secret"})").we_send("40{");
}

TEST(ServerSession, AnotherNamespaceIsRefused) {
    ServerScript script;
    script.we_send("0{").client_sends("40/sts,").we_send("44/sts,{");
    script.client_sends(R"(42/sts,["x"])").silence();
}

}  // namespace
}  // namespace tidegate::sts
