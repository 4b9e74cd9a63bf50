// Finds whole access units in interleaved RTP (RFC 2326 §10.12): the first packets of a unit are
// searched for its time code, the marker bit ends it. RTSP responses are stepped over. One thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/bytes.hpp"
#include "load/unit_sink.hpp"

namespace tidegate::bench {

class RtspScanner {
public:
    // False: neither RTP nor RTSP.
    bool feed(base::ByteView bytes, UnitSink& sink);

private:
    static constexpr std::size_t kFrameHeader = 4;
    static constexpr std::size_t kRtpHeader = 12;
    // Parameter sets may stand before the SEI message in an aggregation packet.
    static constexpr std::size_t kLookedAt = kFrameHeader + kRtpHeader + 160;
    static constexpr std::size_t kMaxResponse = 16 * 1024;
    static constexpr std::size_t kChannels = 4;

    struct Channel {
        bool found = false;  // a time code in the unit in progress
        TimeCode code;
    };

    bool text(base::ByteView& bytes);
    void frame_bytes(base::ByteView& bytes, UnitSink& sink);
    void packet(base::ByteView head, UnitSink& sink);

    std::array<Channel, kChannels> channels_{};
    std::string response_;        // the head of an RTSP response in progress
    std::size_t body_left_ = 0;   // of an RTSP response
    std::size_t frame_left_ = 0;  // of the frame in progress, beyond what head_ holds
    std::array<std::uint8_t, kLookedAt> head_{};
    std::size_t head_size_ = 0;
    std::size_t frame_size_ = 0;  // with its header; 0: not known yet
};

}  // namespace tidegate::bench
