// What a run of the load generator does. Plain values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "load/media_source.hpp"

namespace tidegate::bench {

// live: live.mp4 over HTTP
enum class Target : std::uint8_t { rtmp, rtmps, rtsp, live, floor };
enum class Wire : std::uint8_t { rtmp, rtsp };  // the byte pattern that goes through a floor

struct LoadSettings {
    std::string host = "127.0.0.1";
    std::uint16_t publish_port = 1935;
    std::uint16_t read_port = 1935;
    Target publish = Target::rtmp;  // rtmp or floor
    Target read = Target::rtmp;
    Wire wire = Wire::rtmp;
    std::string publish_path = "live/bench{}";  // {}: the number of the stream
    std::string read_path = "live/bench{}";

    std::size_t publishers = 1;
    std::size_t readers = 1;  // reader n plays stream n modulo the publishers
    std::size_t stalled = 0;  // further readers of stream 0 that stop reading once they play
    std::uint32_t chunk_size = 65536;
    MediaSettings media;

    double publish_settle_s = 0.5;  // routers make a stream readable once they know its tracks
    double publish_rate = 200;      // connections per second
    double read_rate = 200;         // connections per second
    double start_timeout_s = 20;    // for all readers to have a picture
    double settle_s = 1;
    double window_s = 5;
    double drain_s = 1.0;           // for frames of the window that a merging server still holds
    bool window_from_ramp = false;  // measure from the first reader's connection on: a join storm
};

}  // namespace tidegate::bench
