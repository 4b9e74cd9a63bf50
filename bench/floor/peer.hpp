// A client of the floor: a socket, and what a reader has not taken yet. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/bytes.hpp"

namespace tidegate::bench {

struct Stream;

struct FloorPeer {
    int socket = -1;
    int epoll = -1;
    bool hello_done = false;
    Stream* publishes = nullptr;
    Stream* reads = nullptr;
    base::Bytes received;  // of a publisher: less than one frame; of anybody: the hello
    base::Bytes pending;   // of a reader
    bool gone = false;
};

// Sends all of it, or keeps the rest until the socket takes more. A peer that has failed, or that
// has taken nothing for too much, is gone.
void write_to(FloorPeer& peer, base::ByteView bytes);
void write_pending(FloorPeer& peer);

}  // namespace tidegate::bench
