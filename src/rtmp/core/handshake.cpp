#include "rtmp/core/handshake.hpp"

#include <algorithm>
#include <string>

namespace tidegate::rtmp {

namespace {

// Fills with SplitMix64. The bytes must differ between connections, but they are no secret.
std::uint8_t next_random(std::uint64_t& state) {
    state += 0x9E3779B97F4A7C15;
    auto mixed = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9;
    mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
    return static_cast<std::uint8_t>(mixed >> 56);
}

// Appends C1 or S1: time 0, version 0 (it means that there is no digest), random bytes.
void append_hello(base::Bytes& output, std::uint64_t seed) {
    output.push_back(kRtmpVersion);
    output.insert(output.end(), 8, 0);
    for (std::size_t i = 8; i < kHandshakePacketSize; ++i) output.push_back(next_random(seed));
}

Result check_version(std::uint8_t version) {
    if (version == kRtmpVersion) return {};
    if (version == kRtmpeVersion) {
        return fail(ErrorCode::handshake, "encrypted RTMP (RTMPE) is not supported");
    }
    return fail(ErrorCode::handshake, "invalid rtmp version (" + std::to_string(version) + ")");
}

base::ByteView take(base::ByteView& bytes, std::size_t at_most) {
    auto const taken = bytes.first(std::min(at_most, bytes.size()));
    bytes = bytes.subspan(taken.size());
    return taken;
}

}  // namespace

Result ServerHandshake::feed(base::ByteView& bytes, base::Bytes& output) {
    constexpr auto kC1End = 1 + kHandshakePacketSize;
    if (received_ == 0 && !bytes.empty()) {
        if (auto const checked = check_version(take(bytes, 1)[0]); !checked) return checked;
        received_ = 1;
    }
    if (received_ >= 1 && received_ < kC1End) {
        auto const part = take(bytes, kC1End - received_);
        c1_.insert(c1_.end(), part.begin(), part.end());
        received_ += part.size();
        if (received_ < kC1End) return {};
        append_hello(output, seed_);
        output.insert(output.end(), c1_.begin(), c1_.end());
        c1_ = {};
    }
    if (received_ >= kC1End) received_ += take(bytes, kReceived - received_).size();
    return {};
}

void ClientHandshake::start(base::Bytes& output) const {
    append_hello(output, seed_);
}

Result ClientHandshake::feed(base::ByteView& bytes, base::Bytes& output) {
    constexpr auto kS1End = 1 + kHandshakePacketSize;
    if (received_ == 0 && !bytes.empty()) {
        if (auto const checked = check_version(take(bytes, 1)[0]); !checked) return checked;
        received_ = 1;
    }
    if (received_ >= 1 && received_ < kS1End) {
        auto const part = take(bytes, kS1End - received_);
        output.insert(output.end(), part.begin(), part.end());
        received_ += part.size();
    }
    if (received_ >= kS1End) received_ += take(bytes, kReceived - received_).size();
    return {};
}

}  // namespace tidegate::rtmp
