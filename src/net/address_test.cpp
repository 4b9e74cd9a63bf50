#include "net/address.hpp"

#include <gtest/gtest.h>

namespace tidegate::net {
namespace {

TEST(Address, ParsesWhatMediaMtxWrites) {
    struct Case {
        char const* text;
        char const* endpoint;
    };
    for (auto const& [text, endpoint] : {
             Case{":1935", "[::]:1935"},
             Case{"0.0.0.0:1935", "0.0.0.0:1935"},
             Case{"127.0.0.1:0", "127.0.0.1:0"},
             Case{"[::1]:65535", "[::1]:65535"},
             Case{"localhost:80", "127.0.0.1:80"},
         }) {
        auto const parsed = parse_listen_address(text);
        ASSERT_TRUE(parsed) << text << ": " << parsed.error();
        EXPECT_EQ(to_string(*parsed), endpoint);
    }
}

TEST(Address, RefusesTheRestNamingTheText) {
    for (auto const* text : {"", "1935", ":", ":65536", ":-1", ":+1", ":1x", "host:1", "::1:80",
                             "[::1:80", "::1]:80", "[]:80", "1.2.3:80", "1.2.3.4.5:80", " :80"}) {
        auto const parsed = parse_listen_address(text);
        ASSERT_FALSE(parsed) << text;
        EXPECT_NE(parsed.error().find("\"" + std::string(text) + "\""), std::string::npos);
    }
}

TEST(Address, AnIpv4PeerOfADualStackSocketPrintsAsIpv4) {
    auto const mapped = asio::ip::make_address("::ffff:10.0.0.5");
    EXPECT_EQ(to_string(mapped), "10.0.0.5");
    EXPECT_EQ(to_string(tcp::endpoint(mapped, 4000)), "10.0.0.5:4000");
    EXPECT_EQ(to_string(asio::ip::make_address("::1")), "::1");
}

}  // namespace
}  // namespace tidegate::net
