// Whole dialogues with either RTMP session, step by step: the first byte chooses whether a server
// or a client is talked to; each step is a message of the grammar, or an answer of the session's
// owner. Two sessions get the same steps, one of them in pieces: both must do the same.
#include <string>

#include "checks.hpp"
#include "rtmp/core/chunk_reader.hpp"
#include "rtmp/core/client_session.hpp"
#include "rtmp/core/server_session.hpp"
#include "rtmp_grammar.hpp"

namespace {

using namespace tidegate;
using fuzz::require;
using fuzz::RtmpWriter;
using fuzz::Script;

std::string shown(rtmp::MediaMessage const& message) {
    return fuzz::shown(message.video, message.timestamp_ms, message.body.view());
}

// The session's own words must be readable, whatever it was told.
class Listener final : rtmp::MessageSink {
public:
    void hear(base::ByteView bytes) {
        auto const handshake = std::min(handshake_left_, bytes.size());
        handshake_left_ -= handshake;
        require(reader_.feed(bytes.subspan(handshake), *this).has_value());
    }

private:
    rtmp::Result on_message(rtmp::Message&& message) override {
        base::ByteReader body(message.body.view());
        if (message.type == rtmp::MessageType::set_chunk_size) {
            return reader_.set_chunk_size(body.u32());
        }
        if (message.type == rtmp::MessageType::command_amf0) {
            require(rtmp::read_command(message.body.view()).has_value());
        }
        return {};
    }

    rtmp::ChunkReader reader_{rtmp::Limits{}};
    std::size_t handshake_left_ = 1 + 2 * rtmp::kHandshakePacketSize;
};

class Server final : rtmp::ServerSink {
public:
    // The client's next words.
    static base::Bytes say(Script& script, RtmpWriter& writer) {
        static constexpr std::array<std::string_view, 16> kCommands{
            "publish",       "play",         "createStream",    "FCPublish",
            "releaseStream", "FCUnpublish",  "deleteStream",    "closeStream",
            "pause",         "seek",         "connect",         "_checkbw",
            "_result",       "receiveAudio", "getStreamLength", "x"};
        switch (script.below(8)) {
            case 0:
                return writer.control();
            case 1:
                return writer.media();
            case 2:
                return writer.metadata();
            case 3:
                return script.flag() ? writer.aggregate() : writer.any_message();
            case 4:
                return writer.command({"connect",
                                       1,
                                       rtmp::amf0::Object{}
                                           .with("app", fuzz::rtmp_text(script))
                                           .with("tcUrl", fuzz::rtmp_text(script))
                                           .with("fourCcList", fuzz::rtmp_value(script)),
                                       {}});
            default: {
                rtmp::Command command{std::string(script.pick(kCommands)),
                                      double(script.byte()),
                                      rtmp::amf0::Null{},
                                      {fuzz::rtmp_text(script)}};
                if (script.flag()) command.arguments[0] = fuzz::rtmp_value(script);
                if (script.flag()) command.object = fuzz::rtmp_value(script);
                return writer.command(command);
            }
        }
    }
    bool feed(base::ByteView bytes) { return session_.feed(bytes, *this).has_value(); }
    bool over() const { return session_.closed(); }
    // What its owner does between two messages.
    void decide(std::uint8_t choice) {
        if (requested_ == Wanted::nothing || session_.closed()) return;
        if (choice % 4 == 3) return;  // later
        if (choice % 4 == 2) {
            session_.reject("NetStream.Publish.Denied", "no");
        } else if (requested_ == Wanted::publish) {
            session_.accept_publish();
        } else {
            session_.accept_play({{media::H264Config{}}, {media::OpusConfig{}}});
        }
        requested_ = Wanted::nothing;
    }
    base::Bytes& output() { return session_.output(); }
    std::string done;

private:
    enum class Wanted : std::uint8_t { nothing, publish, play };

    void on_publish(rtmp::PublishRequest&& request) override { begin(Wanted::publish, request); }
    void on_play(rtmp::PlayRequest&& request) override { begin(Wanted::play, request); }
    void begin(Wanted wanted, rtmp::StreamRequest const& request) {
        require(stream_ == Wanted::nothing);
        stream_ = requested_ = wanted;
        done += "request " + request.path + "?" + request.query + "\n";
    }
    void on_media(rtmp::MediaMessage&& message) override {
        require(stream_ == Wanted::publish && !message.body.empty());
        done += shown(message);
    }
    void on_metadata(rtmp::Metadata&& metadata) override {
        require(stream_ == Wanted::publish);
        done += "metadata " + metadata.encoder + "\n";
    }
    void on_caption(media::Caption&& caption) override {
        require(stream_ == Wanted::publish);
        done += std::to_string(caption.start.count()) + fuzz::shown_caption(caption);
    }
    void on_stream_closed() override {
        require(stream_ != Wanted::nothing);
        stream_ = requested_ = Wanted::nothing;
        done += "closed\n";
    }

    rtmp::ServerSession session_{1};
    Wanted stream_ = Wanted::nothing;
    Wanted requested_ = Wanted::nothing;
};

class Client final : rtmp::ClientSink {
public:
    explicit Client(rtmp::ClientMode mode) : session_(url(), mode, 1) {}

    static base::Bytes say(Script& script, RtmpWriter& writer) {
        static constexpr std::array<std::string_view, 10> kCodes{
            "NetStream.Publish.Start",       "NetStream.Play.Start",
            "NetStream.Play.Reset",          "NetStream.Play.UnpublishNotify",
            "NetStream.Play.Stop",           "NetStream.Unpublish.Success",
            "NetStream.Publish.BadName",     "NetStream.Play.Failed",
            "NetConnection.Connect.Success", ""};
        static constexpr std::array<std::string_view, 6> kNames{
            "_result", "onStatus", "_error", "close", "onBWDone", "onFCPublish"};
        switch (script.below(8)) {
            case 0:
                return writer.control();
            case 1:
                return writer.media();
            case 2:
                return script.flag() ? writer.metadata() : writer.aggregate();
            case 3:
                return writer.any_message();
            case 4:  // the answers to connect, releaseStream, FCPublish and createStream
                return writer.command({"_result",
                                       double(1 + script.below(5)),
                                       rtmp::amf0::Null{},
                                       {double(script.byte())}});
            case 5:
                return writer.command(
                    {"onStatus",
                     0,
                     rtmp::amf0::Null{},
                     {rtmp::amf0::Object{}
                          .with("level", script.below(8) == 7 ? "error" : "status")
                          .with("code", script.pick(kCodes))}});
            default:
                return writer.command({std::string(script.pick(kNames)),
                                       double(script.byte()),
                                       fuzz::rtmp_value(script),
                                       {fuzz::rtmp_value(script)}});
        }
    }
    bool feed(base::ByteView bytes) { return session_.feed(bytes, *this).has_value(); }
    bool over() const { return ended_; }
    void decide(std::uint8_t choice) {
        if (choice % 16 == 15) {
            auto const before = session_.output().size();
            session_.finish();  // of no effect before the stream was asked for
            finished_ = finished_ || session_.output().size() != before;
        } else if (choice % 4 == 3 && session_.accepted()) {
            session_.keep_alive();
        }
    }
    base::Bytes& output() { return session_.output(); }
    std::string done;

private:
    static rtmp::ClientUrl const& url() {
        static auto const kUrl = *rtmp::parse_client_url("rtmp://h/live/demo/in?a=b");
        return kUrl;
    }
    void on_accepted() override {
        require(!accepted_ && !ended_ && !finished_ && session_.accepted());
        accepted_ = true;
        done += "accepted " + std::to_string(session_.message_stream_id()) + "\n";
    }
    void on_rejected(std::string&& code, std::string&& description) override {
        require(!ended_ && !finished_);
        ended_ = true;
        done += "rejected " + code + description + "\n";
    }
    void on_media(rtmp::MediaMessage&& message) override {
        require(accepted_ && !ended_ && !finished_ && !message.body.empty());
        done += shown(message);
    }
    void on_metadata(rtmp::Metadata&&) override {
        require(accepted_ && !ended_ && !finished_);
        done += "metadata\n";
    }
    void on_stream_closed() override {
        require(accepted_ && !ended_ && !finished_);
        ended_ = true;
        done += "closed\n";
    }

    rtmp::ClientSession session_;
    bool accepted_ = false, ended_ = false, finished_ = false;
};

template <class Session, class Make>
void talk(Script& script, Make make) {
    constexpr std::size_t kMostOutput = 512 * 1024;
    Session whole = make(), pieces = make();
    Listener to_whole, to_pieces;
    RtmpWriter writer(script);
    base::Bytes hello(1 + 2 * rtmp::kHandshakePacketSize);
    hello[0] = rtmp::kRtmpVersion;
    require(whole.feed(hello) && pieces.feed(hello));
    bool alive = true;
    while (alive && !script.done()) {
        auto const wire = Session::say(script, writer);
        alive = whole.feed(wire);
        bool const both =
            fuzz::in_pieces(script, wire, [&](base::ByteView part) { return pieces.feed(part); });
        require(whole.done == pieces.done && whole.over() == pieces.over());
        // What follows an end is not looked at from the next piece on.
        require(alive == both || whole.over());
        alive = alive && both && !whole.over();
        auto const choice = script.byte();
        whole.decide(choice);
        pieces.decide(choice);
        // Not the same: acknowledgements tell how much had come by then.
        for (auto* const session : {&whole, &pieces}) {
            require(session->output().size() <= kMostOutput);
            (session == &whole ? to_whole : to_pieces).hear(session->output());
            session->output().clear();
        }
        whole.done.clear();
        pieces.done.clear();
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    Script script(data, size);
    switch (script.below(3)) {
        case 0:
            talk<Server>(script, [] { return Server(); });
            break;
        case 1:
            talk<Client>(script, [] { return Client(rtmp::ClientMode::publish); });
            break;
        default:
            talk<Client>(script, [] { return Client(rtmp::ClientMode::play); });
    }
    return 0;
}
