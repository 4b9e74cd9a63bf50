#include "sts/core/events.hpp"

#include <gtest/gtest.h>

#include <string>

#include "sts/core/golden_frames.hpp"
#include "sts/core/json_fields.hpp"
#include "sts/core/message.hpp"
#include "sts/core/packet.hpp"

namespace tidegate::sts {
namespace {

std::string_view data_of(std::string_view frame) {
    auto const packet = parse_packet(frame);
    return packet ? packet->data : std::string_view{};
}

template <class Event>
Event from_service(std::string_view frame) {
    auto event = read_service_event(data_of(frame));
    if (event && std::holds_alternative<Event>(*event)) return std::get<Event>(*event);
    ADD_FAILURE() << frame << (event ? ": another event" : ": " + event.error());
    return {};
}

template <class Event>
Event from_client(std::string_view frame) {
    auto event = read_client_event(data_of(frame));
    if (event && std::holds_alternative<Event>(*event)) return std::get<Event>(*event);
    ADD_FAILURE() << frame << (event ? ": another event" : ": " + event.error());
    return {};
}

AudioData const kAudio{.format = "m4a",
                       .sample_rate = 48'000,
                       .channels = 2,
                       .duration = std::chrono::milliseconds{6000},
                       .base64 = "AAEC"};

TEST(ServiceEvents, TheReferenceDialectIsRead) {
    auto const ready = from_service<StreamReady>(golden::kReady);
    EXPECT_EQ(ready, (StreamReady{"u", 3, {"async_delivery"}}));
    EXPECT_EQ(from_service<FragmentAck>(golden::kQueued), (FragmentAck{"f0", "queued"}));
    auto const processed = from_service<FragmentProcessed>(golden::kProcessed);
    EXPECT_EQ(processed.fragment_id, "f0");
    EXPECT_EQ(processed.sequence_number, 0);
    EXPECT_EQ(processed.status, ProcessedStatus::success);
    EXPECT_EQ(processed.audio, kAudio);
    EXPECT_EQ(processed.transcript, "Hello");
    EXPECT_EQ(processed.translation, "Hola");
    EXPECT_EQ(processed.processing_time, std::chrono::milliseconds{3});
    EXPECT_EQ(processed.timings.synthesis, std::chrono::milliseconds{1});
    EXPECT_FALSE(processed.error);
    EXPECT_EQ(from_service<StreamComplete>(golden::kComplete), (StreamComplete{1, 1, 0}));
}

TEST(ServiceEvents, TheDialectOfTheFullServiceIsRead) {
    EXPECT_EQ(
        from_service<StreamReady>(
            R"(42["stream:ready",{"session_id":"u","max_inflight":10.0,"capabilities":["a","b"]}])"),
        (StreamReady{"u", 10, {"a", "b"}}));
    EXPECT_EQ(
        from_service<StreamComplete>(
            R"(42["stream:complete",{"total_fragments":3,"success_count":2,"failed_count":1}])"),
        (StreamComplete{3, 2, 1}));
    auto const error = from_service<ServiceError>(
        R"(42["error",{"code":"TIMEOUT","message":"late","retryable":true,"stage":"asr",)"
        R"("details":{"fragment_id":"f1"}}])");
    EXPECT_EQ(error, (ServiceError{"f1", "TIMEOUT", "late", "asr", false, true}));
    auto const backpressure = from_service<Backpressure>(
        R"(42["backpressure",{"stream_id":"s","severity":"high","action":"pause",)"
        R"("current_inflight":8,"max_inflight":10,"threshold_exceeded":null,"recommended_delay_ms":null}])");
    EXPECT_EQ(backpressure, (Backpressure{BackpressureAction::pause, "high", {}}));
}

TEST(ServiceEvents, NullIsAbsentAndUnknownFieldsAreIgnored) {
    auto const ready = from_service<StreamReady>(
        R"(42["stream:ready",{"session_id":null,"max_inflight":null,"capabilities":null,"new":{}}])");
    EXPECT_EQ(ready, StreamReady{});
    auto const processed = from_service<FragmentProcessed>(
        R"(42["fragment:processed",{"fragment_id":"f","sequence_number":12.0,"status":"success",)"
        R"("dubbed_audio":null,"transcript":null,"stage_timings":null,"error":null}])");
    EXPECT_EQ(processed.sequence_number, 12);
    EXPECT_FALSE(processed.audio);
}

TEST(ServiceEvents, LimitsThatNobodyMayAskForAreNotTaken) {
    for (auto const* limit : {"0", "-1", "11", "1e300", "\"many\"", "[]"}) {
        auto const frame = std::string(R"(42["stream:ready",{"max_inflight":)") + limit + "}]";
        EXPECT_EQ(from_service<StreamReady>(frame).max_in_flight, kDefaultInFlight) << limit;
    }
}

TEST(ServiceEvents, WhatLacksWhatItNeedsChangesNothing) {
    auto const problem = [](std::string_view frame) {
        return from_service<UnknownEvent>(frame).problem;
    };
    EXPECT_EQ(problem(R"(42["fragment:processed",{"status":"success"}])"), "no fragment_id");
    EXPECT_EQ(problem(R"(42["fragment:ack",{}])"), "no fragment_id");
    EXPECT_EQ(problem(R"(42["backpressure",{"action":"dance"}])"), "unknown action");
    EXPECT_EQ(problem(R"(42["fragment:processed"])"), "no object");
    EXPECT_EQ(problem(R"(42["fragment:processed","x"])"), "no object");
    EXPECT_EQ(problem(R"(42["something:new",{}])"), "unknown event");
}

TEST(ServiceEvents, WhatIsNoEventIsAnError) {
    EXPECT_EQ(read_service_event("{}").error(), "an event without a name");
    EXPECT_EQ(read_service_event("[]").error(), "an event without a name");
    EXPECT_EQ(read_service_event("[1]").error(), "an event without a name");
    EXPECT_TRUE(read_service_event("[\"a\"").error().starts_with("not JSON: "));
    EXPECT_TRUE(read_service_event("").error().starts_with("not JSON: "));
}

TEST(ServiceEvents, AnUnknownStatusIsAFailure) {
    auto const processed = from_service<FragmentProcessed>(
        R"(42["fragment:processed",{"fragment_id":"f","status":"splendid"}])");
    EXPECT_EQ(processed.status, ProcessedStatus::failed);
}

TEST(ServiceEvents, LongTextsAreCutBetweenCharacters) {
    std::string text(kMaxText - 1, 'a');
    auto const frame =
        R"(42["fragment:processed",{"fragment_id":"f","status":"success","transcript":")" + text +
        "é\"}]";
    EXPECT_EQ(from_service<FragmentProcessed>(frame).transcript, text);
}

TEST(ServiceEvents, ASoundLargerThanAServiceMaySendIsLeftOut) {
    auto const frame =
        R"(42["fragment:processed",{"fragment_id":"f","status":"success","dubbed_audio":{"data_base64":")" +
        std::string(kMaxAudioBase64 + 1, 'A') + "\"}}]";
    EXPECT_EQ(from_service<FragmentProcessed>(frame).audio->base64, "");
}

TEST(ServiceEvents, TheMemoryOfHostileJsonIsBounded) {
    std::string many = "[\"e\"";
    for (int i = 0; i < 30'000; ++i) many += ",0";
    EXPECT_EQ(read_service_event(many + "]").error(), "JSON with too many values");
    EXPECT_FALSE(read_service_event("[\"e\"," + std::string(5000, '[')));
    EXPECT_FALSE(read_service_event("[\"e\"," + std::string(100, '[') + std::string(101, ']')));
}

TEST(ServiceEvents, TheOpenPacketsLimitsArePutIntoBounds) {
    auto const open = read_open(golden::kOpen.substr(1));
    ASSERT_TRUE(open);
    EXPECT_EQ(open->ping_interval, std::chrono::seconds{25});
    EXPECT_EQ(open->ping_timeout, std::chrono::seconds{10});
    auto const odd = read_open(R"({"pingInterval":0,"pingTimeout":1e15})");
    ASSERT_TRUE(odd);
    EXPECT_EQ(odd->ping_interval, std::chrono::seconds{1});
    EXPECT_EQ(odd->ping_timeout, std::chrono::seconds{300});
    EXPECT_EQ(read_open("{}")->ping_timeout, std::chrono::seconds{20});
    EXPECT_FALSE(read_open("[]"));
    EXPECT_FALSE(read_open(""));
}

TEST(ServiceEvents, WhetherAFailureCountsIsWhatTheServiceSaysThenTheTable) {
    EXPECT_TRUE(is_retryable("TIMEOUT", {}));
    EXPECT_TRUE(is_retryable("SOMETHING_NEW", {}));
    EXPECT_TRUE(is_retryable("", {}));
    EXPECT_FALSE(is_retryable("INVALID_CONFIG", {}));
    EXPECT_TRUE(is_retryable("INVALID_CONFIG", true));
    EXPECT_FALSE(is_retryable("TIMEOUT", false));
}

TEST(ClientEvents, AreReadAsTheyAreWritten) {
    auto const init = from_client<StreamInit>(golden::kInit);
    StreamConfig const expected{.stream_id = "s1", .worker_id = "worker-s1"};
    EXPECT_EQ(init.config, expected);
    auto const data = from_client<FragmentData>(golden::kData);
    EXPECT_EQ(data.fragment_id, "f0");
    EXPECT_EQ(data.stream_id, "s1");
    EXPECT_EQ(data.sequence_number, 0);
    EXPECT_EQ(data.audio, kAudio);
    EXPECT_EQ(from_client<FragmentAck>(golden::kApplied), (FragmentAck{"f0", "applied"}));
    EXPECT_EQ(from_client<StreamEnd>(golden::kEnd).reason, "source ended");
    from_client<StreamPause>(R"(42["stream:pause"])");
    from_client<StreamResume>(R"(42["stream:resume",{"stream_id":"s"}])");
}

TEST(ClientEvents, SimulationsAreRead) {
    auto const simulation = from_client<ErrorSimulation>(
        R"(42["config:error_simulation",{"enabled":true,"rules":[)"
        R"({"trigger":"sequence_number","value":2,"error_code":"TIMEOUT"},)"
        R"({"trigger":"nth_fragment","value":3,"error_code":"GPU_OOM","retryable":false},)"
        R"({"trigger":"fragment_id","value":"x","error_code":"MODEL_ERROR","error_message":"m"}]}])");
    EXPECT_EQ(simulation.problem, "");
    ASSERT_EQ(simulation.rules.size(), 3U);
    EXPECT_EQ(simulation.rules[0].value, "2");
    EXPECT_EQ(simulation.rules[0].message, "Simulated error");
    EXPECT_FALSE(simulation.rules[1].retryable);
    EXPECT_EQ(simulation.rules[2].message, "m");
    auto const disconnect = from_client<SimulateDisconnect>(
        R"(42["simulate:disconnect",{"delay_ms":900000,"reason":"test"}])");
    EXPECT_EQ(disconnect.delay, std::chrono::seconds{60});
}

TEST(ClientEvents, RulesThatCannotBeUsedAreRefused) {
    auto const problem = [](std::string_view rule) {
        auto const frame =
            R"(42["config:error_simulation",{"enabled":true,"rules":[)" + std::string(rule) + "]}]";
        return from_client<ErrorSimulation>(frame).problem;
    };
    EXPECT_NE(problem(R"({"trigger":"full moon","value":1,"error_code":"TIMEOUT"})"), "");
    EXPECT_NE(problem(R"({"trigger":"nth_fragment","value":0,"error_code":"TIMEOUT"})"), "");
    EXPECT_NE(problem(R"({"trigger":"sequence_number","value":"a","error_code":"TIMEOUT"})"), "");
    EXPECT_NE(problem(R"({"trigger":"sequence_number","value":1,"error_code":"NEVER_HEARD"})"), "");
    EXPECT_NE(problem("7"), "");
}

TEST(Messages, OfAClientAreTheGoldenFrames) {
    EXPECT_EQ(write_connect("").text(), golden::kConnect);
    EXPECT_EQ(write_connect("s3\"cret").text(), R"(40{"token":"s3\"cret"})");
    EXPECT_EQ(write_init({.stream_id = "s1", .worker_id = "worker-s1"}).text(), golden::kInit);
    auto const data = write_data({"f0", "s1", 0, kAudio}, 1'760'000'000'000, {});
    EXPECT_EQ(data.text(), golden::kData);
    EXPECT_EQ(data.sound, kAudio.base64) << "the sound must not be copied into the JSON";
    EXPECT_EQ(write_ack({"f0", "applied"}, 1'760'000'000'500).text(), golden::kApplied);
    EXPECT_EQ(write_end("s1", "source ended").text(), golden::kEnd);
}

TEST(Messages, OfAServiceAreReadBack) {
    auto const complete = from_service<StreamComplete>(
        write_complete({.stream_id = "s", .fragments = 4, .succeeded = 3, .failed = 1}).text());
    EXPECT_EQ(complete, (StreamComplete{4, 3, 1}));
    ProcessedAnswer answer{.fragment_id = "f0",
                           .stream_id = "s1",
                           .sequence_number = 7,
                           .status = ProcessedStatus::partial,
                           .audio = kAudio,
                           .transcript = "a \"b\"\n",
                           .processing_time = std::chrono::milliseconds{5}};
    auto const read =
        from_service<FragmentProcessed>(write_processed(ProcessedAnswer{answer}).text());
    EXPECT_EQ(read.audio, kAudio);
    EXPECT_EQ(read.status, ProcessedStatus::partial);
    EXPECT_EQ(read.transcript, "a \"b\"\n");
    EXPECT_EQ(read.processing_time, std::chrono::milliseconds{5});
    answer.audio.reset();
    answer.status = ProcessedStatus::failed;
    answer.error = ServiceError{.code = "TIMEOUT", .message = "m", .retryable = false};
    auto const failed = from_service<FragmentProcessed>(write_processed(std::move(answer)).text());
    EXPECT_EQ(failed.status, ProcessedStatus::failed);
    EXPECT_EQ(failed.error->code, "TIMEOUT");
    EXPECT_EQ(failed.error->retryable, false);
    auto const error = from_service<ServiceError>(
        write_error("s1", {.fragment_id = "f", .code = "INVALID_SEQUENCE", .fatal = true}).text());
    EXPECT_EQ(error.fragment_id, "f");
    EXPECT_TRUE(error.fatal);
    auto const slow = from_service<Backpressure>(
        write_backpressure(
            {"s", {BackpressureAction::slow_down, "low", std::chrono::milliseconds{9}}, 2})
            .text());
    EXPECT_EQ(slow.delay, std::chrono::milliseconds{9});
}

}  // namespace
}  // namespace tidegate::sts
