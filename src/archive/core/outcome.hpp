// What became of a request or of a segment, and why. Pure; any thread.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "archive/core/s3_answer.hpp"

namespace tidegate::archive {

// Why something failed. The first ones are tried again for as long as it takes.
enum class Failure {
    network,      // no connection, or it broke
    timeout,      // the server was too slow
    server,       // the server is not able to (5xx, SlowDown)
    refused,      // the server does not want to: credentials, permissions, no such bucket
    clock,        // our clock and that of the server are too far apart
    checksum,     // what has arrived is not what was sent
    redirect,     // the bucket is elsewhere
    answer,       // what came back is no answer of an S3 server
    credentials,  // there are none at the moment
    disk,         // our own: the segment or the spool cannot be read or written
    stopped,      // this program ends
    // From here on: the segment is given up.
    missing,  // the segment's file is gone
    changed,  // the segment's file is not the one that was spooled
    name,     // the segment can have no key, or the server takes no such key or size
    object,   // the server has refused it again and again, and takes others
};
inline constexpr std::size_t kFailures = static_cast<std::size_t>(Failure::object) + 1;

constexpr bool is_final(Failure failure) {
    return failure >= Failure::missing;
}
// The server has said no to this very segment, though it was able to say yes. When it takes another
// one, the fault is the segment's.
constexpr bool is_refusal(Failure failure) {
    return failure == Failure::refused || failure == Failure::checksum;
}
std::string_view to_string(Failure failure);

struct Trouble {
    Failure failure;
    std::string detail;  // a sentence for people, without secrets
};

struct AnswerHead {
    unsigned status = 0;
    std::string location_region;  // x-amz-bucket-region
    std::string date;
};

// Why an answer that is no success is none.
Trouble trouble_of(AnswerHead const& head, std::string_view body);

}  // namespace tidegate::archive
