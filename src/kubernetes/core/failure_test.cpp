#include "kubernetes/core/failure.hpp"

#include <gtest/gtest.h>

namespace tidegate::kubernetes {
namespace {

using std::chrono::milliseconds;

// As kube-apiserver 1.34 has sent it.
constexpr char kExists[] =
    R"({"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"pods \"p\" already exists","reason":"AlreadyExists","details":{"name":"p","kind":"pods"},"code":409})";

TEST(Failure, IsWhatTheStatusSays) {
    auto const failure = failure_of(409, kExists, "");
    EXPECT_TRUE(failure.already_exists());
    EXPECT_FALSE(failure.conflict());
    EXPECT_FALSE(failure.is_open());
    EXPECT_EQ(describe(failure), "409 AlreadyExists: pods \"p\" already exists");
    EXPECT_TRUE(
        failure_of(409, R"({"kind":"Status","reason":"Conflict","message":"m"})", "").conflict());
    EXPECT_TRUE(failure_of(410, R"({"kind":"Status","reason":"Expired"})", "").expired());
    EXPECT_TRUE(failure_of(403, R"({"kind":"Status","reason":"Forbidden"})", "").needs_a_person());
}

TEST(Failure, RepeatsNothingOfAPageThatIsNoStatus) {
    for (std::string_view const page :
         {"", "<html>proxy</html>", "{}", "[]", R"({"kind":"Pod"})"}) {
        auto const failure = failure_of(502, page, "");
        EXPECT_EQ(describe(failure), "502: the answer is no Status of the Kubernetes API");
        EXPECT_TRUE(failure.is_open());
    }
}

TEST(Failure, IsOneLineOfBoundedLength) {
    auto const failure =
        failure_of(422, R"({"kind":"Status","message":"a\nb)" + std::string(5000, 'x') + "\"}", "");
    EXPECT_EQ(failure.message.substr(0, 3), "a b");
    EXPECT_LE(failure.message.size(), 500U);
}

TEST(Failure, SaysWhenToAskAgain) {
    EXPECT_EQ(failure_of(429, kExists, "2").retry_after, milliseconds{2000});
    EXPECT_EQ(failure_of(429, kExists, "99999999").retry_after, milliseconds{60'000});
    EXPECT_EQ(failure_of(429, kExists, "-1").retry_after, milliseconds{0});
    EXPECT_EQ(failure_of(429, kExists, "Wed, 21 Oct 2026 07:28:00 GMT").retry_after, std::nullopt);
    EXPECT_EQ(
        failure_of(429, R"({"kind":"Status","details":{"retryAfterSeconds":3}})", "").retry_after,
        milliseconds{3000});
}

}  // namespace
}  // namespace tidegate::kubernetes
