// A Lease object (coordination.k8s.io/v1): who holds something, since when, and when the holder
// last said so. It is plain data that everybody may write: what holding means is agreed among those
// who use it. Pure; any thread.
#pragma once

#include <boost/json/value.hpp>
#include <chrono>
#include <expected>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace tidegate::kubernetes {

// Times of a Lease. They are of the writer's clock: compare them for equality only, and measure
// with your own clock how long nothing has changed (as client-go does).
using MicroTime = std::chrono::sys_time<std::chrono::microseconds>;

struct Lease {
    std::string name{};
    std::string uid{};                  // empty: it was not created yet
    std::string resource_version{};     // of the object as it was read; update() needs it
    std::string holder{};               // spec.holderIdentity; empty: nobody
    std::chrono::seconds duration{15};  // spec.leaseDurationSeconds, at least 1
    std::optional<MicroTime> acquired{}, renewed{};  // spec.acquireTime, spec.renewTime
    int transitions = 0;                             // spec.leaseTransitions
    std::map<std::string, std::string> labels{}, annotations{};
    bool operator==(Lease const&) const = default;
};

// The object as the API server takes it. Other members that the server's object has are lost.
boost::json::value to_json(Lease const& lease, std::string_view name_space);
// The error is a sentence.
std::expected<Lease, std::string> parse_lease(boost::json::value const& object);

// RFC 3339 with exactly six decimals, without which the API server refuses a Lease:
// "2026-01-02T10:00:07.000000Z".
std::string to_micro_time(MicroTime time);

}  // namespace tidegate::kubernetes
