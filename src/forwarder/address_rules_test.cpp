#include "forwarder/address_rules.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tidegate::forwarder {
namespace {

namespace asio = boost::asio;
using testing::HasSubstr;

std::string refusal_of(AddressRules const& rules, char const* address, std::uint16_t port = 1935) {
    return rules.refusal({asio::ip::make_address(address), port}).value_or("");
}

TEST(AddressRules, RefuseWhatIsNotInThePublicInternet) {
    AddressRules const rules;
    for (auto const& [address, words] : {
             std::pair{"127.0.0.1", "loopback"},
             {"127.8.9.1", "loopback"},
             {"::1", "loopback"},
             {"::ffff:127.0.0.1", "loopback"},
             {"::127.0.0.1", "loopback"},
             {"64:ff9b::7f00:1", "loopback"},
             {"2002:7f00:1::", "loopback"},
             {"0.0.0.0", "this machine"},
             {"::", "this machine"},
             {"169.254.169.254", "link-local"},
             {"64:ff9b::a9fe:a9fe", "link-local"},
             {"fe80::1", "link-local"},
             {"10.1.2.3", "private"},
             {"172.31.255.255", "private"},
             {"192.168.0.1", "private"},
             {"100.64.0.1", "private"},
             {"fd00::1", "private"},
             {"224.0.0.1", "multicast"},
             {"ff02::1", "multicast"},
             {"255.255.255.255", "reserved"},
         }) {
        EXPECT_THAT(refusal_of(rules, address), HasSubstr(words)) << address;
    }
    for (auto const* const address : {"8.8.8.8", "172.32.0.1", "100.128.0.1", "2a00::1"}) {
        EXPECT_EQ(refusal_of(rules, address), "") << address;
    }
}

TEST(AddressRules, AllowPrivateNetworksWhenAsked) {
    AddressRules const rules{.allow_private = true, .own_ports = {1935, 9997}};
    for (auto const* const address : {"10.1.2.3", "192.168.0.1", "fd00::1"}) {
        EXPECT_EQ(refusal_of(rules, address), "") << address;
    }
    EXPECT_EQ(refusal_of(rules, "127.0.0.1", 19350), "");
    EXPECT_THAT(refusal_of(rules, "127.0.0.1", 1935), HasSubstr("one of our own"));
    EXPECT_THAT(refusal_of(rules, "::1", 9997), HasSubstr("one of our own"));
    EXPECT_EQ(refusal_of(rules, "10.1.2.3", 1935), "") << "another machine's port";
    EXPECT_THAT(refusal_of(rules, "169.254.169.254"), HasSubstr("link-local"));
    EXPECT_THAT(refusal_of(rules, "0.0.0.0"), HasSubstr("this machine"));
}

TEST(AddressRules, AllowWhatIsListedWhateverItIs) {
    AddressRules const rules{.allowed = {*config::IpNetwork::parse("169.254.7.0/24"),
                                         *config::IpNetwork::parse("127.0.0.1")},
                             .own_ports = {1935}};
    EXPECT_EQ(refusal_of(rules, "169.254.7.9"), "");
    EXPECT_EQ(refusal_of(rules, "::ffff:169.254.7.9"), "");
    EXPECT_EQ(refusal_of(rules, "127.0.0.1", 1935), "");
    EXPECT_THAT(refusal_of(rules, "127.0.0.2"), HasSubstr("loopback"));
}

}  // namespace
}  // namespace tidegate::forwarder
