#include "orchestrator/io/http/transcript.hpp"

#include <gmock/gmock.h>

#include <boost/json/parse.hpp>

namespace tidegate::orchestrator {
namespace {

using testing::HasSubstr;
using testing::Not;

DubCaption said(std::string language, std::uint64_t fragment, int seconds, std::string text) {
    DubCaption caption;
    caption.language = std::move(language);
    caption.fragment = fragment;
    caption.at = std::chrono::system_clock::time_point{std::chrono::seconds{1'760'000'000}} +
                 std::chrono::seconds{seconds};
    caption.duration = std::chrono::milliseconds{3200};
    caption.dubbed = true;
    caption.transcript = "original of " + text;
    caption.translation = std::move(text);
    return caption;
}

http::Response ask_transcript(StreamRecords const& records,
                              std::vector<std::pair<std::string, std::string>> query = {},
                              std::string accept = "*/*", std::string id = "a") {
    http::Request request;
    request.params["id"] = std::move(id);
    request.query = std::move(query);
    request.headers = {{"accept", std::move(accept)}};
    return transcript(records, request);
}

StreamRecords with_speech() {
    StreamRecords records;
    records.add_caption("a", said("es", 0, 0, "hola <b>& adiós --> fin"));
    records.add_caption("a", said("fr", 0, 0, "bonjour"));
    records.add_caption("a", said("es", 1, 65, "buenas noches"));
    return records;
}

TEST(Transcript, IsJsonByDefaultWithAllLanguages) {
    auto const answer = ask_transcript(with_speech());
    EXPECT_EQ(answer.status, 200U);
    EXPECT_EQ(answer.content_type, "application/json");
    auto const body = boost::json::parse(answer.body);
    ASSERT_EQ(body.at("items").as_array().size(), 3U);
    auto const& first = body.at("items").at(0);
    EXPECT_EQ(first.at("translation").as_string(), "hola <b>& adiós --> fin");
    EXPECT_EQ(first.at("at").as_string(), "2025-10-09T08:53:20.000000Z");
    EXPECT_EQ(first.at("durationMs").as_int64(), 3200);
    auto const french = ask_transcript(with_speech(), {{"lang", "fr"}});
    EXPECT_EQ(boost::json::parse(french.body).at("itemCount").to_number<int>(), 1);
}

TEST(Transcript, IsWebVttIfThatIsAskedFor) {
    for (auto const& answer : {ask_transcript(with_speech(), {{"format", "vtt"}}),
                               ask_transcript(with_speech(), {}, "text/vtt")}) {
        EXPECT_EQ(answer.content_type, "text/vtt; charset=utf-8");
        EXPECT_EQ(answer.body,
                  "WEBVTT\n\nNOTE 00:00:00.000 is 2025-10-09T08:53:20.000000Z, the language is es\n"
                  "\n0\n00:00:00.000 --> 00:00:03.200\nhola &lt;b&gt;&amp; adiós --&gt; fin\n"
                  "\n1\n00:01:05.000 --> 00:01:08.200\nbuenas noches\n");
    }
    auto const words = ask_transcript(with_speech(), {{"format", "vtt"}, {"text", "transcript"}});
    EXPECT_THAT(words.body, HasSubstr("original of buenas noches"));
    // The parameter wins over the header.
    auto const json = ask_transcript(with_speech(), {{"format", "json"}}, "text/vtt");
    EXPECT_EQ(json.content_type, "application/json");
}

TEST(Transcript, WithoutSpeechItIsEmptyAndWithoutAStreamNotFound) {
    StreamRecords records;
    EXPECT_EQ(ask_transcript(records).status, 404U);
    records.add_line("a", "x");
    EXPECT_EQ(boost::json::parse(ask_transcript(records).body).at("itemCount").to_number<int>(), 0);
    EXPECT_EQ(ask_transcript(records, {{"format", "vtt"}}).body, "WEBVTT\n");
    for (auto const& [name, value] :
         {std::pair{"format", "srt"}, std::pair{"lang", "../es"}, std::pair{"text", "both"}}) {
        EXPECT_EQ(ask_transcript(records, {{name, value}}).status, 400U) << name;
    }
}

TEST(Transcript, KeepsTenMinutesAndNotMoreThanItsLimits) {
    StreamRecords records;
    for (int second = 0; second < 3600; second += 3) {
        records.add_caption("a", said("es", static_cast<std::uint64_t>(second), second, "x"));
    }
    auto const& captions = records.find("a")->captions;
    EXPECT_EQ(captions.size(), 201U);
    EXPECT_EQ(captions.front().fragment, 3597U - 600U);
    // The zero of the times stays, so that cues do not move from one answer to the next.
    EXPECT_THAT(ask_transcript(records, {{"format", "vtt"}}).body,
                HasSubstr("\n00:59:57.000 --> 01:00:00.200\n"));
    for (int i = 0; i < 2000; ++i) records.add_caption("b", said("es", 0, 0, "x"));
    EXPECT_EQ(records.find("b")->captions.size(), kRecordedCaptions);
    for (int i = 0; i < 2000; ++i) {
        records.add_caption("c", said("es", 0, 0, std::string(1000, 'x')));
    }
    EXPECT_LE(records.find("c")->caption_bytes, kRecordedCaptionBytes);
    EXPECT_GT(records.find("c")->captions.size(), 50U);
}

}  // namespace
}  // namespace tidegate::orchestrator
