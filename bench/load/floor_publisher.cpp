#include "floor/protocol.hpp"
#include "load/publisher.hpp"
#include "load/wire.hpp"
#include "rtmp/core/limits.hpp"
#include "rtmp/core/media_message.hpp"

namespace tidegate::bench {

namespace {

namespace protocol = floor_protocol;

class FloorPublisher final : public Publisher {
public:
    FloorPublisher(int epoll, LoadSettings const& settings, std::string path)
        : Publisher(epoll, settings),
          path_(std::move(path)),
          rtmp_(settings.wire == Wire::rtmp),
          rtp_(source().tracks()) {}

    bool accepted() const override { return accepted_; }
    void send_video(Nanoseconds now) override { send_unit(source().next_video(now)); }
    void send_audio(Nanoseconds now) override { send_unit(source().next_audio(now)); }

private:
    void on_connected() override {
        send(base::as_bytes(std::string{protocol::kPublish} + " " + path_ + "\n"));
        accepted_ = true;
    }
    void on_bytes(base::ByteView) override {}

    void send_unit(MediaSource::Made const& made) {
        wire_.assign(protocol::kFrameHeader, 0);
        if (rtmp_) {
            append_rtmp(wire_, source().tracks(), made, rtmp::kMessageStream,
                        rtmp::kOutgoingChunkSize);
        } else {
            rtp_.append(wire_, made);
        }
        auto const size = wire_.size() - protocol::kFrameHeader;
        for (unsigned i = 0; i < 4; ++i) {
            wire_[i] = static_cast<std::uint8_t>(size >> (8 * (3 - i)));
        }
        wire_[4] = made.video ? protocol::kVideo : protocol::kAudio;
        send(wire_);
    }

    std::string const path_;
    bool const rtmp_;
    RtpWire rtp_;
    bool accepted_ = false;
    base::Bytes wire_;
};

}  // namespace

std::unique_ptr<Publisher> make_floor_publisher(int epoll, LoadSettings const& settings,
                                                std::string const& path) {
    return std::make_unique<FloorPublisher>(epoll, settings, path);
}

}  // namespace tidegate::bench
