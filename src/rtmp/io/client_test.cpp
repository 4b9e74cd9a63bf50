// The RTMP client over a real connection: the far end is our server session behind a plain socket,
// so that a test can make it refuse, fall silent or go away.
#include "rtmp/io/client.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "net/test_loopback.hpp"
#include "rtmp/core/media_message.hpp"
#include "rtmp/core/server_session.hpp"

namespace tidegate::rtmp {
namespace {

using namespace std::chrono_literals;
using boost::asio::ip::tcp;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

// The server's end, an object of its own: both ends have an on_media and an on_metadata.
struct FarEnd final : ServerSink {
    void on_publish(PublishRequest&& request) override {
        key = request.key;
        decide();
    }
    void on_play(PlayRequest&& request) override {
        key = request.key;
        decide();
    }
    void on_media(MediaMessage&& message) override { published.push_back(std::move(message)); }
    void on_metadata(Metadata&&) override {}
    void on_stream_closed() override { ++closed; }

    std::function<void()> decide;
    std::string key;
    std::vector<MediaMessage> published;
    int closed = 0;
};

class RtmpClient : public net::test::LoopbackTest<Client, ClientEnd>, protected ClientHandler {
protected:
    RtmpClient() {
        far_.decide = [this] { server_.accept_publish(); };
    }
    void start(ClientMode mode, ClientTimeouts const& timeouts = {}) {
        auto socket = connect();
        auto const url =
            parse_client_url("rtmp://127.0.0.1:" + port_ + "/live/demo/in?user=u&pass=p");
        run_client(std::move(socket), *url, mode, timeouts, static_cast<ClientHandler&>(*this));
    }
    void on_received(base::ByteView bytes) override {
        received_ += bytes.size();
        auto const fed = server_.feed(bytes, far_);
        EXPECT_TRUE(fed) << fed.error().text;
        say();
    }
    void say() {
        if (!answers_ || !peer_.is_open()) return;
        write_to_client(std::exchange(server_.output(), {}));
    }
    void send_to_client(base::SharedBytes const& message) {
        server_.output().insert(server_.output().end(), message.data(),
                                message.data() + message.size());
        say();
    }

    void on_accepted() override { ++accepted_; }
    void on_media(MediaMessage&& message) override { played_.push_back(std::move(message)); }
    void on_read_end() override { ++reads_ended_; }

    ServerSession server_{1};
    FarEnd far_;
    std::vector<MediaMessage> played_;
    std::size_t received_ = 0;
    int accepted_ = 0, reads_ended_ = 0;
    bool answers_ = true;
};

TEST_F(RtmpClient, PublishesUntilItIsStopped) {
    start(ClientMode::publish);
    run_until([&] { return accepted_ == 1; });
    EXPECT_EQ(far_.key, "in?user=u&pass=p");
    std::string const body = "\x17\x01media";
    client_->media().push(write_media_message(
        {MessageType::video, kVideoChunkStream, client_->message_stream_id(), 40}, base::ByteView{},
        base::as_bytes(body)));
    client_->media().flush();
    run_until([&] { return far_.published.size() == 1; });
    EXPECT_TRUE(far_.published[0].video);
    EXPECT_EQ(far_.published[0].timestamp_ms, 40);
    EXPECT_EQ(base::as_text(far_.published[0].body.view()), body);

    client_->stop();
    run_until([&] { return saw_end_; });
    EXPECT_EQ(far_.closed, 1) << "deleteStream came before the end";
    peer_.close();
    auto const end = ended();
    EXPECT_TRUE(end.accepted);
    EXPECT_FALSE(end.refused);
    EXPECT_EQ(end.reason, "stopped");
}

TEST_F(RtmpClient, PlaysWhatTheServerSends) {
    far_.decide = [this] { server_.accept_play({}); };
    start(ClientMode::play);
    run_until([&] { return accepted_ == 1; });
    for (int i = 0; i < 3; ++i) {
        std::string const body = "\xAF\x01" + std::to_string(i);
        send_to_client(write_media_message(audio_header(20 * i), {}, base::as_bytes(body)));
    }
    run_until([&] { return played_.size() == 3; });
    EXPECT_FALSE(played_[2].video);
    EXPECT_EQ(played_[2].timestamp_ms, 40);
    EXPECT_EQ(base::as_text(played_[2].body.view()),
              "\xAF\x01"
              "2");
    EXPECT_GE(reads_ended_, 1);
    peer_.close();
    EXPECT_EQ(ended().reason, "EOF");
    EXPECT_TRUE(end_->accepted);
    EXPECT_FALSE(end_->refused) << "the stream had been accepted";
}

TEST_F(RtmpClient, ARefusalIsNamedInTheServersWords) {
    far_.decide = [this] { server_.reject("NetStream.Publish.BadName", "the path is in use"); };
    start(ClientMode::publish);
    auto const end = ended();
    EXPECT_FALSE(end.accepted);
    EXPECT_TRUE(end.refused);
    EXPECT_EQ(end.reason, "NetStream.Publish.BadName: the path is in use");
    EXPECT_EQ(accepted_, 0);
}

TEST_F(RtmpClient, ACloseInsteadOfAnAnswerIsARefusal) {
    far_.decide = [this] {
        answers_ = false;
        peer_.shutdown(tcp::socket::shutdown_both);
    };
    start(ClientMode::publish);
    auto const end = ended();
    EXPECT_TRUE(end.refused);
    EXPECT_THAT(end.reason,
                StartsWith("the server closed the connection instead of accepting the stream: "));
}

TEST_F(RtmpClient, ACloseDuringTheHandshakeIsNoRefusal) {
    answers_ = false;
    start(ClientMode::publish);
    run_until([&] { return received_ > 0; });
    peer_.close();
    auto const end = ended();
    EXPECT_FALSE(end.refused);
    EXPECT_FALSE(end.accepted);
}

TEST_F(RtmpClient, AServerThatNeverAnswersIsGivenUp) {
    answers_ = false;
    start(ClientMode::publish, {.dialogue = 300ms});
    auto const end = ended();
    EXPECT_THAT(end.reason, EndsWith("i/o timeout"));
    EXPECT_FALSE(end.refused);
    EXPECT_FALSE(end.accepted);
}

TEST_F(RtmpClient, AServerThatIsNotRtmpIsGivenUp) {
    start(ClientMode::publish);
    answers_ = false;
    write_to_client(base::as_bytes("HTTP/1.1 400 Bad Request\r\n\r\n"));
    auto const end = ended();
    EXPECT_THAT(end.reason, HasSubstr("version")) << end.reason;
    EXPECT_FALSE(end.accepted);
}

TEST_F(RtmpClient, APublisherWithoutMediaSaysThatItLives) {
    start(ClientMode::publish, {.keep_alive = 50ms});
    run_until([&] { return accepted_ == 1; });
    auto const before = received_;
    constexpr std::size_t kAcknowledgement = 12 + 4;  // message header and sequence number
    run_until([&] { return received_ >= before + 3 * kAcknowledgement; });
    EXPECT_EQ((received_ - before) % kAcknowledgement, 0U);
    EXPECT_FALSE(end_);
}

TEST_F(RtmpClient, APlayerSaysNothingByItself) {
    far_.decide = [this] { server_.accept_play({}); };
    start(ClientMode::play, {.keep_alive = 50ms});
    run_until([&] { return accepted_ == 1; });
    auto const before = received_;
    auto const until = std::chrono::steady_clock::now() + 400ms;
    run_until([&] { return std::chrono::steady_clock::now() > until; });
    EXPECT_EQ(received_, before);
}

TEST_F(RtmpClient, AServerThatTakesNothingIsGivenUp) {
    start(ClientMode::publish, {.write = 300ms});
    run_until([&] { return accepted_ == 1; });
    reads_ = false;
    base::Bytes const body(1 << 20, 0x17);
    for (int i = 0; i < 32; ++i) {
        client_->media().push(write_media_message(
            {MessageType::video, kVideoChunkStream, client_->message_stream_id(), 0},
            base::ByteView{}, body));
    }
    client_->media().flush();
    auto const end = ended();
    EXPECT_THAT(end.reason, StartsWith("write tcp "));
    EXPECT_THAT(end.reason, EndsWith("i/o timeout"));
    EXPECT_TRUE(end.accepted);
}

TEST_F(RtmpClient, AnAbandonedServerIsNotWaitedFor) {
    start(ClientMode::publish);
    run_until([&] { return accepted_ == 1; });
    reads_ = false;
    client_->abandon("no packet for 4 s");
    EXPECT_EQ(ended().reason, "no packet for 4 s");
    client_->abandon("again");
    client_->stop();
    EXPECT_EQ(end_->reason, "no packet for 4 s");
}

}  // namespace
}  // namespace tidegate::rtmp
