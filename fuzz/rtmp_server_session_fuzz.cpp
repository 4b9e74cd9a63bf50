// The whole server session. Inputs start with C0; for inputs that do not, a handshake is put in
// front, so that short inputs reach the commands. The first byte after it chooses pieces and
// answers.
#include <cstdlib>
#include <utility>

#include "rtmp/core/handshake.hpp"
#include "rtmp/core/server_session.hpp"

namespace {

using namespace tidegate;

struct Sink final : rtmp::ServerSink {
    rtmp::ServerSession* session = nullptr;
    bool accept = true;
    bool running = false, publishing = false, rejected = false;

    void begin(bool publish) {
        if (running || rejected) std::abort();
        running = true;
        publishing = publish;
        rejected = !accept;
    }
    void on_publish(rtmp::PublishRequest&&) override {
        begin(true);
        if (accept) {
            session->accept_publish();
        } else {
            session->reject("NetStream.Publish.Denied", "no");
        }
    }
    void on_play(rtmp::PlayRequest&&) override {
        begin(false);
        if (accept) {
            session->accept_play({{media::H264Config{}}, {media::OpusConfig{}}});
        } else {
            session->reject("NetStream.Play.Failed", "no");
        }
    }
    void on_media(rtmp::MediaMessage&& message) override {
        if (!running || !publishing || message.body.empty()) std::abort();
    }
    void on_metadata(rtmp::Metadata&&) override {
        if (!running || !publishing) std::abort();
    }
    void on_stream_closed() override {
        if (!std::exchange(running, false)) std::abort();
    }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    if (size == 0) return 0;
    rtmp::ServerSession session(1);
    Sink sink;
    sink.session = &session;
    base::ByteView bytes(data, size);
    std::size_t piece = size;
    if (data[0] != rtmp::kRtmpVersion) {
        base::Bytes hello(1 + 2 * rtmp::kHandshakePacketSize);
        hello[0] = rtmp::kRtmpVersion;
        if (!session.feed(hello, sink)) std::abort();
        sink.accept = (data[0] & 1U) != 0;
        piece = (data[0] >> 1) + 1U;
        bytes = bytes.subspan(1);
    }
    while (!bytes.empty()) {
        auto const part = bytes.first(std::min(piece, bytes.size()));
        bytes = bytes.subspan(part.size());
        if (!session.feed(part, sink)) break;
        if (session.output().size() > 400 * 1024) std::abort();
        if (size % 2 == 0) session.output().clear();
    }
    return 0;
}
