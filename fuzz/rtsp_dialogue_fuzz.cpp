// Whole dialogues with either RTSP session, step by step: the first byte chooses whether a server
// or a client is talked to; each step is a message of the grammar, or an answer of the session's
// owner. Two sessions get the same steps, one of them in pieces: both must do and say the same.
#include <string>

#include "checks.hpp"
#include "rtsp/core/client_session.hpp"
#include "rtsp/core/message_reader.hpp"
#include "rtsp/core/server_session.hpp"
#include "rtsp_grammar.hpp"

namespace {

using namespace tidegate;
using fuzz::require;
using fuzz::Script;
using fuzz::shown;

// The session's own words must be readable, whatever it was told.
class Listener final : rtsp::MessageSink {
public:
    void hear(base::ByteView bytes) {
        auto const read = reader_.feed(bytes, *this);
        require(read.has_value() && *read == bytes.size() && reader_.idle());
    }
    std::string cseq;  // of the last request

private:
    rtsp::Flow on_request(rtsp::Request&& request) override {
        cseq = request.headers.get("CSeq");
        return rtsp::Flow::go_on;
    }
    rtsp::Flow on_response(rtsp::Response&&) override { return rtsp::Flow::go_on; }
    rtsp::Flow on_frame(std::uint8_t, base::ByteView) override {
        std::abort();  // none is written by a session
    }

    rtsp::MessageReader reader_;
};

class Server final : rtsp::ServerSink {
public:
    Server() : session_(settings()) {}

    base::Bytes say(Script& script) {
        return script.below(4) == 3 ? fuzz::rtsp_frame(script)
                                    : fuzz::rtsp_request(script, ++requests_);
    }
    void feed(base::ByteView bytes) {
        if (!session_.closing()) session_.feed(bytes, *this);
    }
    bool alive() const { return !session_.closing(); }
    base::Bytes take_output() { return session_.take_output(); }

    // What its owner answers, to one request after the other, or later.
    void decide(std::uint8_t choice) {
        while (session_.waiting() && !session_.closing() && choice % 8 != 7) {
            auto const event = std::exchange(event_, rtsp::KeepAlive{});
            choice < 200 ? grant(event) : refuse(choice);
            if (!session_.closing()) session_.feed({}, *this);
        }
    }
    std::string done;

private:
    static rtsp::ServerSettings settings() {
        rtsp::ServerSettings made;
        made.new_session_id = [] { return std::string(fuzz::kSession); };
        made.challenges = {{.scheme = rtsp::Scheme::digest, .realm = "ipcam", .nonce = "n"},
                           {.scheme = rtsp::Scheme::basic, .realm = "ipcam"}};
        return made;
    }
    void grant(rtsp::ServerEvent const& event) {
        (void)session_.verify({"u", "p"});
        std::uint32_t const ssrcs[] = {1, 2};
        rtsp::ServerSession::Position const positions[] = {{0, 1, 2}};
        if (std::holds_alternative<rtsp::Describe>(event)) return session_.describe_ok(tracks());
        if (std::holds_alternative<rtsp::Attach>(event)) return session_.attach_ok(ssrcs);
        if (std::holds_alternative<rtsp::Announce>(event)) return session_.announce_ok();
        if (std::holds_alternative<rtsp::Play>(event)) return session_.play_ok(positions);
        if (std::holds_alternative<rtsp::Record>(event)) return session_.record_ok();
        require(std::holds_alternative<rtsp::Pause>(event));
        session_.pause_ok();
    }
    void refuse(std::uint8_t choice) {
        switch (choice % 6) {
            case 0:
                return session_.unauthorized();
            case 1:
                return session_.wrong_credentials();
            case 2:
                return session_.not_found("none");
            case 3:
                return session_.redirect("rtsp://h2/live/b/in");
            case 4:
                return session_.bad_request("bad");
            default:
                return session_.internal_error();
        }
    }
    static media::Tracks tracks() {
        return {media::Track{media::H264Config{{0x67, 1, 2, 3}, {0x68, 1}}},
                media::Track{media::OpusConfig{}}};
    }

    void on_event(rtsp::ServerEvent&& event) override {
        done += "event " + std::to_string(event.index()) + "\n";
        bool const informs = std::holds_alternative<rtsp::Teardown>(event) ||
                             std::holds_alternative<rtsp::KeepAlive>(event);
        if (informs) return;
        require(std::holds_alternative<rtsp::KeepAlive>(event_));  // none waits
        event_ = std::move(event);
    }
    void on_packet(std::uint16_t track, bool rtcp, base::ByteView packet) override {
        require(session_.state() == rtsp::ServerState::playing ||
                session_.state() == rtsp::ServerState::recording);
        require(std::ranges::find(session_.setups(), track, &rtsp::SetUpTrack::track) !=
                session_.setups().end());
        done += shown(track, rtcp, packet);
    }
    void on_caption(rtsp::Caption&& caption) override {
        require(session_.state() == rtsp::ServerState::recording);
        done += fuzz::shown_caption(caption);
    }

    rtsp::ServerSession session_;
    rtsp::ServerEvent event_ = rtsp::KeepAlive{};  // that waits
    unsigned requests_ = 0;
};

class Client final : rtsp::ClientSink {
public:
    explicit Client(media::Tracks publish)
        : session_({.url = *rtsp::parse_url("rtsp://u:p@h/live/a/in"),
                    .publish = std::move(publish),
                    .new_cnonce = [] { return "c"; }}) {
        session_.start();
    }

    base::Bytes say(Script& script, std::string const& cseq) {
        switch (script.below(6)) {
            case 0:
                return fuzz::rtsp_frame(script);
            case 1:
                return fuzz::rtsp_request(script, ++requests_);
            default:
                return fuzz::rtsp_response(script, cseq);
        }
    }
    void feed(base::ByteView bytes) {
        if (!over_) session_.feed(bytes, *this);
    }
    bool alive() const { return !over_; }
    base::Bytes take_output() { return session_.take_output(); }
    void decide(std::uint8_t choice) {
        if (over_) return;
        if (choice % 16 == 15) session_.keep_alive();
        if (choice == 254) session_.teardown();
    }
    std::string done;

private:
    void on_event(rtsp::ClientEvent&& event) override {
        require(!over_);
        done += "event " + std::to_string(event.index()) + "\n";
        auto const* const failed = std::get_if<rtsp::Failed>(&event);
        over_ = failed != nullptr || std::holds_alternative<rtsp::TornDown>(event);
        if (failed != nullptr) done += std::to_string(failed->status) + failed->reason + "\n";
        bool const begins = std::holds_alternative<rtsp::Playing>(event) ||
                            std::holds_alternative<rtsp::Recording>(event);
        if (!begins) return;
        require(!std::exchange(streaming_, true));
    }
    void on_packet(std::uint16_t track, bool rtcp, base::ByteView packet) override {
        // Servers may send before PLAY's answer.
        require(streaming_ || session_.state() == rtsp::ClientState::starting);
        require(!over_ && track < session_.tracks().size());
        done += shown(track, rtcp, packet);
    }

    rtsp::ClientSession session_;
    bool streaming_ = false, over_ = false;
    unsigned requests_ = 0;
};

template <class Session, class Say>
void talk(Script& script, Session& whole, Session& pieces, Say say) {
    Listener listener;
    while (true) {
        auto const words = whole.take_output();
        require(words == pieces.take_output() && whole.done == pieces.done);
        require(whole.alive() == pieces.alive());
        listener.hear(words);
        whole.done.clear();
        pieces.done.clear();
        if (!whole.alive() || script.done()) return;
        auto const wire = say(whole, listener);
        whole.feed(wire);
        fuzz::in_pieces(script, wire, [&](base::ByteView part) {
            pieces.feed(part);
            return true;
        });
        auto const choice = script.byte();
        whole.decide(choice);
        pieces.decide(choice);
    }
}

void talk_to_client(Script& script, media::Tracks const& publish) {
    Client whole(publish), pieces(publish);
    talk(script, whole, pieces,
         [&](Client& client, Listener const& heard) { return client.say(script, heard.cseq); });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    Script script(data, size);
    switch (script.below(3)) {
        case 0: {
            Server whole, pieces;
            talk(script, whole, pieces,
                 [&](Server& server, Listener const&) { return server.say(script); });
            break;
        }
        case 1:
            talk_to_client(script, {});
            break;
        default:
            talk_to_client(script,
                           {media::Track{media::OpusConfig{}}, media::Track{media::Mp3Config{}}});
    }
    return 0;
}
