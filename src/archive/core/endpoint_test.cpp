#include "archive/core/endpoint.hpp"

#include <gtest/gtest.h>

namespace tidegate::archive {
namespace {

std::string url_of(EndpointSettings const& settings, Query const& query = {}) {
    auto const made = Endpoint::make(settings);
    return made ? made->url("a b/c", query) : "refused: " + made.error();
}

TEST(Endpoint, AddressesByPathOrByHost) {
    EXPECT_EQ(url_of({.endpoint = "https://s3.example:9000", .bucket = "rec"}),
              "https://s3.example:9000/rec/a%20b/c");
    EXPECT_EQ(
        url_of({.endpoint = "https://s3.example:9000/", .bucket = "rec", .virtual_host = true}),
        "https://rec.s3.example:9000/a%20b/c");
    EXPECT_EQ(url_of({.bucket = "rec", .region = "eu-west-1", .virtual_host = true}),
              "https://rec.s3.eu-west-1.amazonaws.com/a%20b/c");
    EXPECT_EQ(url_of({.endpoint = "http://[::1]:1", .bucket = "rec"}),
              "http://[::1]:1/rec/a%20b/c");
}

TEST(Endpoint, WritesAQueryAsASignatureWantsIt) {
    EXPECT_EQ(url_of({.endpoint = "https://h", .bucket = "rec"}, {{"uploads", ""}}),
              "https://h/rec/a%20b/c?uploads=");
    EXPECT_EQ(url_of({.endpoint = "https://h", .bucket = "rec"},
                     {{"partNumber", "1"}, {"uploadId", "a+/="}}),
              "https://h/rec/a%20b/c?partNumber=1&uploadId=a%2B%2F%3D");
}

TEST(Endpoint, IsEncryptedUnlessItIsThisMachineOrSomebodyAllowsIt) {
    for (auto const* mine : {"http://127.0.0.1:9000", "http://localhost", "http://[::1]"}) {
        EXPECT_TRUE(Endpoint::make({.endpoint = mine, .bucket = "rec"})) << mine;
    }
    for (auto const* other : {"http://10.0.0.1", "http://s3.example", "http://127.evil.example",
                              "http://localhost.evil.example"}) {
        EXPECT_FALSE(Endpoint::make({.endpoint = other, .bucket = "rec"})) << other;
        EXPECT_TRUE(Endpoint::make({.endpoint = other, .bucket = "rec", .allow_http = true}))
            << other;
    }
}

TEST(Endpoint, RefusesWhatIsNone) {
    for (auto const* wrong :
         {"s3.example", "https://", "ftp://h", "https://h/p", "https://u:p@h", "https://h?x",
          "https://h:0", "https://h:99999", "https://h\r\nX: y"}) {
        EXPECT_FALSE(Endpoint::make({.endpoint = wrong, .bucket = "rec"})) << wrong;
    }
    for (auto const* bucket : {"", "ab", "Rec", "a/b", "-ab", "a..b", "a b"}) {
        EXPECT_FALSE(Endpoint::make({.endpoint = "https://h", .bucket = bucket})) << bucket;
    }
    EXPECT_FALSE(Endpoint::make({.endpoint = "https://h", .bucket = "rec", .region = "x:y"}));
    EXPECT_FALSE(
        Endpoint::make({.endpoint = "https://10.0.0.1", .bucket = "rec", .virtual_host = true}));
}

}  // namespace
}  // namespace tidegate::archive
