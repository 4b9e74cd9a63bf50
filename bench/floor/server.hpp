// The least that a server must do on this kernel: one epoll set, frames in, the same bytes out to
// every reader. No protocol, no thread, no library. The yardstick of bench/.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "floor/stream.hpp"

namespace tidegate::bench {

class FloorServer {
public:
    FloorServer(std::uint16_t port, FloorMode mode, std::int64_t window_ns);
    [[noreturn]] void run();

private:
    void accept_all();
    void on_events(FloorPeer& peer, std::uint32_t events);
    void receive(FloorPeer& peer);
    bool hello(FloorPeer& peer);
    void take_frames(FloorPeer& peer);
    bool flushes_later() const;
    void flush_due();
    int wait_ms() const;
    void bury();

    FloorMode const mode_;
    std::int64_t const window_ns_;
    int const epoll_;
    int const listener_;
    std::int64_t bury_at_ns_ = 0;
    base::Bytes buffer_;
    std::vector<std::unique_ptr<FloorPeer>> peers_;
    std::map<std::string, Stream, std::less<>> streams_;
};

}  // namespace tidegate::bench
