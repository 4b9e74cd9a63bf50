// A unit as it stands on a connection: RTMP chunks or interleaved RTP. One thread.
#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.hpp"
#include "load/media_source.hpp"
#include "rtp/packetizer.hpp"

namespace tidegate::bench {

// Appends the unit as one RTMP message.
void append_rtmp(base::Bytes& out, media::Tracks const& tracks, MediaSource::Made const& made,
                 std::uint32_t message_stream_id, std::uint32_t chunk_size);

class RtpWire {
public:
    explicit RtpWire(media::Tracks const& tracks);
    void append(base::Bytes& out, MediaSource::Made const& made);

private:
    std::vector<rtp::Packetizer> packetizers_;
};

}  // namespace tidegate::bench
