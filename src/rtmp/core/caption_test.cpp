#include "rtmp/core/caption.hpp"

#include <gtest/gtest.h>

#include "rtmp/core/dialogue.hpp"
#include "rtmp/core/play_start.hpp"

namespace tidegate::rtmp::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// A dialogue whose captions are kept.
struct CaptionSink final : ServerSink {
    void on_publish(PublishRequest&&) override {}
    void on_play(PlayRequest&&) override {}
    void on_media(MediaMessage&&) override {}
    void on_metadata(Metadata&& said) override { metadata = std::move(said); }
    void on_caption(media::Caption&& caption) override { captions.push_back(std::move(caption)); }
    void on_stream_closed() override {}
    std::vector<media::Caption> captions;
    Metadata metadata;
};

class Captions : public testing::Test {
protected:
    void publish() {
        EXPECT_TRUE(session.feed(client_hello(), sink));
        command(
            {"connect", 1, amf0::Object{}.with("app", "live").with("tcUrl", "rtmp://h/live"), {}});
        command({"publish", 5, amf0::Null{}, {"in", "live"}});
    }
    void command(Command const& command) {
        send(MessageType::command_amf0, write_command(command));
    }
    void send(MessageType type, base::ByteView body, std::uint32_t timestamp = 0) {
        base::Bytes wire;
        append_message(wire, {type, 3, kMessageStream, timestamp}, body, kDefaultChunkSize);
        EXPECT_TRUE(session.feed(wire, sink));
    }
    void picture(std::uint32_t timestamp) {
        send(MessageType::video, base::Bytes{0x17, 1, 0, 0, 0, 1}, timestamp);
    }
    void say(amf0::Value const& object, std::uint32_t timestamp) {
        send(MessageType::data_amf0, amf0::write_all({"onTextData", object}), timestamp);
    }

    CaptionSink sink;
    ServerSession session{1};
};

TEST_F(Captions, ComeBackAsTheyWereWritten) {
    publish();
    picture(900);
    media::Caption const said{.language = "es",
                              .start = milliseconds(4000),
                              .duration = milliseconds(2500),
                              .text = "¿Qué tal?"};
    send(MessageType::data_amf0, write_caption(said), 4000);
    ASSERT_EQ(sink.captions.size(), 1U);
    EXPECT_EQ(sink.captions[0].language, "es");
    EXPECT_EQ(sink.captions[0].start, said.start);
    EXPECT_EQ(sink.captions[0].duration, said.duration);
    EXPECT_EQ(sink.captions[0].text, said.text);
    picture(940);
}

TEST_F(Captions, OfOtherEncodersHaveNoLanguageAndNoDuration) {
    publish();
    picture(0);
    say(amf0::Object{.members = {}, .ecma_array = true}.with("type", "Text").with("text", "hello"),
        500);
    say(amf0::Object{}.with("text", "more").with("language", "spa").with("trackid", 99.0), 600);
    ASSERT_EQ(sink.captions.size(), 2U);
    EXPECT_EQ(sink.captions[0].language, "");
    EXPECT_EQ(sink.captions[0].duration, kUsualCaption);
    EXPECT_EQ(sink.captions[1].language, "es");
}

TEST_F(Captions, ThatCannotBeAreLeftOut) {
    publish();
    say(amf0::Object{}.with("text", "before any media"), 0);
    picture(0);
    say(amf0::Object{}.with("text", ""), 0);
    say(amf0::Object{}.with("text", "\r\n \x01"), 0);
    say(amf0::Object{}.with("text", 5.0), 0);
    say(amf0::Object{}.with("text", "x").with("duration", -5.0), 0);
    say(amf0::Object{}.with("text", "x").with("duration", 1e9), 0);
    say(amf0::Object{}.with("text", std::string(40'000, 'x')), 0);
    say(amf0::Null{}, 0);
    send(MessageType::data_amf0, amf0::write_all({"onTextData"}));
    send(MessageType::data_amf0, base::Bytes{2, 0, 10, 'o', 'n', 'T'});
    EXPECT_TRUE(sink.captions.empty());
    say(amf0::Object{}.with("text", std::string(10'000, 'x')), 0);
    ASSERT_EQ(sink.captions.size(), 1U);
    EXPECT_EQ(sink.captions[0].text.size(), media::kMaxCaptionText);
}

// The times of a caption and of media wrap alike, and a caption ahead does not move the media.
TEST_F(Captions, AreTimedByTheClockOfTheMedia) {
    publish();
    picture(0xFFFFFF00);
    say(amf0::Object{}.with("text", "ahead"), 0x300);
    picture(0xFFFFFF20);
    say(amf0::Object{}.with("text", "behind"), 0xFFFFFE00);
    ASSERT_EQ(sink.captions.size(), 2U);
    EXPECT_EQ(sink.captions[0].start, milliseconds(0x1'0000'0300));
    EXPECT_EQ(sink.captions[1].start, milliseconds(0xFFFF'FE00));
}

TEST_F(Captions, AreAnnouncedInTheMetadata) {
    publish();
    send(MessageType::data_amf0,
         write_published_metadata({{media::OpusConfig{}}}, {"es", "pt-BR"}));
    EXPECT_EQ(sink.metadata.caption_languages, (std::vector<std::string>{"es", "pt-BR"}));
    EXPECT_EQ(write_published_metadata({{media::OpusConfig{}}}, {}),
              write_published_metadata({{media::OpusConfig{}}}));
    send(MessageType::data_amf0, write_published_metadata({{media::OpusConfig{}}}));
    EXPECT_TRUE(sink.metadata.caption_languages.empty());
}

}  // namespace
}  // namespace tidegate::rtmp::test
