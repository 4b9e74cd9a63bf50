// What a publisher hands to every reader: one access unit, or a track's new configuration. With it
// come the bytes for the wire, made once for all readers of a form. Copying an item copies
// pointers; any thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/shared_bytes.hpp"
#include "media/track.hpp"
#include "media/unit.hpp"

namespace tidegate::router {

// The forms in which readers can have a unit's bytes. Each form is made only while at least one
// reader subscribes to it. A reader that needs only the unit itself subscribes to none.
enum class WireForm : std::uint8_t {
    rtmp_message,     // an RTMP message, cut into chunks
    interleaved_rtp,  // RTP packets as RTSP interleaves them over TCP (RFC 2326 §10.12)
};
inline constexpr std::size_t kWireForms = 2;

struct FanoutItem {
    // The access unit, with the times that readers see. With changed_track, its payload is empty
    // and its times are those of the change.
    media::Unit unit;
    bool video = false;
    // Readers over RTSP cannot be told of this change while they read: they end and ask again.
    bool redescribed = false;
    // Counts the items of a stream that keeps a GopCache; otherwise it stays 0.
    std::uint32_t number = 0;

    // The unit's RTP packets. Only `bytes` is set while no reader subscribes to a form of RTP; it
    // is an estimate then.
    struct Rtp {
        std::uint16_t sequence = 0;  // of the first packet
        std::uint32_t packets = 0;
        std::uint32_t bytes = 0;  // headers and payloads: what the path's byte counters count
        // For sender reports: the unit's dts on the track's RTP clock, and the same instant as Unix
        // time.
        std::uint32_t time = 0;
        std::int64_t wall_ns = 0;
    } rtp;

    // By WireForm; empty while nobody subscribes to the form.
    std::array<base::SharedBytes, kWireForms> wire;

    // Set when the item is not a unit but the new configuration of track `unit.track`. Readers take
    // it even while they wait for a key frame.
    std::shared_ptr<media::Track const> changed_track;

    base::SharedBytes& as(WireForm form) { return wire[static_cast<std::size_t>(form)]; }
    base::SharedBytes const& as(WireForm form) const {
        return wire[static_cast<std::size_t>(form)];
    }
    // What the write queue of a reader counts: RTMP messages or RTP packets.
    std::uint32_t messages(WireForm form) const {
        return form == WireForm::interleaved_rtp ? rtp.packets : 1U;
    }
    // The memory that the item keeps in use, as long as it waits.
    std::size_t memory() const {
        auto bytes = unit.payload.size();
        for (auto const& form : wire) bytes += form.size();
        return bytes;
    }
};

}  // namespace tidegate::router
