#include "load/reader.hpp"

#include "floor/protocol.hpp"
#include "load/rtmp_scanner.hpp"
#include "load/rtsp_scanner.hpp"
#include "rtmp/core/limits.hpp"

namespace tidegate::bench {

void Reader::on_unit(TimeCode const& code) {
    auto const delay = now_ - code.sent;
    if (code.video && !started_) {
        started_ = true;
        measured_.start_up.add(now_ - created_);
    }
    if (code.video && code.sent >= measured_.counted_from && code.sent < measured_.counted_to) {
        ++frames_;
    }
    if (!measured_.measuring) return;
    ++measured_.units;
    (code.video ? measured_.video : measured_.audio).add(delay);
}

namespace {

class FloorReader final : public Reader {
public:
    FloorReader(int epoll, LoadSettings const& settings, std::string path, Measured& measured)
        : Reader(epoll, settings, measured),
          path_(std::move(path)),
          is_rtmp_(settings.wire == Wire::rtmp),
          rtmp_(0, rtmp::kOutgoingChunkSize) {}

private:
    void on_connected() override {
        reply(base::as_bytes(std::string{floor_protocol::kRead} + " " + path_ + "\n"));
    }
    void on_bytes(base::ByteView bytes) override {
        count(bytes);
        if (!(is_rtmp_ ? rtmp_.feed(bytes, *this) : rtsp_.feed(bytes, *this))) {
            fail("unreadable bytes");
        }
    }

    std::string const path_;
    bool const is_rtmp_;
    RtmpScanner rtmp_;
    RtspScanner rtsp_;
};

}  // namespace

std::unique_ptr<Reader> make_floor_reader(int epoll, LoadSettings const& settings,
                                          std::string const& path, Measured& measured) {
    return std::make_unique<FloorReader>(epoll, settings, path, measured);
}

}  // namespace tidegate::bench
