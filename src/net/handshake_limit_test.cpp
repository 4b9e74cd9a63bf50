#include "net/handshake_limit.hpp"

#include <gmock/gmock.h>

namespace tidegate::net {
namespace {

using namespace std::chrono_literals;
using boost::asio::ip::make_address;
using testing::HasSubstr;

struct Handshakes : testing::Test {
    // How many of so many are admitted.
    int begin(std::string const& peer, int count) {
        int admitted = 0;
        auto const address = make_address(peer);
        for (int i = 0; i < count; ++i) admitted += int(limit.admit(address, now));
        return admitted;
    }

    HandshakeLimit::Time now = HandshakeLimit::Time{} + 1h;
    HandshakeLimit limit{now};
};

constexpr int kBurst = int(kHandshakeBurstOfAddress);

TEST_F(Handshakes, AnAddressHasABurstAndThenARate) {
    EXPECT_EQ(begin("192.0.2.1", kBurst + 100), kBurst);
    EXPECT_EQ(limit.refused_of_address(), 100U);
    EXPECT_EQ(begin("192.0.2.2", 10), 10) << "another one is not concerned";
    now += 1s;
    EXPECT_EQ(begin("192.0.2.1", kBurst), int(kHandshakesOfAddress));
    EXPECT_EQ(limit.refused_in_all(), 0U);
}

TEST_F(Handshakes, AnAddressThatIsRefusedTakesNothingFromTheOthers) {
    EXPECT_EQ(begin("192.0.2.1", 100'000), kBurst);
    EXPECT_EQ(begin("192.0.2.2", kBurst), kBurst);
}

TEST_F(Handshakes, AllTogetherHaveABurstAndThenARate) {
    int admitted = 0;
    for (int i = 0; i < 250; ++i) admitted += begin("198.51.100." + std::to_string(i), 20);
    EXPECT_EQ(admitted, int(kHandshakeBurst));
    EXPECT_EQ(limit.refused_of_address(), 0U);
    EXPECT_EQ(limit.refused_in_all(), 5000 - std::uint64_t(kHandshakeBurst));
    now += 1s;
    admitted = 0;
    for (int i = 0; i < 250; ++i) admitted += begin("203.0.113." + std::to_string(i), 20);
    EXPECT_EQ(admitted, int(kHandshakes));
}

TEST_F(Handshakes, ANetworkOfIPv6IsOneAddress) {
    EXPECT_EQ(begin("2001:db8:0:1::1", 300), 300);
    EXPECT_EQ(begin("2001:db8:0:1:ffff::2", 300), 200);
    EXPECT_EQ(begin("2001:db8:0:2::1", 300), 300);
    EXPECT_EQ(begin("::ffff:192.0.2.1", 300), 300);
    EXPECT_EQ(begin("192.0.2.1", 300), 200) << "the same peer, on a socket for IPv4";
}

TEST_F(Handshakes, ThisMachineIsNotCounted) {
    EXPECT_EQ(begin("127.0.0.1", 10'000), 10'000);
    EXPECT_EQ(begin("::1", 10'000), 10'000);
    EXPECT_EQ(begin("::ffff:127.0.0.1", 10'000), 10'000);
    EXPECT_EQ(begin("192.0.2.1", 1), 1);
}

// A stranger with any number of addresses.
TEST_F(Handshakes, MemoryIsBoundedAndWhoComesLaterIsTaken) {
    int admitted = 0;
    for (int second = 0; second < 60; ++second, now += 1s) {
        for (int i = 0; i < 2000; ++i) {
            auto const number = std::uint32_t(second * 2000 + i) + 0x0b000000U;
            admitted += int(limit.admit(boost::asio::ip::address_v4(number), now));
        }
    }
    EXPECT_GE(admitted, int(kHandshakeBurst + 59 * kHandshakes) - 60);
    EXPECT_LE(admitted, int(kHandshakeBurst + 60 * kHandshakes));
    now += 5s;
    EXPECT_EQ(begin("192.0.2.1", 10), 10);
}

TEST_F(Handshakes, TheLogHearsOfRefusalsNowAndThen) {
    EXPECT_EQ(limit.complaint(now), std::nullopt);
    begin("192.0.2.1", kBurst + 7);
    EXPECT_THAT(limit.complaint(now).value(), HasSubstr("7 TLS handshakes were refused"));
    begin("192.0.2.1", 3);
    EXPECT_EQ(limit.complaint(now + 9s), std::nullopt);
    EXPECT_THAT(limit.complaint(now + 10s).value(), HasSubstr("3 TLS handshakes"));
    EXPECT_EQ(limit.complaint(now + 30s), std::nullopt);
}

}  // namespace
}  // namespace tidegate::net
