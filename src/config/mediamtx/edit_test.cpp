#include "config/mediamtx/edit.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "config/json_body.hpp"
#include "config/mediamtx/conf.hpp"

namespace tidegate::config::mediamtx {
namespace {

namespace json = boost::json;

std::string text_of(Edited const& edited) {
    if (edited) return json::serialize(*edited);
    auto const missing = edited.error().kind == EditError::Kind::no_such_path;
    return (missing ? "missing: " : "invalid: ") + edited.error().message;
}

json::object document(std::string_view text) {
    return json::parse(text).as_object();
}

TEST(JsonBody, SaysInGosWordsWhatIsNoJson) {
    struct Row {
        std::string_view body, expected;
    };
    for (auto const& row : {
             Row{"", "unexpected end of JSON input"},
             Row{"  ", "unexpected end of JSON input"},
             Row{R"({"a":1)", "unexpected end of JSON input"},
             Row{R"({"a")", "unexpected end of JSON input"},
             Row{"x", "invalid character 'x' looking for beginning of value"},
             Row{"{} x", "invalid character 'x' after top-level value"},
             Row{R"({"a" "b"})", "invalid character '\"' after object key"},
             Row{R"({"a":1 "b"})", "invalid character '\"' after object key:value pair"},
             Row{"{a", "invalid character 'a' looking for beginning of object key string"},
             Row{R"({"a":})", "invalid character '}' looking for beginning of value"},
         }) {
        auto const parsed = parse_json_body(row.body);
        ASSERT_FALSE(parsed.has_value()) << row.body;
        EXPECT_EQ(parsed.error(), row.expected) << row.body;
    }
    EXPECT_EQ(parse_json_body(" {\"a\": 12}\n")->at("a"), json::value(12));
    EXPECT_EQ(*parse_json_body("12"), json::value(12));
    EXPECT_FALSE(parse_json_body(std::string(100, '[')).has_value());
}

TEST(MediamtxEdit, MergesIntoWhatWasSet) {
    auto const base = document(R"({"api":true,"paths":{"cam":{"maxReaders":1}}})");
    EXPECT_EQ(text_of(patch_global(base, R"({"rtmp":false,"api":null})")),
              R"({"api":true,"paths":{"cam":{"maxReaders":1}},"rtmp":false})");
    EXPECT_EQ(text_of(patch_global(base, "null")), json::serialize(base));
    EXPECT_EQ(
        text_of(patch_path_defaults(document(R"({"pathDefaults":null})"), R"({"maxReaders":2})")),
        R"({"pathDefaults":{"maxReaders":2}})");
    EXPECT_EQ(text_of(add_path(document("{}"), "a/b", R"({"maxReaders":3})")),
              R"({"paths":{"a/b":{"maxReaders":3}}})");
    EXPECT_EQ(text_of(patch_path(base, "cam", R"({"runOnRead":"x","maxReaders":null})")),
              R"({"api":true,"paths":{"cam":{"maxReaders":1,"runOnRead":"x"}}})");
    EXPECT_EQ(
        text_of(patch_path(document(R"({"paths":{"cam":null}})"), "cam", R"({"runOnRead":"x"})")),
        R"({"paths":{"cam":{"runOnRead":"x"}}})");
    EXPECT_EQ(text_of(replace_path(base, "cam", R"({"runOnRead":"x"})")),
              R"({"api":true,"paths":{"cam":{"runOnRead":"x"}}})");
    EXPECT_EQ(text_of(replace_path(document("{}"), "new", "{}")), R"({"paths":{"new":{}}})");
    EXPECT_EQ(text_of(remove_path(base, "cam")), R"({"api":true,"paths":{}})");
}

TEST(MediamtxEdit, RefusesWhatMediamtxRefuses) {
    auto const base = document(R"({"paths":{"cam":null}})");
    EXPECT_EQ(text_of(patch_global(base, R"({"test":1})")),
              "invalid: json: unknown field \"test\"");
    EXPECT_EQ(text_of(patch_global(base, R"({"paths":{}})")),
              "invalid: json: unknown field \"paths\"");
    EXPECT_EQ(text_of(patch_global(base, "[1]")),
              "invalid: json: cannot unmarshal array into Go value of type "
              "map[string]json.RawMessage");
    EXPECT_EQ(text_of(patch_global(base, R"({"logLevel":"x"})")),
              "invalid: invalid log level: 'x'");
    EXPECT_EQ(text_of(patch_global(base, "")), "invalid: unexpected end of JSON input");
    EXPECT_EQ(text_of(patch_path_defaults(base, R"({"test":1})")),
              "invalid: json: unknown field \"test\"");
    EXPECT_EQ(text_of(add_path(base, "cam", "{}")), "invalid: path already exists");
    EXPECT_EQ(text_of(add_path(base, "cam", "x")),
              "invalid: invalid character 'x' looking for beginning of value");
    EXPECT_EQ(text_of(patch_path(base, "other", "{}")), "missing: path not found");
    EXPECT_EQ(text_of(remove_path(base, "other")), "missing: path not found");
    EXPECT_EQ(text_of(remove_path({}, "other")), "missing: path not found");
}

TEST(MediamtxEdit, YieldsDocumentsThatBuildJudges) {
    auto const conf = parse("paths: {cam: }", {});
    ASSERT_TRUE(conf.has_value());
    auto good = build(*patch_path(conf->document, "cam", R"({"runOnReady":"echo"})"));
    ASSERT_TRUE(good.has_value());
    EXPECT_EQ(good->paths.at(0)->run_on_available, "echo");
    auto bad = build(*add_path(conf->document, "a b", "{}"));
    ASSERT_FALSE(bad.has_value());
    EXPECT_THAT(bad.error(), testing::StartsWith("invalid path name 'a b': can contain only"));
    EXPECT_EQ(build(*patch_global(conf->document, R"({"readTimeout":"0s"})")).error(),
              "'readTimeout' must be greater than zero");
}

}  // namespace
}  // namespace tidegate::config::mediamtx
