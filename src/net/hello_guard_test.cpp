#include "net/hello_guard.hpp"

#include <gtest/gtest.h>

#include <functional>

namespace tidegate::net {
namespace {

base::Bytes message(std::uint8_t type, std::size_t size) {
    base::Bytes bytes{type, static_cast<std::uint8_t>(size >> 16),
                      static_cast<std::uint8_t>(size >> 8), static_cast<std::uint8_t>(size)};
    bytes.resize(bytes.size() + size, 'x');
    return bytes;
}

base::Bytes records(std::uint8_t type, base::ByteView content, std::size_t record_size = 16384) {
    base::Bytes bytes;
    while (!content.empty()) {
        auto const part = content.first(std::min(content.size(), record_size));
        content = content.subspan(part.size());
        bytes.insert(bytes.end(), {type, 3, 1, static_cast<std::uint8_t>(part.size() >> 8),
                                   static_cast<std::uint8_t>(part.size())});
        bytes.insert(bytes.end(), part.begin(), part.end());
    }
    return bytes;
}

base::Bytes joined(base::Bytes one, base::Bytes const& other) {
    one.insert(one.end(), other.begin(), other.end());
    return one;
}

constexpr std::uint8_t kHello = 1, kKeyExchange = 16, kHandshakeRecord = 22, kChange = 20,
                       kData = 23;

// Whole, byte by byte, and split at every position: the same.
void expect_passes(base::Bytes const& bytes, bool passes) {
    EXPECT_EQ(HelloGuard().may_pass(bytes), passes);
    HelloGuard by_byte;
    bool passed = true;
    for (auto const& byte : bytes) passed = passed && by_byte.may_pass({&byte, 1});
    EXPECT_EQ(passed, passes);
    for (std::size_t at = 0; at <= std::min<std::size_t>(bytes.size(), 100); ++at) {
        HelloGuard split;
        auto const view = base::ByteView(bytes);
        EXPECT_EQ(split.may_pass(view.first(at)) && split.may_pass(view.subspan(at)), passes) << at;
    }
}

TEST(HelloGuard, AUsualHelloPasses) {
    expect_passes(records(kHandshakeRecord, message(kHello, 1500)), true);
    expect_passes(records(kHandshakeRecord, message(kHello, kMaxClientHello), 100), true);
}

TEST(HelloGuard, ALargeHelloIsRefusedWithItsHeader) {
    auto const large = records(kHandshakeRecord, message(kHello, kMaxClientHello + 1));
    expect_passes(large, false);
    expect_passes(base::Bytes(large.begin(), large.begin() + 9), false);
    expect_passes(base::Bytes(large.begin(), large.begin() + 8), true);
    expect_passes(records(kHandshakeRecord, message(kHello, 20'000), 1), false);
}

TEST(HelloGuard, ASecondHelloIsLookedAtToo) {
    auto const first = records(kHandshakeRecord, message(kHello, 300));
    auto const change = records(kChange, base::Bytes{1});
    auto const large = records(kHandshakeRecord, message(kHello, 100'000));
    expect_passes(joined(first, large), false);
    expect_passes(joined(joined(first, change), large), false);
    expect_passes(records(kHandshakeRecord, joined(message(kHello, 10), message(kHello, 90'000))),
                  false);
}

TEST(HelloGuard, WhatFollowsTheHelloIsLeftToOpenSsl) {
    auto const first = records(kHandshakeRecord, message(kHello, 300));
    auto const large = records(kHandshakeRecord, message(kHello, 100'000));
    expect_passes(joined(joined(first, records(kData, base::Bytes(500))), large), true);
    expect_passes(
        joined(joined(first, records(kHandshakeRecord, message(kKeyExchange, 64))), large), true);
}

TEST(HelloGuard, WhatIsNoTlsPasses) {
    expect_passes(base::Bytes{3}, true);
    expect_passes(base::Bytes(5000, 3), true);
    auto const request = base::as_bytes("OPTIONS rtsp://localhost/ RTSP/1.0\r\nCSeq: 1\r\n\r\n");
    expect_passes(base::Bytes(request.begin(), request.end()), true);
    expect_passes({}, true);
}

}  // namespace
}  // namespace tidegate::net
