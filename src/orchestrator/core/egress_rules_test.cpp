#include "orchestrator/core/egress_rules.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

namespace tidegate::orchestrator {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::expected<EgressRules, std::string> read(std::string_view text) {
    return read_egress_rules(boost::json::parse(text));
}

std::vector<std::string> names(EgressRules const& rules, std::string const& stream) {
    std::vector<std::string> all;
    for (auto const* const one : destinations_of(rules, stream)) all.push_back(one->name);
    return all;
}

TEST(EgressRules, NameTheDestinationsOfAStreamOrAPattern) {
    auto const rules = read(R"({"version":1,"rules":[
        {"streamId":"demo","destinations":[{"name":"a","url":"rtmp://h/app/k1"},
                                           {"name":"off","urlEnv":"EGRESS_URL_X","enabled":false}]},
        {"streamId":"news-*","destinations":[{"name":"b","urlFile":"/x"}]},
        {"streamId":"*","destinations":[{"name":"a","url":"rtmp://h/app/k2"}]}]})");
    ASSERT_TRUE(rules) << rules.error();
    EXPECT_THAT(names(*rules, "demo"), ElementsAre("a", "off"));
    EXPECT_EQ(destinations_of(*rules, "demo")[0]->url, "rtmp://h/app/k1") << "the first counts";
    EXPECT_FALSE(destinations_of(*rules, "demo")[1]->enabled);
    EXPECT_THAT(names(*rules, "news-1"), ElementsAre("b", "a"));
    EXPECT_THAT(names(*rules, "other"), ElementsAre("a"));
    EXPECT_TRUE(read("null")->empty());
    EXPECT_TRUE(read("{}")->empty());
}

TEST(EgressRules, AreRefusedWithTheRuleAndNeverAUrl) {
    for (auto const& [text, words] : {
             std::pair{R"([])", "not an object"},
             {R"({"version":2})", "version is not 1"},
             {R"({"rule":[]})", "unknown key 'rule'"},
             {R"({"rules":{}})", "rules is not a list"},
             {R"({"rules":[{"destinations":[]}]})", "rule 0: streamId is missing"},
             {R"({"rules":[{"streamId":"a"}]})", "rule 0: destinations is not a list"},
             {R"({"rules":[{"streamId":"a","destinations":[{"name":"x"}]}]})",
              "rule 0: destination 0: it must have one of url"},
             {R"({"rules":[{"streamId":"a","destinations":[
                  {"name":"x","url":"rtmp://s3cret","urlEnv":"E"}]}]})",
              "it must have one of url"},
             {R"({"rules":[{"streamId":"a","destinations":[{"name":"x","urlEnv":"PATH"}]}]})",
              "urlEnv must begin with EGRESS_URL_"},
             {R"({"rules":[{"streamId":"a","destinations":[{"name":"x.y","url":"s3cret"}]}]})",
              "name must be"},
             {R"({"rules":[{"streamId":"a","destinations":[{"name":"x","url":5}]}]})",
              "url is not a text"},
             {R"({"rules":[{"streamId":"a","destinations":[
                  {"name":"x","url":"s3cret"},{"name":"x","url":"s3cret"}]}]})",
              "'x' is there twice"},
             {R"({"rules":[{"streamId":"a","destinations":[
                  {"name":"x","url":"s3cret","enabled":"no"}]}]})",
              "enabled is not"},
         }) {
        auto const rules = read(text);
        ASSERT_FALSE(rules) << text;
        EXPECT_THAT(rules.error(), HasSubstr(words));
        EXPECT_THAT(rules.error(), testing::Not(HasSubstr("s3cret")));
    }
}

}  // namespace
}  // namespace tidegate::orchestrator
