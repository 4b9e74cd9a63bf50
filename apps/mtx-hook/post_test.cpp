#include "post.hpp"

#include <gtest/gtest.h>

namespace tidegate::hook {
namespace {

TEST(ParseTarget, TakesHostPortAndPrefix) {
    struct Row {
        std::string_view url, host, port, header, prefix;
    };
    for (auto const& row : std::initializer_list<Row>{
             {"http://media-service:8080", "media-service", "8080", "media-service:8080", ""},
             {"http://media-service:8080/", "media-service", "8080", "media-service:8080", ""},
             {"http://127.0.0.1", "127.0.0.1", "80", "127.0.0.1", ""},
             {"HTTP://h/a/b//", "h", "80", "h", "/a/b"},
             {"https://h/", "h", "443", "h", ""},
             {"http://[::1]:8080/x", "::1", "8080", "[::1]:8080", "/x"}}) {
        auto const target = parse_target(row.url);
        ASSERT_TRUE(target) << row.url;
        EXPECT_EQ(target->host, row.host);
        EXPECT_EQ(target->port, row.port);
        EXPECT_EQ(target->header, row.header);
        EXPECT_EQ(target->prefix, row.prefix);
        EXPECT_EQ(target->secure, row.url.starts_with("https:"));
    }
}

TEST(ParseTarget, RefusesWhatIsNotAPlainHttpAddressWithoutRepeatingIt) {
    for (auto const* url :
         {"", "media-service:8080", "https://", "http://", "http://:8080", "http://h:0",
          "http://h:99999", "http://h:x", "http://u:secret@h", "http://h/?a=b", "http://h/#f",
          "http://h /", "ftp://h", "http://h\r\nX: y/"}) {
        auto const target = parse_target(url);
        ASSERT_FALSE(target) << url;
        EXPECT_EQ(target.error().failure, Failure::bad_url);
        EXPECT_EQ(target.error().message.find("secret"), std::string::npos);
    }
}

TEST(Post, TellsANameThatCannotBeResolved) {
    // No label may be empty: the resolver refuses it without asking anybody.
    auto const outcome =
        post({"a..b", "80", "a..b", ""}, "/x", "{}", "id", nullptr, std::chrono::seconds{20});
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().failure, Failure::unreachable);
    EXPECT_EQ(outcome.error().message.find("resolve a..b: "), 0U);
}

TEST(Post, GivesUpOnANameAtTheDeadline) {
    // A deadline that has passed: the resolver is left behind, nothing is sent.
    auto const outcome = post({"name.invalid", "80", "name.invalid", ""}, "/x", "{}", "id", nullptr,
                              std::chrono::milliseconds{0});
    ASSERT_FALSE(outcome);
    EXPECT_TRUE(outcome.error().failure == Failure::timeout ||
                outcome.error().failure == Failure::unreachable);
    EXPECT_NE(outcome.error().message.find("name.invalid"), std::string::npos);
}

}  // namespace
}  // namespace tidegate::hook
