#include "rtmp/core/adobe_login.hpp"

#include <gtest/gtest.h>

namespace tidegate::rtmp {
namespace {

constexpr std::uint64_t kSeed = 0x0123456789abcdef;

ClientUrl target(std::string_view text = "rtmp://me:s3cret@h/app/key") {
    return *parse_target_url(text);
}

TEST(AdobeLogin, FirstTellsTheNameAndThenTheAnswer) {
    auto const named = answer_login(
        target(), "[ AccessManager.Reject ] : [ code=403 need auth; authmod=adobe ] : ", kSeed);
    ASSERT_TRUE(named);
    EXPECT_EQ(named->login_query, "?authmod=adobe&user=me");
    auto const answered =
        answer_login(*named,
                     "[ AccessManager.Reject ] : [ authmod=adobe ] : "
                     "?reason=needauth&user=me&salt=salt+1=&challenge=ch/1==&opaque=op4que",
                     kSeed);
    ASSERT_TRUE(answered);
    EXPECT_EQ(answered->login_query,
              "?authmod=adobe&user=me&challenge=efcdab8967452301&response=7Ljw5L+c1l52U6lkyEjJtQ=="
              "&opaque=op4que");
    EXPECT_EQ(answered->app, "app");
    EXPECT_EQ(answered->key, "key");
}

TEST(AdobeLogin, AnswersTheChallengeOfAServerWithoutAnOpaque) {
    auto named = target();
    named.login_query = "?authmod=adobe&user=me";
    auto const answered = answer_login(
        named, "authmod=adobe ?reason=needauth&user=me&salt=salt+1=&challenge=ch/1==", kSeed);
    ASSERT_TRUE(answered);
    EXPECT_EQ(
        answered->login_query,
        "?authmod=adobe&user=me&challenge=efcdab8967452301&response=2rwZuOquQSfE75WI+POQ1w==");
}

TEST(AdobeLogin, StandsBehindAQueryOfTheApp) {
    auto const named = answer_login(target("rtmp://me:s3cret@h/app?a=b#key"),
                                    "code=403 need auth; authmod=adobe", kSeed);
    ASSERT_TRUE(named);
    EXPECT_EQ(named->login_query, "&authmod=adobe&user=me");
}

TEST(AdobeLogin, GivesUpWhereNothingCanBeAdded) {
    std::string_view const need = "code=403 need auth; authmod=adobe";
    EXPECT_FALSE(answer_login(target("rtmp://h/app/key"), need, kSeed)) << "no user";
    EXPECT_FALSE(answer_login(target(), "code=403 need auth; authmod=llnw", kSeed));
    EXPECT_FALSE(answer_login(target(), "the app is not known", kSeed));
    auto answered = target();
    answered.login_query = "?authmod=adobe&user=me&challenge=1&response=2";
    EXPECT_FALSE(answer_login(answered, "authmod=adobe ?reason=authfailed", kSeed));
    EXPECT_FALSE(
        answer_login(answered, "authmod=adobe ?reason=needauth&user=me&salt=a&challenge=b", kSeed));
    EXPECT_FALSE(answer_login(answered, need, kSeed));
}

}  // namespace
}  // namespace tidegate::rtmp
