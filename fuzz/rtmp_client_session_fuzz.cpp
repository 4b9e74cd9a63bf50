// The whole client session: the first byte chooses the mode and the pieces; the handshake is put in
// front.
#include <cstdlib>

#include "rtmp/core/client_session.hpp"
#include "rtmp/core/handshake.hpp"

namespace {

using namespace tidegate;

struct Sink final : rtmp::ClientSink {
    int accepted = 0, ended = 0;

    void on_accepted() override {
        if (++accepted > 1 || ended > 0) std::abort();
    }
    void on_rejected(std::string&&, std::string&&) override {
        if (++ended > 1) std::abort();
    }
    void on_media(rtmp::MediaMessage&&) override {
        if (accepted == 0 || ended > 0) std::abort();
    }
    void on_metadata(rtmp::Metadata&&) override {
        if (accepted == 0 || ended > 0) std::abort();
    }
    void on_stream_closed() override {
        if (++ended > 1) std::abort();
    }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    if (size == 0) return 0;
    static auto const kUrl = *rtmp::parse_client_url("rtmp://h/live/demo/in?a=b");
    auto const mode = (data[0] & 1U) != 0 ? rtmp::ClientMode::play : rtmp::ClientMode::publish;
    rtmp::ClientSession session(kUrl, mode, 1);
    Sink sink;
    base::Bytes hello(1 + 2 * rtmp::kHandshakePacketSize);
    hello[0] = rtmp::kRtmpVersion;
    if (!session.feed(hello, sink)) std::abort();
    auto const piece = (data[0] >> 1) + 1U;
    base::ByteView bytes(data + 1, size - 1);
    while (!bytes.empty()) {
        auto const part = bytes.first(std::min<std::size_t>(piece, bytes.size()));
        bytes = bytes.subspan(part.size());
        if (!session.feed(part, sink)) break;
    }
    session.finish();
    return 0;
}
