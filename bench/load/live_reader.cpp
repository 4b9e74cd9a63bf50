#include "load/live_scanner.hpp"
#include "load/reader.hpp"

namespace tidegate::bench {

namespace {

// GET /<path>/live.mp4, whose answer never ends.
class LiveReader final : public Reader {
public:
    LiveReader(int epoll, LoadSettings const& settings, std::string path, Measured& measured)
        : Reader(epoll, settings, measured), path_(std::move(path)), host_(settings.host) {}

private:
    void on_connected() override {
        reply(
            base::as_bytes("GET /" + path_ + "/live.mp4 HTTP/1.1\r\nHost: " + host_ + "\r\n\r\n"));
    }
    void on_bytes(base::ByteView bytes) override {
        count(bytes);
        if (!scanner_.feed(bytes, *this)) fail("unreadable boxes");
    }

    std::string const path_;
    std::string const host_;
    LiveScanner scanner_;
};

}  // namespace

std::unique_ptr<Reader> make_live_reader(int epoll, LoadSettings const& settings,
                                         std::string const& path, Measured& measured) {
    return std::make_unique<LiveReader>(epoll, settings, path, measured);
}

}  // namespace tidegate::bench
