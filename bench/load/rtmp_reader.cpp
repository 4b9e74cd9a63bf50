#include "load/reader.hpp"
#include "load/rtmp_scanner.hpp"
#include "rtmp/core/client_session.hpp"
#include "rtmp/core/control.hpp"
#include "rtmp/core/handshake.hpp"

namespace tidegate::bench {

namespace {

constexpr std::size_t kHandshake = 1 + 2 * rtmp::kHandshakePacketSize;  // S0, S1, S2

rtmp::ClientUrl read_url(LoadSettings const& settings, std::string const& path) {
    return *rtmp::parse_client_url("rtmp://" + settings.host + ":" +
                                   std::to_string(settings.read_port) + "/" + path);
}

// The session sees all bytes until playing begins, the scanner from the handshake on: so the
// scanner knows the chunk size and stands at a chunk's edge when it is left alone.
class RtmpReader final : public Reader, rtmp::ClientSink {
public:
    RtmpReader(int epoll, LoadSettings const& settings, std::string const& path, Measured& measured)
        : Reader(epoll, settings, measured),
          session_(std::in_place, read_url(settings, path), rtmp::ClientMode::play, 1),
          scanner_(kHandshake, rtmp::kDefaultChunkSize) {}

private:
    void on_connected() override { send_output(); }

    void on_bytes(base::ByteView bytes) override {
        count(bytes);
        if (session_) dialogue(bytes);
        if (!failed() && !scanner_.feed(bytes, *this)) fail("unreadable chunks");
    }

    void dialogue(base::ByteView bytes) {
        auto const result = session_->feed(bytes, *this);
        send_output();
        if (!result) return fail(result.error().text);
        if (accepted_) session_.reset();
    }

    void send_output() {
        reply(session_->output());
        session_->output().clear();
    }

    void on_acknowledge(std::uint32_t received) override {
        if (session_) return;  // it does so itself
        base::Bytes out;
        rtmp::append_control(out, rtmp::MessageType::acknowledgement, received);
        reply(out);
    }

    void on_accepted() override { accepted_ = true; }
    void on_rejected(std::string&& code, std::string&& description) override {
        fail(code + ": " + description);
    }
    void on_media(rtmp::MediaMessage&&) override {}
    void on_metadata(rtmp::Metadata&&) override {}
    void on_stream_closed() override { fail("stream closed by the server"); }

    std::optional<rtmp::ClientSession> session_;
    RtmpScanner scanner_;
    bool accepted_ = false;
};

}  // namespace

std::unique_ptr<Reader> make_rtmp_reader(int epoll, LoadSettings const& settings,
                                         std::string const& path, Measured& measured) {
    return std::make_unique<RtmpReader>(epoll, settings, path, measured);
}

}  // namespace tidegate::bench
