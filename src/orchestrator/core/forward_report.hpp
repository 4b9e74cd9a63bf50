// What a forwarder says about its destination with its status:
//
//   X_FORWARD={"phase":"retrying","forMs":1200,"attempt":4,"connections":2,"bytes":1234,
//              "bitsPerSecond":0,"dropped":0,"retryInMs":3400,"error":"connection refused",
//              "errorKind":"connect"}
//
// One line of the notification (sd_notify), JSON without a line feed. Every member but the phase
// may be missing, which means "not known"; unknown members are ignored. For operators only: nothing
// is decided from it. Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tidegate::orchestrator {

struct ForwardReport {
    std::string phase;  // waiting, connecting, forwarding, retrying, paused, ended
    std::uint64_t attempt = 0;
    std::uint64_t connections = 0;  // that the destination accepted
    std::uint64_t bytes = 0;        // that its side has taken, of this forwarder
    std::uint64_t bits_per_second = 0;
    std::uint64_t dropped = 0;  // units that it did not take in time
    std::optional<std::uint64_t> retry_in_ms;
    std::string error;  // the last one, until the destination works again
    std::string error_kind;

    bool operator==(ForwardReport const&) const = default;
};

// nullopt: no JSON object, or no phase in it.
std::optional<ForwardReport> parse_forward_report(std::string_view json);

}  // namespace tidegate::orchestrator
