// The URL of a destination, and whose certificate is accepted there. tests/conformance pushes.
#include "router/forward/destination.hpp"

#include <gtest/gtest.h>

namespace tidegate::router {
namespace {

rtmp::ClientUrl rtmp_of(std::string const& dest) {
    auto const url = parse_dest(dest);
    EXPECT_TRUE(url) << url.error();
    return std::get<rtmp::ClientUrl>(*url);
}

auto trust_at(std::string const& dest, std::string const& fingerprint = {}) {
    return trust_of_dest(parse_dest(dest).value(), fingerprint);
}

TEST(ForwardDestination, NamesArePutIntoIt) {
    ForwardNames names{"live/a", {}};
    for (int i = 1; i <= 12; ++i) names.groups.push_back("g" + std::to_string(i));
    EXPECT_EQ(resolved_dest("rtmp://h/$G1/$G12/$MTX_PATH", names), "rtmp://h/g1/g12/live/a");
    EXPECT_EQ(resolved_dest("rtmp://h/$G1", {"x", {"$G1"}}), "rtmp://h/$G1");
}

TEST(ForwardDestination, TheKeyOfRtmpStandsBehindTheMarkOrIsTheLastElement) {
    auto const plain = rtmp_of("rtmp://h/app/key");
    EXPECT_EQ(plain.app, "app");
    EXPECT_EQ(plain.key, "key");
    auto const marked = rtmp_of("rtmps://h:443/app/more#a/key");
    EXPECT_EQ(marked.app, "app/more");
    EXPECT_EQ(marked.key, "a/key");
    EXPECT_TRUE(marked.tls);
    EXPECT_FALSE(parse_dest("rtsp://"));
}

TEST(ForwardDestination, OnlyUrlsWithTlsTrustSomebody) {
    EXPECT_EQ(trust_at("rtmp://h/a/b"), nullptr);
    EXPECT_EQ(trust_at("rtsp://h/a", std::string(64, 'a')), nullptr);
    auto const system = trust_at("rtmps://h/a/b");
    ASSERT_NE(system, nullptr);
    EXPECT_EQ(trust_at("rtsps://h/a"), system);
    auto const pinned = trust_at("rtsps://h/a", std::string(64, 'a'));
    ASSERT_NE(pinned, nullptr);
    EXPECT_NE(pinned, system);
}

}  // namespace
}  // namespace tidegate::router
