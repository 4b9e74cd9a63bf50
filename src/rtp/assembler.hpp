// The codec-specific half of a depacketiser: payloads in, whole units out. Internal to this folder.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <vector>

#include "base/shared_bytes.hpp"
#include "media/track.hpp"
#include "rtp/depacketizer.hpp"
#include "rtp/error.hpp"
#include "rtp/packet.hpp"

namespace tidegate::rtp {

struct Assembled {
    base::SharedBytes payload;
    bool keyframe = true;
    std::uint32_t rtptime = 0;  // of the packet it began in
    std::int64_t delay = 0;     // ticks after it: later units of the same packet
    bool new_config = false;    // with it the track's parameter sets have changed
};

class Assembler {
public:
    virtual ~Assembler() = default;
    // `gap`: packets are missing before this one. What is half built then was lost with them.
    virtual std::expected<void, Error> feed(PacketView const& packet, bool gap,
                                            std::vector<Assembled>& out) = 0;
    std::uint64_t dropped() const { return dropped_; }

protected:
    void count_drop() { ++dropped_; }

private:
    std::uint64_t dropped_ = 0;
};

// `track` gets the parameter sets found in the stream and outlives the assembler.
// wary_of_markers: see DepacketizerSettings.
std::unique_ptr<Assembler> make_h264_assembler(media::Track& track, bool wary_of_markers);
std::unique_ptr<Assembler> make_h265_assembler(media::Track& track, bool wary_of_markers);
std::unique_ptr<Assembler> make_aac_assembler(media::Track const& track, AacFraming const& framing);
std::unique_ptr<Assembler> make_latm_assembler();
std::unique_ptr<Assembler> make_mp3_assembler();
std::unique_ptr<Assembler> make_opus_assembler();

}  // namespace tidegate::rtp
