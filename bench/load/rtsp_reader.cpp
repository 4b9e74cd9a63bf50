#include "load/reader.hpp"
#include "load/rtsp_scanner.hpp"
#include "rtsp/core/client_session.hpp"

namespace tidegate::bench {

namespace {

rtsp::ClientSettings client_of(LoadSettings const& settings, std::string const& path) {
    rtsp::ClientSettings client;
    client.url = *rtsp::parse_url("rtsp://" + settings.host + ":" +
                                  std::to_string(settings.read_port) + "/" + path);
    return client;
}

// As for RTMP: session and scanner see the same bytes until PLAY is answered.
class RtspReader final : public Reader, rtsp::ClientSink {
public:
    RtspReader(int epoll, LoadSettings const& settings, std::string const& path, Measured& measured)
        : Reader(epoll, settings, measured), session_(std::in_place, client_of(settings, path)) {}

private:
    void on_connected() override {
        session_->start();
        reply(session_->take_output());
    }

    void on_bytes(base::ByteView bytes) override {
        count(bytes);
        if (session_) {
            session_->feed(bytes, *this);
            reply(session_->take_output());
            if (playing_) session_.reset();
        }
        if (!failed() && !scanner_.feed(bytes, *this)) fail("unreadable frames");
    }

    void on_event(rtsp::ClientEvent&& event) override {
        if (std::holds_alternative<rtsp::Playing>(event)) playing_ = true;
        if (auto* const failed = std::get_if<rtsp::Failed>(&event)) fail(std::move(failed->reason));
    }
    void on_packet(std::uint16_t, bool, base::ByteView) override {}

    std::optional<rtsp::ClientSession> session_;
    RtspScanner scanner_;
    bool playing_ = false;
};

}  // namespace

std::unique_ptr<Reader> make_rtsp_reader(int epoll, LoadSettings const& settings,
                                         std::string const& path, Measured& measured) {
    return std::make_unique<RtspReader>(epoll, settings, path, measured);
}

}  // namespace tidegate::bench
