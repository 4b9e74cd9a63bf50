#include "sts/core/client_session.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "sts/core/golden_frames.hpp"

namespace tidegate::sts {
namespace {

using SessionKind = SessionEnd::Kind;

struct SessionScript final : ClientSink {
    explicit SessionScript(std::string_view token = {})
        : session({.stream_id = "s1", .worker_id = "worker-s1"}, token, now.time) {}

    SessionScript& peer_sends(std::string_view text) {
        session.on_message(text, now, *this);
        return *this;
    }
    SessionScript& we_send(std::string_view text) {
        EXPECT_FALSE(session.output().empty()) << text;
        if (session.output().empty()) return *this;
        EXPECT_EQ(session.output().front().text(), text);
        session.output().pop_front();
        return *this;
    }
    SessionScript& silence() {
        EXPECT_TRUE(session.output().empty());
        return *this;
    }
    SessionScript& after(std::chrono::milliseconds time) {
        now.time += time;
        now.unix_ms += time.count();
        session.check(now.time);
        return *this;
    }
    SessionScript& until_ready() {
        return peer_sends(golden::kOpen)
            .we_send(golden::kConnect)
            .peer_sends(golden::kConnected)
            .we_send(golden::kInit)
            .peer_sends(golden::kReady)
            .silence();
    }
    SessionScript& closed(SessionKind kind, std::string_view reason) {
        EXPECT_TRUE(session.closed()) << reason;
        if (!session.closed()) return *this;
        EXPECT_EQ(session.closed()->kind, kind);
        EXPECT_EQ(session.closed()->reason, reason);
        return *this;
    }

    void on_ready(StreamReady&& value) override { ready.push_back(std::move(value)); }
    void on_processed(FragmentProcessed&& value) override { processed.push_back(std::move(value)); }
    void on_backpressure(Backpressure const& value) override { backpressure.push_back(value); }
    void on_error(ServiceError&& value) override { errors.push_back(std::move(value)); }
    void on_unknown(UnknownEvent&& value) override { unknown.push_back(std::move(value)); }

    Now now{.time = Time{1h}, .unix_ms = 1'760'000'000'000};
    ClientSession session;
    std::vector<StreamReady> ready;
    std::vector<FragmentProcessed> processed;
    std::vector<Backpressure> backpressure;
    std::vector<ServiceError> errors;
    std::vector<UnknownEvent> unknown;
};

FragmentData a_fragment() {
    return {.fragment_id = "f0",
            .audio = {.format = "m4a",
                      .sample_rate = 48'000,
                      .channels = 2,
                      .duration = 6000ms,
                      .base64 = "AAEC"}};
}

TEST(ClientSession, HasTheDialogueOfTheProtocol) {
    SessionScript script;
    script.until_ready();
    ASSERT_TRUE(script.session.ready());
    EXPECT_EQ(script.ready.at(0).max_in_flight, 3U);
    EXPECT_EQ(script.session.send(a_fragment(), {}, script.now), 0);
    script.we_send(golden::kData).peer_sends(golden::kQueued).silence();
    script.peer_sends(golden::kProcessed);
    EXPECT_EQ(script.processed.at(0).fragment_id, "f0");
    script.after(500ms);
    script.session.acknowledge("f0", "applied", script.now);
    script.we_send(golden::kApplied).peer_sends(golden::kPing).we_send(golden::kPong);
    script.session.finish("source ended", script.now.time);
    EXPECT_FALSE(script.session.ready());
    script.we_send(golden::kEnd)
        .peer_sends(golden::kComplete)
        .closed(SessionKind::complete, "the stream is complete");
}

TEST(ClientSession, NumbersItsFragments) {
    SessionScript script;
    script.until_ready();
    EXPECT_EQ(script.session.send(a_fragment(), {}, script.now), 0);
    EXPECT_EQ(script.session.send(a_fragment(), {}, script.now), 1);
    script.session.output().pop_front();
    EXPECT_TRUE(script.session.output().front().text().contains("\"sequence_number\":1"));
}

TEST(ClientSession, SendsItsTokenInTheConnect) {
    SessionScript script("secret");
    script.peer_sends(golden::kOpen).we_send(R"(40{"token":"secret"})");
}

TEST(ClientSession, EndsWhenTheServiceRefusesTheConnection) {
    SessionScript script;
    script.peer_sends(golden::kOpen).peer_sends(R"(44{"message":"bad token"})");
    script.closed(SessionKind::refused, "the service refuses the connection: bad token");
    SessionScript silent;
    silent.peer_sends(golden::kOpen).peer_sends("44");
    silent.closed(SessionKind::refused, "the service refuses the connection: no reason");
}

TEST(ClientSession, EndsWhenTheServiceRefusesTheStream) {
    SessionScript script;
    script.peer_sends(golden::kOpen).peer_sends(golden::kConnected);
    script.peer_sends(R"(42["error",{"code":"INVALID_CONFIG","message":"no such language"}])");
    script.closed(SessionKind::refused,
                  "the service refuses the stream: INVALID_CONFIG: no such language");
    EXPECT_EQ(script.errors.size(), 1U);
}

TEST(ClientSession, AnErrorOfAFragmentDoesNotEndTheStream) {
    SessionScript script;
    script.until_ready().peer_sends(
        R"(42["error",{"code":"FRAGMENT_TOO_LARGE","message":"m","fragment_id":"f0"}])");
    EXPECT_FALSE(script.session.closed());
    EXPECT_EQ(script.errors.at(0).fragment_id, "f0");
    script.peer_sends(R"(42["error",{"code":"INVALID_SEQUENCE","message":"gap"}])");
    script.closed(SessionKind::lost, "the service reports INVALID_SEQUENCE: gap");
}

TEST(ClientSession, WaitsForEachStepOnlySoLong) {
    SessionScript nothing;
    nothing.after(kReadyDeadline - 1ms).silence();
    EXPECT_FALSE(nothing.session.closed());
    nothing.after(1ms).closed(SessionKind::lost,
                              "the service did not send the open packet in time");
    SessionScript connect;
    connect.peer_sends(golden::kOpen).after(kReadyDeadline);
    connect.closed(SessionKind::lost, "the service did not send the answer to connect in time");
    SessionScript ready;
    ready.peer_sends(golden::kOpen).peer_sends(golden::kConnected).after(kReadyDeadline);
    ready.closed(SessionKind::lost, "the service did not send stream:ready in time");
    SessionScript complete;
    complete.until_ready();
    complete.session.finish("source ended", complete.now.time);
    complete.after(kDrainDeadline);
    complete.closed(SessionKind::complete, "the service did not send stream:complete in time");
}

TEST(ClientSession, AServiceThatDoesNotPingIsDead) {
    SessionScript script;
    script.until_ready().after(34s).peer_sends("2").after(34'999ms);
    EXPECT_FALSE(script.session.closed());
    script.after(1ms).closed(SessionKind::lost, "no ping from the service");
}

TEST(ClientSession, APongHasThePingsData) {
    SessionScript script;
    script.until_ready().peer_sends("2probe").we_send("3probe");
}

TEST(ClientSession, AcknowledgesAnEventThatAsksForIt) {
    SessionScript script;
    script.until_ready().peer_sends(R"(4217["something:new",{}])").we_send("4317[]");
    EXPECT_EQ(script.unknown.at(0).name, "something:new");
}

TEST(ClientSession, TheServiceMayEndItAtAnyTime) {
    for (auto const* packet : {"41", "1", R"(42["stream:complete",{"stream_id":"s1"}])"}) {
        SessionScript script;
        script.until_ready().peer_sends(packet);
        ASSERT_TRUE(script.session.closed()) << packet;
        EXPECT_EQ(script.session.closed()->kind, SessionKind::lost);
        EXPECT_FALSE(script.session.ready());
    }
}

TEST(ClientSession, WhatIsNotTheProtocolIsHostile) {
    for (auto const* text : {"", "9", "40", "42[]", "hello", "0[]"}) {
        SessionScript script;
        script.peer_sends(text);
        ASSERT_TRUE(script.session.closed()) << text;
        EXPECT_EQ(script.session.closed()->kind, SessionKind::hostile);
    }
    SessionScript event;
    event.until_ready().peer_sends("42{}").closed(SessionKind::hostile, "an event without a name");
}

TEST(ClientSession, AFloodEndsIt) {
    SessionScript script;
    script.until_ready();
    for (std::uint32_t i = 0; i < kMessageBurst; ++i) script.peer_sends("6");
    script.closed(SessionKind::hostile, "the service sends too much");
}

TEST(ClientSession, IgnoresOtherNamespacesAndTransports) {
    SessionScript script;
    script.until_ready();
    for (auto const* text : {"42/sts,[\"x\",{}]", "41/sts,", "3", "5", "6", "431[]",
                             R"(451-["x",{"_placeholder":true}])"}) {
        script.peer_sends(text).silence();
        EXPECT_FALSE(script.session.closed()) << text;
    }
}

TEST(ClientSession, TakesNothingMoreAfterItsEnd) {
    SessionScript script;
    script.until_ready().peer_sends("41").peer_sends(golden::kProcessed).after(1h).silence();
    EXPECT_TRUE(script.processed.empty());
    script.closed(SessionKind::lost, "the service ended the session");
}

}  // namespace
}  // namespace tidegate::sts
