// Random numbers and identifiers from the kernel's random source (getrandom(2)). Nobody can predict
// them, so they may serve as session ids and nonces. Any thread. The program aborts if the kernel
// gives no random bytes, which cannot happen on a system that has started.
#pragma once

#include <array>
#include <cstdint>
#include <string>

namespace tidegate::base {

// 64 random bits. A caller that needs fewer casts the result to a narrower unsigned type.
std::uint64_t random_bits();

// A UUID of version 4 (RFC 9562 §5.4) in lower case with dashes. It identifies connections,
// sessions, runs of a worker, and correlates log lines.
std::string random_uuid();

// The same form made of 128 bits that the caller gives; six of them are replaced by the version and
// the variant. For pure code, which gets its random bits from outside.
std::string uuid_from(std::uint64_t high, std::uint64_t low);

// A UUID of version 4 as its bytes.
std::array<std::uint8_t, 16> random_uuid_bytes();

// 32 random hexadecimal digits in lower case: a session id for RTSP, or a nonce.
std::string random_hex_id();

}  // namespace tidegate::base
