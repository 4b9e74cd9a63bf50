// Why an attempt to publish at a destination ended, and what follows from it. Pure; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "endpoint/publisher.hpp"

namespace tidegate::forwarder {

// In logs, metrics and reports by their names: address, connect, credentials, refused, stalled,
// timeout, closed.
enum class FailureKind : std::uint8_t {
    address,      // the address must not be connected to (address_rules.hpp): it would not help to
                  // try again
    connect,      // there is no connection: name, network, certificate, nobody listens
    credentials,  // the target says that user, password or key are wrong: likewise no help
    refused,      // the target refuses the publication, and may take it later: a key that is still
                  // in use, a platform that closes the connection without a word
    stalled,      // the target accepted the stream and has taken no byte for a long time
    timeout,      // the target has not answered
    closed,       // the connection has ended, after the target had accepted the stream
};

std::string_view name(FailureKind kind);

struct Failure {
    FailureKind kind;
    std::string message;  // a sentence for people; never the stream key

    bool is_final() const {
        return kind == FailureKind::address || kind == FailureKind::credentials;
    }
};

// What is known of an attempt besides its end.
struct Attempt {
    bool forbidden = false;  // an address was refused by our rules
    bool accepted = false;   // the target had accepted the stream
    bool stalled = false;    // we gave the target up because it took nothing
};

Failure classify(endpoint::PublishEnd const& end, Attempt attempt);

}  // namespace tidegate::forwarder
