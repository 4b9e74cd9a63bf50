// The part of a depacketizer that depends on the payload format: takes payloads, returns whole
// units. Internal to this folder. One per track, used by one thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <vector>

#include "base/bytes.hpp"
#include "base/shared_bytes.hpp"
#include "media/track.hpp"
#include "rtp/depacketizer.hpp"
#include "rtp/packet.hpp"

namespace tidegate::rtp {

struct Assembled {
    base::SharedBytes payload;
    bool keyframe = true;
    std::uint32_t rtptime = 0;  // of the packet in which the unit began
    std::int64_t delay = 0;     // ticks after rtptime, for later units of the same packet
    bool new_config = false;    // the track's configuration has changed since the last unit
};

class Assembler {
public:
    virtual ~Assembler() = default;
    // Takes one packet and appends the units that it completes. gap: packets are missing before
    // this one, so an unfinished unit is dropped.
    virtual std::expected<void, Error> feed(PacketView const& packet, bool gap,
                                            std::vector<Assembled>& out) = 0;
    std::uint64_t dropped() const { return dropped_; }  // units

protected:
    void count_drop() { ++dropped_; }
    // Empties the buffer of a unit. It keeps its memory for the next unit, unless it has had a very
    // large one: those are rare.
    static void empty(base::Bytes& unit) {
        constexpr std::size_t kKeptRoom = 512 * 1024;
        if (unit.capacity() > kKeptRoom) unit = {};
        unit.clear();
    }

private:
    std::uint64_t dropped_ = 0;
};

// track: receives the configuration that comes in the stream; it must outlive the assembler.
// wary_of_markers: see DepacketizerSettings.
std::unique_ptr<Assembler> make_h264_assembler(media::Track& track, bool wary_of_markers);
std::unique_ptr<Assembler> make_h265_assembler(media::Track& track, bool wary_of_markers);
std::unique_ptr<Assembler> make_aac_assembler(media::Track const& track, AacFraming const& framing);
std::unique_ptr<Assembler> make_latm_assembler();
std::unique_ptr<Assembler> make_mp3_assembler();
std::unique_ptr<Assembler> make_opus_assembler();
std::unique_ptr<Assembler> make_av1_assembler(media::Track& track);
std::unique_ptr<Assembler> make_vp9_assembler(media::Track& track);
std::unique_ptr<Assembler> make_dolby_assembler(media::Track& track);
std::unique_ptr<Assembler> make_flac_assembler();
std::unique_ptr<Assembler> make_g711_assembler(media::Track const& track);

}  // namespace tidegate::rtp
