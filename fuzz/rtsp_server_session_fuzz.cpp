// A hostile client against the server machine and a router that grants everything; the first byte
// chooses the size of the pieces that arrive.
#include <algorithm>

#include "rtsp/core/server_session.hpp"

namespace {

using namespace tidegate;

struct Shell final : rtsp::ServerSink {
    void on_event(rtsp::ServerEvent&& event) override { last = std::move(event); }
    void on_packet(std::uint16_t, bool, base::ByteView packet) override { bytes += packet.size(); }
    rtsp::ServerEvent last = rtsp::KeepAlive{};
    std::size_t bytes = 0;
};

media::Tracks tracks() {
    return {media::Track{media::H264Config{{0x67, 1, 2, 3}, {0x68, 1}}},
            media::Track{media::OpusConfig{}}};
}

void decide(rtsp::ServerSession& session, Shell const& shell) {
    std::uint32_t const ssrcs[] = {1, 2};
    rtsp::ServerSession::Position const positions[] = {{0, 1, 2}};
    if (std::holds_alternative<rtsp::Describe>(shell.last)) return session.describe_ok(tracks());
    if (std::holds_alternative<rtsp::Attach>(shell.last)) return session.attach_ok(ssrcs);
    if (std::holds_alternative<rtsp::Announce>(shell.last)) return session.announce_ok();
    if (std::holds_alternative<rtsp::Play>(shell.last)) return session.play_ok(positions);
    if (std::holds_alternative<rtsp::Record>(shell.last)) return session.record_ok();
    session.pause_ok();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    if (size == 0) return 0;
    rtsp::ServerSettings settings;
    settings.new_session_id = [] { return std::string(32, '0'); };
    rtsp::ServerSession session(std::move(settings));
    Shell shell;
    base::ByteView rest{data + 1, size - 1};
    auto const step = std::size_t{data[0]} * 8 + 1;
    while (!rest.empty() && !session.closing()) {
        session.feed(rest.first(std::min(step, rest.size())), shell);
        rest = rest.subspan(std::min(step, rest.size()));
        while (session.waiting()) {
            (void)session.verify({"u", "p"});
            decide(session, shell);
            session.feed({}, shell);
        }
        (void)session.take_output();
    }
    return 0;
}
