// Writes units as an MPEG transport stream (ISO/IEC 13818-1): tables, PES packets, and the clock
// (PCR).
//   H.264, H.265  with start codes, an access unit delimiter first, and the parameter sets before
//                 key frames
//   AAC           each unit behind an ADTS header
//   Opus          each packet behind a control header (ETSI TS Opus 0.1.3-draft §6.1)
//   MP3, AC-3     frames as they are
// The bytes of a unit are copied once, straight into their packets. Used by one thread at a time.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <vector>

#include "base/shared_bytes.hpp"
#include "base/time.hpp"
#include "media/error.hpp"
#include "media/track.hpp"
#include "media/unit.hpp"
#include "ts/adts.hpp"
#include "ts/packet_writer.hpp"
#include "ts/tables.hpp"

namespace tidegate::ts {

// How far the clock is behind the decode times. A decoder fills its buffers in that time.
inline constexpr base::Timestamp kClockLead = std::chrono::milliseconds(100);
// When the clock track has not brought the clock for this long, another track does. With the time
// until its next unit that is less than the 100 ms that the standard allows (§2.7.2).
inline constexpr base::Timestamp kClockGap = std::chrono::milliseconds(70);
// How often the tables come in a stream without video. With video they come before each key frame.
inline constexpr base::Timestamp kTablesGap = std::chrono::milliseconds(500);
// The times of AAC units are counted in samples, as iOS needs it. When they are further than this
// from the publisher's times, the count starts anew.
inline constexpr base::Timestamp kMaxAacDrift = std::chrono::milliseconds(50);

class Writer {
public:
    // Tracks that check_writable() refuses are left out: write() ignores their units.
    explicit Writer(media::Tracks tracks);

    bool carries(std::size_t track) const { return streams_[track].has_value(); }
    // Changes the parameter sets of a video track. REQUIRES: the same codec.
    void set_track(std::size_t track, media::Track config);

    // The next unit is written behind tables, so that what follows can be played by itself.
    void begin_segment() { tables_due_ = true; }

    // Appends the unit in whole packets. Its dts should be kClockLead or more: the clock would be
    // negative otherwise. An error says why the unit cannot be written; nothing is appended then.
    std::expected<void, media::Error> write(media::Unit const& unit, base::SharedBytesBuilder& out);

private:
    struct Stream {
        PacketStream packets;
        std::optional<AdtsForm> adts;
        std::optional<std::int64_t> next_sample;  // AAC: time of the next unit in samples
    };

    std::expected<void, media::Error> gather(media::Unit const& unit, Stream& stream);
    std::expected<void, media::Error> gather_video(media::Unit const& unit);
    std::expected<void, media::Error> gather_adts(media::Unit const& unit, AdtsForm const& form);
    void gather_opus(media::Unit const& unit);
    void write_tables(base::SharedBytesBuilder& out, base::Timestamp now);
    bool tables_wanted(media::Unit const& unit) const;
    Adaptation adaptation(media::Unit const& unit);
    void keep_clock(media::Unit const& unit, base::SharedBytesBuilder& out);
    bool is_video(std::size_t track) const;

    media::Tracks tracks_;
    std::vector<std::optional<Stream>> streams_;
    std::size_t clock_track_ = 0;
    PacketStream pat_{kPatPid, 0};
    PacketStream pmt_{kPmtPid, 0};
    bool tables_due_ = true;
    base::Timestamp tables_at_{};
    std::optional<base::Timestamp> clock_at_;  // the decode time with which the clock came last

    // Of the unit that is being written.
    std::vector<base::ByteView> pieces_;
    base::Bytes prefix_;
};

}  // namespace tidegate::ts
