#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <utility>

#include "sts/core/message_writing.hpp"

namespace tidegate::sts {

namespace json = boost::json;
using detail::to_json;
using detail::write_event;

Message write_plain(Packet const& packet) {
    return {.head = write_packet(packet)};
}

Message write_connect(std::string_view token) {
    std::string auth;
    if (!token.empty()) auth = json::serialize(json::object{{"token", to_json(token)}});
    return write_plain({.kind = PacketKind::connect, .data = auth});
}

Message write_init(StreamConfig const& config) {
    json::object asked{{"source_language", config.source_language},
                       {"target_language", config.target_language},
                       {"voice_profile", config.voice_profile},
                       {"chunk_duration_ms", config.chunk_duration.count()},
                       {"sample_rate_hz", config.sample_rate},
                       {"channels", config.channels},
                       {"format", config.format}};
    if (!config.domain_hints.empty()) {
        asked["domain_hints"] = json::array(config.domain_hints.begin(), config.domain_hints.end());
    }
    return write_event("stream:init", {{"stream_id", config.stream_id},
                                       {"worker_id", config.worker_id},
                                       {"config", std::move(asked)},
                                       {"max_inflight", config.max_in_flight},
                                       {"timeout_ms", config.timeout.count()}});
}

Message write_data(FragmentData&& fragment, std::int64_t unix_ms, std::chrono::nanoseconds pts) {
    return detail::write_sound_event(
        {.name = "fragment:data",
         .fields = {{"fragment_id", fragment.fragment_id},
                    {"stream_id", fragment.stream_id},
                    {"sequence_number", fragment.sequence_number},
                    {"timestamp", unix_ms}},
         .key = "audio",
         .audio = std::move(fragment.audio),
         .rest = {{"metadata", json::object{{"pts_ns", pts.count()}}}}});
}

Message write_end(std::string_view stream_id, std::string_view reason) {
    return write_event("stream:end",
                       {{"stream_id", to_json(stream_id)}, {"reason", to_json(reason)}});
}

Message write_ack(FragmentAck const& ack, std::int64_t unix_ms) {
    return write_event(
        "fragment:ack",
        {{"fragment_id", ack.fragment_id}, {"status", ack.status}, {"timestamp", unix_ms}});
}

}  // namespace tidegate::sts
