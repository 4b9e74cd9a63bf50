// The readers of one name and what waits to be written to all of them. One thread.
#pragma once

#include <cstdint>
#include <vector>

#include "floor/peer.hpp"

namespace tidegate::bench {

enum class FloorMode : std::uint8_t {
    unit,    // one write per unit and reader, at once
    packet,  // one write per RTP packet and reader
    ride,    // video at once with the audio that has gathered; audio alone after the window
    merge,   // everything that came within the window in one write
};

struct Stream {
    std::vector<FloorPeer*> readers;
    base::Bytes gathered;          // in one piece: one write per reader
    std::int64_t flush_at_ns = 0;  // 0: nothing waits

    void take(base::ByteView frame, bool video, FloorMode mode, std::int64_t window_ns,
              std::int64_t now_ns);
    void flush();

private:
    void write_all(base::ByteView bytes);
    void write_packets(base::ByteView train);
};

}  // namespace tidegate::bench
