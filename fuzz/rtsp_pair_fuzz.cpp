// An RTSP client and a server that talk to each other through a network that hands on what it likes
// when it likes. As long as it changes nothing, neither may ever find fault with the other, and
// once all has arrived, each knows what the other has said.
#include <string>

#include "checks.hpp"
#include "network.hpp"
#include "rtsp/core/client_session.hpp"
#include "rtsp/core/server_session.hpp"

namespace {

using namespace tidegate;
using fuzz::require;
using fuzz::Script;
using fuzz::shown;

media::Tracks tracks() {
    return {
        media::Track{media::H264Config{{0x67, 0x42, 0xC0, 0x1F, 0x11}, {0x68, 0xCE, 0x3C, 0x80}}},
        media::Track{media::AacConfig{{0x12, 0x10}, 44100, 2}}};
}

struct Server final : rtsp::ServerSink {
    explicit Server(rtsp::Scheme scheme) : session(settings(scheme)) {}
    static rtsp::ServerSettings settings(rtsp::Scheme scheme) {
        rtsp::ServerSettings made;
        made.new_session_id = [] { return std::string(32, 'a'); };
        made.challenges = {{.scheme = scheme, .realm = "ipcam", .nonce = "n"}};
        return made;
    }
    void on_event(rtsp::ServerEvent&& event) override {
        if (std::holds_alternative<rtsp::KeepAlive>(event)) return;
        if (std::holds_alternative<rtsp::Teardown>(event)) {
            torn_down = true;
            return;
        }
        require(!waiting);
        waiting = std::move(event);
    }
    void on_packet(std::uint16_t track, bool rtcp, base::ByteView packet) override {
        heard += shown(track, rtcp, packet);
    }
    void on_caption(rtsp::Caption&& caption) override { heard += fuzz::shown_caption(caption); }

    rtsp::ServerSession session;
    std::optional<rtsp::ServerEvent> waiting;
    std::string heard;
    bool refused = false, torn_down = false;
};

struct Client final : rtsp::ClientSink {
    explicit Client(media::Tracks publish)
        : session({.url = *rtsp::parse_url("rtsp://u:p@h/live/a/in?q=1"),
                   .publish = std::move(publish),
                   .caption_languages = {"es"},
                   .new_cnonce = [] { return "c"; }}) {
        session.start();
    }
    void on_event(rtsp::ClientEvent&& event) override {
        streaming |= std::holds_alternative<rtsp::Playing>(event) ||
                     std::holds_alternative<rtsp::Recording>(event);
        failed |= std::holds_alternative<rtsp::Failed>(event);
        over |= failed || std::holds_alternative<rtsp::TornDown>(event);
    }
    void on_packet(std::uint16_t track, bool rtcp, base::ByteView packet) override {
        heard += shown(track, rtcp, packet);
    }

    rtsp::ClientSession session;
    std::string heard;
    bool streaming = false, failed = false, over = false, torn_down = false;
};

class World : fuzz::Network<World> {
public:
    World(Script& script, bool publish, rtsp::Scheme scheme)
        : Network(script),
          publish_(publish),
          server_(scheme),
          client_(publish ? tracks() : media::Tracks{}) {}

    void run() {
        while (!ended() && !script_.done()) step();
        for (int quiet = 0; !ended() && quiet < 2;) {
            bool const answered = decide(true);
            auto const went_up = carry(SIZE_MAX, true);
            auto const went_down = carry(SIZE_MAX, false);
            quiet = answered || went_up + went_down != 0 ? 0 : quiet + 1;
        }
        if (!damaged()) check();
    }

private:
    friend Network;

    bool ended() const { return client_.over || server_.session.closing(); }

    void step() {
        auto const choice = script_.byte();
        if (network_step(choice)) return;
        switch (choice & 0x0FU) {
            case 6:
            case 7:
                decide((choice & 0xE0U) != 0xE0U);
                return;
            case 8:
                return client_.session.keep_alive();
            case 9:
                if ((choice & 0xE0U) != 0xE0U) return;
                if (client_.session.state() != rtsp::ClientState::streaming) return;
                client_.torn_down = true;
                return client_.session.teardown();
            case 10:
                return speak();
            default:
                return send();
        }
    }

    bool hand_over(base::ByteView part, bool up) {
        if (ended()) return false;
        up ? server_.session.feed(part, server_) : client_.session.feed(part, client_);
        require(damaged() || server_.refused || (!client_.failed && !server_.session.closing()));
        return true;
    }
    void collect() {
        say(client_.session.take_output(), true);
        say(server_.session.take_output(), false);
    }

    bool decide(bool grants) {
        if (!server_.waiting || server_.session.closing()) return false;
        auto const event = *std::exchange(server_.waiting, std::nullopt);
        if (!grants) {
            server_.refused = true;
            server_.session.bad_request("no");
        } else {
            std::visit([this](auto const& request) { answer(request); }, event);
        }
        collect();
        if (!server_.session.closing()) server_.session.feed({}, server_);
        return true;
    }
    bool admitted(rtsp::Target const& target) {
        require(damaged() || (target.path == "live/a/in" && target.query == "q=1"));
        if (!target.authorization) {
            server_.session.unauthorized();
            return false;
        }
        bool const proven = server_.session.verify({"u", "p"});
        require(proven || damaged());
        if (!proven) server_.session.wrong_credentials();
        return proven;
    }
    void answer(rtsp::Describe const& request) {
        if (admitted(request.target)) server_.session.describe_ok(tracks());
    }
    void answer(rtsp::Attach const& request) {
        std::uint32_t const ssrcs[] = {1, 2};
        if (admitted(request.target)) server_.session.attach_ok(ssrcs);
    }
    void answer(rtsp::Announce const& request) {
        require(damaged() || request.description.tracks() == tracks());
        if (admitted(request.target)) server_.session.announce_ok();
    }
    void answer(rtsp::Play const&) {
        rtsp::ServerSession::Position const positions[] = {{0, 1, 2}};
        server_.session.play_ok(positions);
    }
    void answer(rtsp::Record const&) { server_.session.record_ok(); }
    void answer(rtsp::Pause const&) { server_.session.pause_ok(); }
    void answer(rtsp::Teardown const&) {}
    void answer(rtsp::KeepAlive const&) {}

    // A packet of whoever sends media, or a report of the other one.
    void send() {
        bool const by_client = script_.flag();
        bool const possible = by_client
                                  ? client_.session.state() == rtsp::ClientState::streaming
                                  : server_.session.state() == rtsp::ServerState::playing ||
                                        server_.session.state() == rtsp::ServerState::recording;
        if (!possible || client_.torn_down) return;
        collect();
        auto const track = static_cast<std::uint16_t>(script_.below(2));
        bool const rtcp = by_client != publish_ || script_.flag();
        auto const payload = script_.bytes(script_.byte());
        base::Bytes frame;
        base::ByteWriter writer(frame);
        writer.u8(static_cast<std::uint8_t>('$'));
        writer.u8(static_cast<std::uint8_t>(2 * track + (rtcp ? 1 : 0)));
        writer.u16(static_cast<unsigned>(payload.size()));
        writer.bytes(payload);
        say(frame, by_client);
        (by_client ? client_said_ : server_said_) += shown(track, rtcp, payload);
    }

    void speak() {
        if (!publish_ || client_.torn_down) return;
        collect();
        rtsp::Caption caption{.language = "es",
                              .track = static_cast<std::uint16_t>(script_.below(2)),
                              .rtptime = script_.number(),
                              .duration = std::chrono::milliseconds(1 + script_.byte()),
                              .text = media::caption_text(script_.text(60))};
        if (caption.text.empty() || !client_.session.tell(caption)) return;
        client_said_ += fuzz::shown_caption(caption);
    }

    void check() const {
        if (server_.refused) return;
        require(!client_.failed && client_.streaming);
        if (client_.torn_down) return require(server_.torn_down);
        require(server_.heard == client_said_ && client_.heard == server_said_);
    }

    bool const publish_;
    Server server_;
    Client client_;
    std::string client_said_, server_said_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    Script script(data, size);
    auto const choice = script.byte();
    World(script, (choice & 1U) != 0,
          (choice & 2U) != 0 ? rtsp::Scheme::basic : rtsp::Scheme::digest)
        .run();
    return 0;
}
