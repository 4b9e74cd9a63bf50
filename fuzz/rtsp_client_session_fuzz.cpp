// A hostile server against the client machine; the first byte chooses reading or publishing and the
// pieces.
#include <algorithm>

#include "rtsp/core/client_session.hpp"

namespace {

using namespace tidegate;

struct Shell final : rtsp::ClientSink {
    void on_event(rtsp::ClientEvent&&) override {}
    void on_packet(std::uint16_t, bool, base::ByteView packet) override { bytes += packet.size(); }
    std::size_t bytes = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    if (size == 0) return 0;
    media::Tracks publish;
    if ((data[0] & 1) != 0)
        publish = {media::Track{media::OpusConfig{}}, media::Track{media::Mp3Config{}}};
    auto url = rtsp::parse_url("rtsp://u:p@h/live/a/out?q=1");
    rtsp::ClientSession client({.url = *url, .publish = publish, .new_cnonce = [] { return "c"; }});
    Shell shell;
    client.start();
    base::ByteView rest{data + 1, size - 1};
    auto const step = std::size_t{data[0]} * 4 + 1;
    while (!rest.empty()) {
        client.feed(rest.first(std::min(step, rest.size())), shell);
        rest = rest.subspan(std::min(step, rest.size()));
        client.keep_alive();
        (void)client.take_output();
    }
    client.teardown();
    return 0;
}
