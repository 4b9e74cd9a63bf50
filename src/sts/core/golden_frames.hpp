// One session on the wire, from the protocol's description (§5.15), shared by tests of readers,
// writers and sessions, and the seeds of the fuzzers. Tests only.
#pragma once

#include <string_view>

namespace tidegate::sts::golden {

inline constexpr std::string_view kOpen =
    R"(0{"sid":"A","upgrades":[],"pingTimeout":10000,"pingInterval":25000,"maxPayload":52428800})";
inline constexpr std::string_view kConnect = "40";
inline constexpr std::string_view kConnected = R"(40{"sid":"B"})";
inline constexpr std::string_view kInit =
    R"(42["stream:init",{"stream_id":"s1","worker_id":"worker-s1","config":{"source_language":"en",)"
    R"("target_language":"es","voice_profile":"default","chunk_duration_ms":6000,)"
    R"("sample_rate_hz":48000,"channels":2,"format":"m4a"},"max_inflight":3,"timeout_ms":8000}])";
inline constexpr std::string_view kReady =
    R"(42["stream:ready",{"stream_id":"s1","session_id":"u","max_inflight":3,)"
    R"("capabilities":{"batch_processing":false,"async_delivery":true}}])";
inline constexpr std::string_view kData =
    R"(42["fragment:data",{"fragment_id":"f0","stream_id":"s1","sequence_number":0,)"
    R"("timestamp":1760000000000,"audio":{"format":"m4a","sample_rate_hz":48000,"channels":2,)"
    R"("duration_ms":6000,"data_base64":"AAEC"},"metadata":{"pts_ns":0}}])";
inline constexpr std::string_view kQueued =
    R"(42["fragment:ack",{"fragment_id":"f0","status":"queued","queue_position":null,)"
    R"("estimated_completion_ms":null,"timestamp":null}])";
inline constexpr std::string_view kProcessed =
    R"(42["fragment:processed",{"fragment_id":"f0","stream_id":"s1","sequence_number":0,)"
    R"("status":"success","dubbed_audio":{"format":"m4a","sample_rate_hz":48000,"channels":2,)"
    R"("duration_ms":6000,"data_base64":"AAEC"},"transcript":"Hello","translated_text":"Hola",)"
    R"("processing_time_ms":3,"stage_timings":{"asr_ms":1,"translation_ms":1,"tts_ms":1},)"
    R"("error":null,"metadata":{"gpu_utilization":0.5}}])";
inline constexpr std::string_view kApplied =
    R"(42["fragment:ack",{"fragment_id":"f0","status":"applied","timestamp":1760000000500}])";
inline constexpr std::string_view kPing = "2";
inline constexpr std::string_view kPong = "3";
inline constexpr std::string_view kEnd =
    R"(42["stream:end",{"stream_id":"s1","reason":"source ended"}])";
inline constexpr std::string_view kComplete =
    R"(42["stream:complete",{"stream_id":"s1","total_fragments":1,"total_duration_ms":6000,)"
    R"("statistics":{"success_count":1,"partial_count":0,"failed_count":0,)"
    R"("avg_processing_time_ms":3.0,"p95_processing_time_ms":3.0}}])";
inline constexpr std::string_view kDisconnect = "41";

}  // namespace tidegate::sts::golden
