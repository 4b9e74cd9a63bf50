#include "event.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <map>

namespace tidegate::hook {
namespace {

namespace json = boost::json;

Environment from(std::map<std::string, std::string> const& variables) {
    return [&variables](char const* name) {
        auto const found = variables.find(name);
        return found == variables.end() ? nullptr : found->second.c_str();
    };
}

std::map<std::string, std::string> complete() {
    return {{"MTX_PATH", "live/demo/in"},
            {"MTX_QUERY", "lang%3Des%26x%3D1"},
            {"MTX_SOURCE_TYPE", "rtmpConn"},
            {"MTX_SOURCE_ID", "0b5c"}};
}

TEST(DecodeQuery, DecodesWhatTheRoutersEncoderWritesAndNothingElse) {
    struct Row {
        std::string_view value, query;
    };
    for (auto const& [value, query] : std::initializer_list<Row>{
             {"", ""},
             {"lang%3Des%26x%3D1", "lang=es&x=1"},            // MediaMTX >= 1.18.1
             {"lang=es&x=1", "lang=es&x=1"},                  // before
             {"name%3DJ%25C3%25BCrgen", "name=J%C3%BCrgen"},  // encoded twice, decoded once
             {"name=J%C3%BCrgen", "name=J%C3%BCrgen"},        // raw: a literal = is never encoded
             {"q%3Da+b", "q=a b"},
             {"q=a+b", "q=a+b"},
             {"token", "token"},  // the same either way
             {"A-Za.z_0~9", "A-Za.z_0~9"},
             {"a%3db", "a%3db"},  // lower case is not the encoder's
             {"%41", "%41"},      // it does not escape letters
             {"a%", "a%"},        // not an escape
             {"a%2", "a%2"},
             {"a%3D%zz", "a%3D%zz"},
             {"100%", "100%"},
             {"a%3D%22%0A%27", "a=\"\n'"},
             {"a%00b", std::string_view("a\0b", 3)},
             {"%FF%FE", "\xFF\xFE"},
             {"a%3Db", "a=b"},  // ambiguous: counts as encoded
             {"a+b", "a b"},    // ambiguous: counts as encoded
             {"\xFF\xFE=1", "\xFF\xFE=1"},
         }) {
        EXPECT_EQ(decode_query(value), query) << value;
    }
}

TEST(SourceType, IsTheProtocolOfEveryKnownSourceAndElsePasses) {
    for (auto const& [type, protocol] :
         std::map<std::string_view, std::string_view>{{"rtmpConn", "rtmp"},
                                                      {"rtmpsConn", "rtmp"},
                                                      {"rtspSession", "rtsp"},
                                                      {"rtspsSession", "rtsp"},
                                                      {"webRTCSession", "webrtc"},
                                                      {"srtConn", "srt"},
                                                      {"moqSession", "moq"},
                                                      {"hlsSource", "hls"},
                                                      {"rtmp", "rtmp"},
                                                      {"rpiCameraSource", "rpiCameraSource"},
                                                      {"somethingNew", "somethingNew"},
                                                      {"", ""}}) {
        EXPECT_EQ(normalise_source_type(type), protocol) << type;
    }
}

TEST(ToUtf8, KeepsTextAndEscapesEveryByteThatIsNone) {
    struct Row {
        std::string_view bytes, text;
    };
    for (auto const& [bytes, text] : std::initializer_list<Row>{
             {"plain", "plain"},
             {"\xC3\xA9", "\xC3\xA9"},
             {"\xE2\x82\xAC", "\xE2\x82\xAC"},
             {"\xF0\x9F\x98\x80", "\xF0\x9F\x98\x80"},
             {"a\xFFz", "a%FFz"},
             {"\xC3", "%C3"},  // cut off
             {"\xE2\x82", "%E2%82"},
             {"\xC3z", "%C3z"},
             {"\xC0\xAE", "%C0%AE"},                // overlong
             {"\xED\xA0\x80", "%ED%A0%80"},         // a surrogate
             {"\xF4\x90\x80\x80", "%F4%90%80%80"},  // beyond Unicode
             {"\x80\xC3\xA9", "%80\xC3\xA9"},
         }) {
        EXPECT_EQ(to_utf8(bytes), text) << text;
    }
}

TEST(ToJson, IsValidForEveryByteAndPairOfBytes) {
    for (int first = 0; first < 256; ++first) {
        for (int second = 0; second < 256; ++second) {
            std::string const query{static_cast<char>(first), static_cast<char>(second)};
            auto const text = to_json({"live/demo/in", query, "rtmp", "id"});
            boost::system::error_code error;
            auto const value = json::parse(text, error);
            ASSERT_FALSE(error) << text;
            ASSERT_EQ(value.at("query").as_string(), to_utf8(query));
        }
    }
}

TEST(ToJson, HasTheFourFieldsOfTheContract) {
    EXPECT_EQ(to_json({"live/demo/in", "a=\"b\"\n", "rtmp", "id"}),
              R"({"path":"live/demo/in","query":"a=\"b\"\n","sourceType":"rtmp","sourceId":"id"})");
}

TEST(ReadEvent, TakesTheRoutersVariables) {
    auto const variables = complete();
    auto const event = read_event(from(variables));
    ASSERT_TRUE(event);
    EXPECT_EQ(event->path, "live/demo/in");
    EXPECT_EQ(event->query, "lang=es&x=1");
    EXPECT_EQ(event->source_type, "rtmp");
    EXPECT_EQ(event->source_id, "0b5c");
}

TEST(ReadEvent, NamesTheVariableThatIsMissingOrEmpty) {
    for (auto const* name : {"MTX_PATH", "MTX_SOURCE_TYPE", "MTX_SOURCE_ID"}) {
        auto variables = complete();
        variables[name] = "";
        EXPECT_EQ(read_event(from(variables)).error().message, std::string(name) + " is not set");
        variables.erase(name);
        auto const event = read_event(from(variables));
        ASSERT_FALSE(event) << name;
        EXPECT_EQ(event.error().message, std::string(name) + " is not set");
        EXPECT_EQ(event.error().failure, Failure::usage);
    }
}

TEST(ReadEvent, TakesAMissingQueryAsNone) {
    auto variables = complete();
    variables.erase("MTX_QUERY");
    EXPECT_EQ(read_event(from(variables)).value().query, "");
}

TEST(FailureLine, NamesWhatFailedWithItsStatusAndNeverTheQuery) {
    Event const event{"live/demo/in", "pass=secret", "rtmp", "id"};
    auto const line =
        failure_line({Failure::http_status, "x answered 503", 503}, "now", event, "c1");
    EXPECT_EQ(line, R"({"ts":"now","level":"error","component":"mtx-hook","event":"hook.failed",)"
                    R"("msg":"x answered 503","reason":"http_status","status":503,)"
                    R"("path":"live/demo/in","sourceId":"id","correlationId":"c1"})"
                    "\n");
}

TEST(FailureLine, HasAReasonForEachFailure) {
    for (auto const& [failure, reason] :
         std::map<Failure, std::string>{{Failure::usage, "usage"},
                                        {Failure::bad_url, "bad_url"},
                                        {Failure::unreachable, "unreachable"},
                                        {Failure::timeout, "timeout"},
                                        {Failure::http_status, "http_status"},
                                        {Failure::protocol, "protocol"}}) {
        auto const line = json::parse(failure_line({failure, "why"}, "now", {}, "c1"));
        EXPECT_EQ(line.at("reason").as_string(), reason);
        EXPECT_FALSE(line.as_object().contains("status"));
        EXPECT_FALSE(line.as_object().contains("path"));
    }
}

}  // namespace
}  // namespace tidegate::hook
