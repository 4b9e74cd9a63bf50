#include "orchestrator/io/http/hook_body.hpp"

#include <gtest/gtest.h>

#include "orchestrator/core/params.hpp"

namespace tidegate::orchestrator {
namespace {

std::string body(std::string const& path = "live/demo/in", std::string const& more = "") {
    return R"({"path":")" + path + R"(","query":"lang=es","sourceType":"rtmpConn","sourceId":"A")" +
           more + "}";
}

TEST(HookBody, TakesWhatTheContractAllows) {
    auto const taken = parse_hook_body(body());
    ASSERT_TRUE(taken);
    EXPECT_EQ(taken->path, "live/demo/in");
    EXPECT_EQ(taken->query, "lang=es");
    EXPECT_EQ(taken->source_type, "rtmpConn");
    EXPECT_EQ(taken->source_id, "A");
    EXPECT_EQ(taken->stream.stream_id, "demo");
    EXPECT_EQ(taken->stream.direction, base::Direction::in);
    for (auto const& text : {
             body("live/a_B-9/out"),
             body("live/" + std::string(128, 'x') + "/in"),
             body("live/demo/in", R"(,"later":{"a":[1,null,true,1e3,{"path":"x","path":"y"}]})"),
             "\n\t " + body() + "\r\n",
             std::string(
                 R"({"sourceId":"A","sourceType":"new","query":"","path":"live/\u0061/in"})"),
         }) {
        EXPECT_TRUE(parse_hook_body(text)) << text;
    }
}

TEST(HookBody, NamesEveryFieldThatIsWrong) {
    struct Case {
        std::string text;
        std::vector<std::string> fields;
    };
    for (auto const& [text, fields] : {
             Case{"{}", {"path", "query", "sourceType", "sourceId"}},
             Case{R"({"path":1,"query":null,"sourceType":[],"sourceId":{}})",
                  {"path", "query", "sourceType", "sourceId"}},
             Case{R"({"path":"live/a/in","query":"","sourceType":"","sourceId":""})",
                  {"sourceType", "sourceId"}},
             Case{body("live/a/b/in"), {"path"}},
             Case{body(""), {"path"}},
             Case{body("live/a/in\\n"), {"path"}},
             Case{body("live/\\u0000/in"), {"path"}},
             Case{body("live/" + std::string(129, 'x') + "/in"), {"path"}},
             Case{R"({"path":"live/a/in","query":")" +
                      std::string(base::kMaxHookQueryBytes + 1, 'q') + R"(","sourceType":")" +
                      std::string(kMaxSourceTypeBytes + 1, 't') + R"(","sourceId":")" +
                      std::string(kMaxSourceIdBytes + 1, 'i') + R"("})",
                  {"query", "sourceType", "sourceId"}},
         }) {
        auto const refused = parse_hook_body(text);
        ASSERT_FALSE(refused) << text;
        EXPECT_TRUE(refused.error().is_json);
        std::vector<std::string> named;
        for (auto const& error : refused.error().fields) named.push_back(error.field);
        EXPECT_EQ(named, fields) << text;
    }
}

TEST(HookBody, RefusesWhatIsNoAcceptableJson) {
    for (auto const& text : {
             std::string(),
             std::string("{"),
             std::string("nonsense"),
             body() + "{}",
             body() + "x",
             "\xef\xbb\xbf" + body(),
             "// a\n" + body(),
             std::string("{'path':'x'}"),
             body("live/\xc0\xaf/in"),
             body("live/\xed\xa0\x80/in"),
             body("live/\\ud800/in"),
             body("live/a/in", R"(,"path":"live/b/in")"),
             body("live/a/in", R"(,"x":1,"x":2)"),
             body("live/a/in", ",\"x\":" + std::string(20, '[') + std::string(20, ']')),
             std::string(60'000, '['),
         }) {
        auto const refused = parse_hook_body(text);
        ASSERT_FALSE(refused) << text;
        EXPECT_FALSE(refused.error().is_json) << text;
        EXPECT_FALSE(refused.error().detail.empty());
    }
}

TEST(HookBody, NamesTheKeyThatIsGivenTwiceAndTheLimits) {
    auto const twice = parse_hook_body(body("live/a/in", R"(,"path":"live/b/in")"));
    EXPECT_EQ(twice.error().detail, "a field is given twice: path");
    auto const escaped = parse_hook_body(body("live/a/in", R"(,"p\u0061th":"live/b/in")"));
    EXPECT_EQ(escaped.error().detail, "a field is given twice: path");
    std::string many;
    for (std::size_t i = 0; i < kMaxBodyFields; ++i) many += ",\"f" + std::to_string(i) + "\":0";
    auto const fields = parse_hook_body(body("live/a/in", many));
    ASSERT_FALSE(fields);
    EXPECT_NE(fields.error().detail.find("more than 64 fields"), std::string::npos)
        << fields.error().detail;
}

TEST(HookBody, TopLevelValuesOtherThanObjectsAreNoEvent) {
    for (auto const* const text : {"[]", "null", "7", "\"text\"", "[{}]"}) {
        auto const refused = parse_hook_body(text);
        ASSERT_FALSE(refused) << text;
        EXPECT_TRUE(refused.error().is_json) << text;
    }
}

TEST(HookBody, TakesTheLongestQueryThatAHookCanTellOf) {
    auto const body_of = [](std::string const& query) {
        return R"({"path":"live/a/in","query":")" + query + R"(","sourceType":"t","sourceId":"i"})";
    };
    auto const percent_escaped = std::string(base::kMaxHookQueryBytes, 'F');
    ASSERT_TRUE(parse_hook_body(body_of(percent_escaped)));
    std::string json_escaped;
    for (std::size_t i = 0; i < base::kMaxQueryBytes; ++i) json_escaped += "\\u0001";
    auto const text = body_of(json_escaped);
    EXPECT_LT(text.size(), kMaxHookBodyBytes);
    ASSERT_TRUE(parse_hook_body(text));
    EXPECT_EQ(parse_hook_body(text)->query, std::string(base::kMaxQueryBytes, '\1'));
}

TEST(MaskQuery, IsReadWholeHoweverMuchTheMasksAdd) {
    std::string query = "lang=es";
    while (query.size() + 5 <= base::kMaxHookQueryBytes) query += "&key=";
    auto const masked = mask_query(query);
    EXPECT_GT(masked.size(), base::kMaxHookQueryBytes);
    EXPECT_EQ(parse_query(masked).params, (Params{{"lang", "es"}}));
}

TEST(ShownQuery, IsCutBetweenCharacters) {
    auto const whole = std::string(kMaxShownQueryBytes, 'q');
    EXPECT_EQ(shown_query(whole), whole);
    EXPECT_EQ(shown_query(whole + "q"), whole + "…");
    auto const before = std::string(kMaxShownQueryBytes - 1, 'q');
    EXPECT_EQ(shown_query(before + "é"), before + "…");
}

TEST(MaskQuery, HidesCredentialsHoweverTheyAreWritten) {
    for (auto const& [query, masked] : std::initializer_list<std::pair<char const*, char const*>>{
             {"", ""},
             {"lang=es", "lang=es"},
             {"lang=es&pass=x&user=y", "lang=es&pass=***&user=***"},
             {"p%61ss=x;a=b", "p%61ss=***;a=b"},
             {"PASS=x&Api-Key=y&stream_key=z", "PASS=***&Api-Key=***&stream_key=***"},
             {"pass", "pass"},
             {"pass=", "pass=***"},
             {"a=pass&pass=a=b", "a=pass&pass=***"},
             {"lang%3Des%26pass%3Dgeheim", "lang=es&pass=***"},
             {"pass%3Dgeheim", "pass=***"},
             {"a=%zz&token=%zz", "a=%zz&token=***"},
         }) {
        EXPECT_EQ(mask_query(query), masked) << query;
    }
}

}  // namespace
}  // namespace tidegate::orchestrator
