#include "rtsp/core/caption.hpp"

#include <gtest/gtest.h>

#include "media/caption.hpp"
#include "rtsp/core/sdp.hpp"

namespace tidegate::rtsp {
namespace {

using std::chrono::milliseconds;

Caption const kSaid{.language = "es",
                    .track = 2,
                    .rtptime = 4'000'000'000,
                    .duration = milliseconds(2500),
                    .text = "¿Qué: tal?"};

TEST(RtspCaption, ComesBackAsItWasWritten) {
    EXPECT_EQ(write_caption(kSaid),
              "x-caption-language: es\r\nx-caption-track: 2\r\nx-caption-rtptime: 4000000000\r\n"
              "x-caption-duration: 2500\r\nx-caption-text: ¿Qué: tal?\r\n");
    EXPECT_EQ(read_caption(write_caption(kSaid)), kSaid);
}

TEST(RtspCaption, ATextCannotAddAParameter) {
    auto hostile = kSaid;
    hostile.text = "a\r\nx-caption-track: 9";
    auto const read = read_caption(write_caption(hostile));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->track, 2);
    EXPECT_EQ(read->text, "a x-caption-track: 9");
}

TEST(RtspCaption, OtherBodiesAreNone) {
    auto const whole = write_caption(kSaid);
    for (std::size_t size = 0; size + 2 < whole.size(); ++size) {
        auto const read = read_caption(std::string_view(whole).substr(0, size));
        EXPECT_TRUE(!read || kSaid.text.starts_with(read->text)) << size;
    }
    auto const with = [](std::string_view name, std::string_view value) {
        std::string body = "X-Caption-Track: 0\nx-caption-rtptime:1\n";
        body.append("x-caption-duration: 5\nx-caption-text: x\n");
        return read_caption(body.append(name).append(": ").append(value)).has_value();
    };
    EXPECT_TRUE(with("x", "y"));
    for (auto const* value : {"", "-1", "65536", "1x"})
        EXPECT_FALSE(with("x-caption-track", value));
    for (auto const* value : {"", "-1", "4294967296"})
        EXPECT_FALSE(with("x-caption-rtptime", value));
    EXPECT_FALSE(with("x-caption-text", "\x01"));
    EXPECT_FALSE(read_caption("x-caption-track: 0\nx-caption-rtptime: 1\nx-caption-text: x"));
    EXPECT_FALSE(read_caption(std::string(kMaxParameters + 1, 'x')));
}

TEST(RtspCaption, LanguagesStandInTheDescription) {
    media::Tracks const tracks{{media::OpusConfig{}}};
    auto const text = write_sdp(tracks, {}, {"es", "fr"});
    EXPECT_NE(text.find("\r\nt=0 0\r\na=x-captions:es,fr\r\nm=audio"), std::string::npos) << text;
    EXPECT_EQ(parse_sdp(text)->caption_languages, (std::vector<std::string>{"es", "fr"}));
    EXPECT_EQ(write_sdp(tracks, {}, {}), write_sdp(tracks));
    EXPECT_TRUE(parse_sdp(write_sdp(tracks))->caption_languages.empty());
    EXPECT_TRUE(parse_sdp(write_sdp(tracks) + "a=x-captions:es\r\n")->caption_languages.empty());
}

}  // namespace
}  // namespace tidegate::rtsp
