// Finds out which tracks a publisher has: keeps what arrives until they are known, then gives both
// back. Ready as soon as every expected track has its configuration, at the latest after two
// seconds of media. Pure; owned by one session; media time only, the caller's deadline covers a
// publisher that sends nothing.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <vector>

#include "base/time.hpp"
#include "flv/tag.hpp"
#include "media/error.hpp"
#include "media/track.hpp"
#include "media/unit.hpp"

namespace tidegate::flv {

// A stream is available after this much media whatever is missing; MediaMTX always waits that long.
inline constexpr base::Timestamp kProbeLimit = std::chrono::seconds(2);
// Without metadata one configured track waits this long for the other kind: encoders send both
// headers at once.
inline constexpr base::Timestamp kProbeGrace = std::chrono::seconds(1);
// One step of a time stamp counts at most this much, so that a jump does not end the probe.
inline constexpr base::Timestamp kMaxProbeStep = std::chrono::milliseconds(250);
// MediaMTX's limit of kept messages.
inline constexpr std::size_t kMaxProbeUnits = 5000;
// Two seconds at 128 Mbit/s; what one publisher can make us hold before it is anybody.
inline constexpr std::size_t kMaxProbeBytes = 32 * 1024 * 1024;

// What onMetaData says; nothing where it says nothing.
struct Expectation {
    std::optional<bool> video;
    std::optional<bool> audio;
};

// Where the tags of a stream belong: the track number of each kind.
class TrackMap {
public:
    TrackMap() = default;
    explicit TrackMap(media::Tracks const& tracks);

    // For a frame: its codec must be the track's, too. The error is MediaMTX's:
    // "received a packet for audio track 0, but track is not set up".
    std::expected<std::uint16_t, Error> find(media::Codec codec) const;
    // For a sequence header, which may bring another codec: what to do then is the caller's
    // decision.
    std::expected<std::uint16_t, Error> find(media::Kind kind) const;

private:
    struct Slot {
        std::uint16_t number;
        media::Codec codec;
    };
    std::array<std::optional<Slot>, 2> slots_;
};

class Probe {
public:
    struct Found {
        media::Tracks tracks;  // video first
        TrackMap map;          // for the tags that follow
        std::vector<media::Unit>
            units;  // as they came, raw time stamps; map them through a Timeline
    };

    void expect(Expectation expectation) { expectation_ = expectation; }

    // dts: the message's raw time stamp. Nothing is taken after ready(). An error is final.
    std::expected<void, Error> add(Tag const& tag, media::Kind kind, base::Timestamp dts);

    bool ready() const;

    // REQUIRES: ready(). "no tracks found" or "video track 0 not configured" when nothing can be
    // played.
    std::expected<Found, Error> finish() &&;

private:
    struct Kept {
        Frame frame;
        base::Timestamp dts;
    };
    // One per kind.
    struct Progress {
        std::optional<media::Track> track;
        std::optional<base::Timestamp> last;
        base::Timestamp media_time{};
        bool seen = false;
    };

    Progress& progress(media::Kind kind) { return progress_[static_cast<std::size_t>(kind)]; }
    Progress const& progress(media::Kind kind) const {
        return progress_[static_cast<std::size_t>(kind)];
    }
    std::expected<void, Error> keep(Frame const& frame, media::Kind kind, base::Timestamp dts);
    bool settled(media::Kind kind, std::optional<bool> expected) const;
    base::Timestamp media_time() const;

    Expectation expectation_;
    std::array<Progress, 2> progress_;
    std::vector<Kept> kept_;
    std::size_t kept_bytes_ = 0;
};

// Decode time and composition time as a media::Unit's, without losing the payload's sharing.
media::Unit make_unit(Frame const& frame, std::uint16_t track, base::Timestamp dts);

}  // namespace tidegate::flv
