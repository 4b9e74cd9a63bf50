#include "orchestrator/core/params.hpp"

#include <gtest/gtest.h>

namespace tidegate::orchestrator {
namespace {

TEST(Params, TakesSettingsRawAndEncodedAsAWhole) {
    for (auto const* const query :
         {"lang=es&voice=a%20b", "?lang=es&voice=a+b", "voice=a+b&lang=es",
          "lang%3Des%26voice%3Da%2520b", "&&lang=es&&voice=a%20b&"}) {
        auto const parsed = parse_query(query);
        EXPECT_EQ(parsed.params, (Params{{"lang", "es"}, {"voice", "a b"}})) << query;
        EXPECT_TRUE(parsed.rejected.empty()) << query;
    }
    EXPECT_TRUE(parse_query("").params.empty());
    EXPECT_EQ(parse_query("flag").params, (Params{{"flag", ""}}));
    EXPECT_EQ(parse_query("a=b=c").params, (Params{{"a", "b=c"}}));
}

TEST(Params, RefusesEachBadPairAndKeepsTheOthers) {
    struct Case {
        std::string pair;
        RejectedParam rejected;
    };
    for (auto const& [pair, rejected] : {
             Case{"Lang=es", {"", ParamError::bad_key}},
             Case{"--config=/etc/passwd", {"", ParamError::bad_key}},
             Case{"=x", {"", ParamError::bad_key}},
             Case{"a.b=x", {"", ParamError::bad_key}},
             Case{"a%00=x", {"", ParamError::bad_key}},
             Case{std::string(33, 'k') + "=x", {"", ParamError::bad_key}},
             Case{"a=%", {"", ParamError::bad_encoding}},
             Case{"a=%zz", {"", ParamError::bad_encoding}},
             Case{"a=%00", {"a", ParamError::value_not_text}},
             Case{"a=%0d%0aX: y", {"", ParamError::bad_encoding}},
             Case{"a=%0d%0aX:y", {"a", ParamError::value_not_text}},
             Case{"a=%1b%5b2J", {"a", ParamError::value_not_text}},
             Case{"a=%c0%ae", {"a", ParamError::value_not_text}},
             Case{"a=%ed%a0%80", {"a", ParamError::value_not_text}},
             Case{"a=%c2%85", {"a", ParamError::value_not_text}},
             Case{"a=" + std::string(257, 'v'), {"a", ParamError::value_too_long}},
             Case{"first=again", {"first", ParamError::duplicate}},
         }) {
        auto const parsed = parse_query("first=1&" + pair + "&last=2");
        EXPECT_EQ(parsed.params, (Params{{"first", "1"}, {"last", "2"}})) << pair;
        EXPECT_EQ(parsed.rejected, std::vector{rejected}) << pair;
    }
}

TEST(Params, ShellAndOptionTextsStayValues) {
    for (auto const& [query, value] : std::initializer_list<std::pair<char const*, char const*>>{
             {"a=$(id)", "$(id)"},
             {"a=%60id%60", "`id`"},
             {"a=--config=/etc/passwd", "--config=/etc/passwd"},
             {"a=%27;%20rm%20-rf%20/%20%23", "'; rm -rf / #"},
             {"a=%C3%A9%F0%9F%98%80", "\u00e9\U0001f600"},
         }) {
        auto const parsed = parse_query(query);
        EXPECT_EQ(parsed.params, (Params{{"a", value}})) << query;
        EXPECT_EQ(to_arguments(parsed.params),
                  (std::vector<std::string>{"--param", "a=" + std::string(value)}));
    }
}

TEST(Params, AreReadBackFromTheArgumentsOfAWorker) {
    for (Params const& params :
         {Params{}, Params{{"lang", "es"}, {"voice", "--param"}, {"x", "a=b=c"}, {"empty", ""}}}) {
        std::vector<std::string> argv{"stream-worker", "--run-id", "lang=not-a-param"};
        for (auto& word : to_arguments(params)) argv.push_back(std::move(word));
        argv.insert(argv.end(), {"--lease", "a=b", "--param", "without-a-value", "--param"});
        EXPECT_EQ(from_arguments(argv), params);
    }
}

TEST(Params, CredentialsVanishWithoutATrace) {
    for (auto const* const key : {"user", "pass", "PASSWORD", "Token", "jwt", "api-key", "API_KEY",
                                  "streamKey", "signature", "p%61ss"}) {
        auto const parsed = parse_query(std::string(key) + "=geheim&lang=es");
        EXPECT_EQ(parsed.params, (Params{{"lang", "es"}})) << key;
        EXPECT_TRUE(parsed.rejected.empty()) << key;
    }
}

TEST(Params, AreBounded) {
    auto const long_query = parse_query(std::string(kMaxQueryLength + 1, 'a'));
    EXPECT_EQ(long_query.rejected, (std::vector<RejectedParam>{{"", ParamError::query_too_long}}));
    std::string many;
    for (int i = 0; many.size() < kMaxQueryLength; ++i) many += "k" + std::to_string(i) + "&";
    auto const parsed = parse_query(many.substr(0, kMaxQueryLength));
    EXPECT_EQ(parsed.params.size(), kMaxParams);
    EXPECT_EQ(parsed.rejected.size(), kMaxParams);
    EXPECT_EQ(parsed.rejected.back().error, ParamError::too_many);
}

}  // namespace
}  // namespace tidegate::orchestrator
