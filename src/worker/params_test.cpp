#include "worker/params.hpp"

#include <gtest/gtest.h>

namespace tidegate::worker {
namespace {

TEST(Params, AreKeysAndValues) {
    auto const params = parse_params({"lang=es", "voice=anna", "empty=", "url=a=b"});
    ASSERT_TRUE(params);
    EXPECT_EQ(*params, (Params{{"lang", "es"}, {"voice", "anna"}, {"empty", ""}, {"url", "a=b"}}));
    EXPECT_EQ(parse_params({}).value(), Params{});
}

TEST(Params, AreRefusedByKeyAndNeverByValue) {
    for (auto const* const bad : {"geheim", "=geheim", "a b=geheim", "ä=geheim"}) {
        auto const params = parse_params({bad});
        ASSERT_FALSE(params) << bad;
        EXPECT_EQ(params.error().find("geheim"), std::string::npos);
    }
    EXPECT_FALSE(parse_params({std::string(65, 'k') + "=1"}));
    EXPECT_TRUE(parse_params({std::string(64, 'k') + "=1"}));
    EXPECT_FALSE(parse_params({"k=" + std::string(1025, 'v')}));
    EXPECT_NE(parse_params({"k=1", "k=2"}).error().find("\"k\" only once"), std::string::npos);
}

TEST(Params, ShowNoSecrets) {
    EXPECT_EQ(describe_params({{"lang", "es"}, {"Pass", "x"}, {"api-key", "y"}, {"key", "z"}}),
              "Pass=*** api-key=*** key=*** lang=es");
    EXPECT_EQ(describe_params({}), "");
    for (auto const* const plain : {"lang", "keyframe", "monkey"}) {
        EXPECT_FALSE(is_secret_param(plain)) << plain;
    }
}

TEST(StageSettings, GivesAParameterOrTheFallback) {
    StageSettings const settings{"demo", "run", {{"lang", "es"}}};
    EXPECT_EQ(settings.param("lang", "en"), "es");
    EXPECT_EQ(settings.param("voice", "anna"), "anna");
    EXPECT_EQ(settings.param("voice"), "");
}

}  // namespace
}  // namespace tidegate::worker
