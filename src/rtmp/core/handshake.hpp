// The simple handshake (RTMP 1.0 §5.2), the server's half and the client's. Clients of the
// "complex" handshake send digests; these are not answered, and every such client accepts the
// simple answer. Bytes in, bytes out; no clock. One per connection, used by one thread at a time.
// seed: any unpredictable number; it fills the random bytes.
#pragma once

#include <cstdint>

#include "base/bytes.hpp"
#include "rtmp/core/error.hpp"

namespace tidegate::rtmp {

inline constexpr std::uint8_t kRtmpVersion = 3;
inline constexpr std::uint8_t kRtmpeVersion = 6;
// Bytes in each of C1, S1, C2 and S2.
inline constexpr std::size_t kHandshakePacketSize = 1536;

// Reads C0 and C1, writes S0, S1 and S2 (which repeats C1), then waits for C2. The content of C2 is
// not checked: clients send anything.
class ServerHandshake {
public:
    explicit ServerHandshake(std::uint64_t seed) : seed_(seed) {}

    // Removes what belongs to the handshake from the front of `bytes`; what follows C2 stays. An
    // error when the peer does not speak RTMP 3.
    Result feed(base::ByteView& bytes, base::Bytes& output);
    bool done() const { return received_ == kReceived; }

private:
    static constexpr std::size_t kReceived = 1 + 2 * kHandshakePacketSize;

    std::uint64_t seed_;
    std::size_t received_ = 0;
    base::Bytes c1_;
};

// start() writes C0 and C1. S1 is repeated as C2. The handshake is done after S2, whose content is
// not checked.
class ClientHandshake {
public:
    explicit ClientHandshake(std::uint64_t seed) : seed_(seed) {}

    void start(base::Bytes& output) const;
    // Removes what belongs to the handshake from the front of `bytes`.
    Result feed(base::ByteView& bytes, base::Bytes& output);
    bool done() const { return received_ == kReceived; }

private:
    static constexpr std::size_t kReceived = 1 + 2 * kHandshakePacketSize;

    std::uint64_t seed_;
    std::size_t received_ = 0;
};

}  // namespace tidegate::rtmp
