// The simple handshake (RTMP 1.0 §5.2), both halves. Digests of "complex" clients are not answered:
// every such client accepts the simple answer. Bytes in -> bytes out; one thread; randomness is the
// caller's seed.
#pragma once

#include <cstdint>

#include "base/bytes.hpp"
#include "rtmp/core/error.hpp"

namespace tidegate::rtmp {

inline constexpr std::uint8_t kRtmpVersion = 3;
inline constexpr std::uint8_t kRtmpeVersion = 6;
// Size of C1, S1, C2 and S2.
inline constexpr std::size_t kHandshakePacketSize = 1536;

// C0, C1 -> S0, S1, S2 (an echo of C1); C2 is awaited but not compared: clients send anything.
class ServerHandshake {
public:
    explicit ServerHandshake(std::uint64_t seed) : seed_(seed) {}

    // Takes what belongs to the handshake off the front of bytes; what follows C2 stays.
    Result feed(base::ByteView& bytes, base::Bytes& output);
    bool done() const { return received_ == kReceived; }

private:
    static constexpr std::size_t kReceived = 1 + 2 * kHandshakePacketSize;

    std::uint64_t seed_;
    std::size_t received_ = 0;
    base::Bytes c1_;
};

// C0, C1 at the start; S1 is echoed as C2; done after S2, which is not compared.
class ClientHandshake {
public:
    explicit ClientHandshake(std::uint64_t seed) : seed_(seed) {}

    void start(base::Bytes& output) const;
    Result feed(base::ByteView& bytes, base::Bytes& output);
    bool done() const { return received_ == kReceived; }

private:
    static constexpr std::size_t kReceived = 1 + 2 * kHandshakePacketSize;

    std::uint64_t seed_;
    std::size_t received_ = 0;
};

}  // namespace tidegate::rtmp
