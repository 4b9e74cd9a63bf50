// An RTMP client and a server that talk to each other through a network that hands on what it likes
// when it likes. As long as it changes nothing, neither may ever find fault with the other, and
// once all has arrived, each knows what the other has said.
#include <string>

#include "checks.hpp"
#include "network.hpp"
#include "rtmp/core/client_session.hpp"
#include "rtmp/core/media_message.hpp"
#include "rtmp/core/server_session.hpp"

namespace {

using namespace tidegate;
using fuzz::require;
using fuzz::Script;
using fuzz::shown;

struct Server final : rtmp::ServerSink {
    void on_publish(rtmp::PublishRequest&& request) override { ask(request); }
    void on_play(rtmp::PlayRequest&& request) override { ask(request); }
    void ask(rtmp::StreamRequest const& request) {
        asked = true;
        asked_for = request.path + "?" + request.query;
    }
    void on_media(rtmp::MediaMessage&& message) override {
        heard += shown(message.video, message.timestamp_ms, message.body.view());
    }
    void on_metadata(rtmp::Metadata&&) override {}
    void on_stream_closed() override { closed = true; }

    rtmp::ServerSession session{1};
    std::string heard, asked_for;
    bool asked = false, accepted = false, refused = false, closed = false;
};

struct Client final : rtmp::ClientSink {
    explicit Client(rtmp::ClientMode mode) : session(url(), mode, 1) {}
    static rtmp::ClientUrl const& url() {
        static auto const kUrl = *rtmp::parse_client_url("rtmp://h/live/demo/in?a=b");
        return kUrl;
    }
    void on_accepted() override { accepted = true; }
    void on_rejected(std::string&&, std::string&&) override { rejected = true; }
    void on_media(rtmp::MediaMessage&& message) override {
        heard += shown(message.video, message.timestamp_ms, message.body.view());
    }
    void on_metadata(rtmp::Metadata&&) override {}
    void on_stream_closed() override {}

    rtmp::ClientSession session;
    std::string heard;
    bool accepted = false, rejected = false, finished = false;
};

class World : fuzz::Network<World> {
public:
    World(Script& script, rtmp::ClientMode mode) : Network(script), mode_(mode), client_(mode) {}

    void run() {
        while (alive_ && !script_.done()) step();
        if (!alive_ || damaged()) return;
        for (int quiet = 0; quiet < 2;) {
            auto const went_up = carry(SIZE_MAX, true);
            quiet = went_up + carry(SIZE_MAX, false) == 0 ? quiet + 1 : 0;
        }
        check();
    }

private:
    friend Network;

    void step() {
        auto const choice = script_.byte();
        if (network_step(choice)) return;
        switch (choice & 0x0FU) {
            case 6:
                return decide();
            case 7:
                if (client_.session.accepted()) client_.session.keep_alive();
                return;
            case 8:
                collect();
                client_.session.finish();  // of no effect before the stream was asked for
                client_.finished = client_.finished || !client_.session.output().empty();
                return;
            default:
                return mode_ == rtmp::ClientMode::publish ? send_up() : send_down();
        }
    }

    bool hand_over(base::ByteView part, bool up) {
        bool const fine = up ? server_.session.feed(part, server_).has_value()
                             : client_.session.feed(part, client_).has_value();
        require(fine || damaged());
        alive_ = alive_ && fine;
        return alive_;
    }
    void collect() {
        say(client_.session.output(), true);
        say(server_.session.output(), false);
        client_.session.output().clear();
        server_.session.output().clear();
    }
    void decide() {
        if (!server_.asked || server_.accepted || server_.refused || server_.closed) return;
        if (script_.below(8) == 7) {
            server_.refused = true;
            server_.session.reject("NetStream.Publish.Denied", "no");
        } else {
            server_.accepted = true;
            mode_ == rtmp::ClientMode::publish
                ? server_.session.accept_publish()
                : server_.session.accept_play({{media::H264Config{}}});
        }
    }

    base::SharedBytes next_message(std::uint32_t stream) {
        bool const video = script_.flag();
        now_ += script_.number() & 0xFFFFFF;
        auto const size = script_.byte();
        auto const unit = script_.below(8) == 7 ? 100U : 1U;
        base::Bytes body(1 + size * unit, 0x27);
        for (auto const byte : script_.bytes(4)) body[byte % body.size()] = byte;
        auto header = video ? rtmp::video_header(now_) : rtmp::audio_header(now_);
        header.message_stream_id = stream;
        said_ += shown(video, now_, body);
        return rtmp::write_media_message(header, {}, body);
    }
    void send_up() {
        if (!client_.session.accepted()) return;
        collect();
        say(next_message(client_.session.message_stream_id()).view(), true);
    }
    void send_down() {
        if (!server_.accepted || server_.closed) return;
        collect();
        say(next_message(rtmp::kMessageStream).view(), false);
    }

    void check() const {
        require(server_.asked_for == "live/demo/in?a=b");
        require(!server_.refused || client_.rejected || client_.finished);
        if (!server_.accepted) return;
        require(client_.accepted || client_.finished);
        if (mode_ == rtmp::ClientMode::publish) {
            require(server_.heard == said_);
            require(server_.closed == client_.finished);
        } else if (!client_.finished) {
            require(client_.heard.ends_with(said_));
        }
    }

    rtmp::ClientMode const mode_;
    Server server_;
    Client client_;
    std::string said_;  // by whoever sends media
    std::int64_t now_ = 0;
    bool alive_ = true;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    Script script(data, size);
    auto const mode = script.flag() ? rtmp::ClientMode::play : rtmp::ClientMode::publish;
    World(script, mode).run();
    return 0;
}
