// Events as the text of a WebSocket message (§5), as the reference service's dialect has them:
// optional fields that are absent are left out. A message has up to three parts, so that a
// fragment's sound goes out from where it is, without a copy. Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sts/core/events.hpp"
#include "sts/core/packet.hpp"

namespace tidegate::sts {

struct Message {
    std::string head{};
    std::string sound{};  // base 64, which needs no escaping
    std::string tail{};

    std::size_t size() const { return head.size() + sound.size() + tail.size(); }
    std::string text() const { return head + sound + tail; }
    bool operator==(Message const&) const = default;
};

// What a client sends.
Message write_connect(std::string_view token);  // empty: none
Message write_init(StreamConfig const& config);
// pts: of the fragment in the source, as metadata.
Message write_data(FragmentData&& fragment, std::int64_t unix_ms, std::chrono::nanoseconds pts);
Message write_end(std::string_view stream_id, std::string_view reason);

// Both sides.
Message write_ack(FragmentAck const& ack, std::int64_t unix_ms);
Message write_plain(Packet const& packet);

// What a service sends.
struct ReadyAnswer {
    std::string stream_id{};
    std::string session_id{};
    std::uint32_t max_in_flight = 0;
};
Message write_ready(ReadyAnswer const& ready);
struct ProcessedAnswer {
    std::string fragment_id{};
    std::string stream_id{};
    std::int64_t sequence_number = 0;
    ProcessedStatus status = ProcessedStatus::success;
    std::optional<AudioData> audio{};
    std::string transcript{};
    std::string translation{};
    std::chrono::milliseconds processing_time{0};
    std::optional<ServiceError> error{};
};
Message write_processed(ProcessedAnswer&& processed);
struct BackpressureAnswer {
    std::string stream_id{};
    Backpressure backpressure{};
    std::uint32_t in_flight = 0;
};
Message write_backpressure(BackpressureAnswer const& answer);
struct CompleteAnswer {
    std::string stream_id{};
    std::int64_t fragments = 0;
    std::chrono::milliseconds duration{0};
    std::int64_t succeeded = 0, partial = 0, failed = 0;
    double average_ms = 0, p95_ms = 0;  // of the processing
};
Message write_complete(CompleteAnswer const& complete);
Message write_error(std::string_view stream_id, ServiceError const& error);
// config:error_simulation:ack and simulate:disconnect:ack (§5.10).
Message write_simulation_ack(ErrorSimulation const& simulation);
Message write_disconnect_ack(std::int64_t at_unix_ms);

}  // namespace tidegate::sts
