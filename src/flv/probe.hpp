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
#include "flv/left_out.hpp"
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
// Metadata that rules a kind out is believed after so much media: encoders that name one track and
// send two send the other's header within it.
inline constexpr base::Timestamp kProbeDoubt = std::chrono::milliseconds(200);
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

// Where the tags of a stream belong: the track number of each kind. Nothing for a track that was
// not set up.
class TrackMap {
public:
    TrackMap() = default;
    // track_ids: Enhanced RTMP's, by kind.
    explicit TrackMap(media::Tracks const& tracks, std::array<std::uint8_t, 2> track_ids = {});

    // For a frame: its codec must be the track's, too.
    std::optional<std::uint16_t> find(media::Codec codec, std::uint8_t track_id = 0) const;
    // For a sequence header, which may bring another codec: what to do then is the caller's
    // decision.
    std::optional<std::uint16_t> find(media::Kind kind, std::uint8_t track_id = 0) const;
    // A track that comes later. REQUIRES: !has(its kind).
    void add(media::Track const& track, std::uint16_t number, std::uint8_t track_id);
    // Whether the kind has a track, of whatever id.
    bool has(media::Kind kind) const { return slots_[static_cast<std::size_t>(kind)].has_value(); }

private:
    struct Slot {
        std::uint16_t number;
        media::Codec codec;
        std::uint8_t track_id;
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
        LeftOut left_out;
    };

    void expect(Expectation expectation) { expectation_ = expectation; }

    // dts: the message's raw time stamp. Nothing is taken after ready(). An error is final.
    std::expected<void, Error> add(Tag const& tag, media::Kind kind, base::Timestamp dts);

    bool ready() const;

    // REQUIRES: ready(). The first track of each kind that can be carried; the others are left out.
    // When nothing can be played, "no tracks found", "video track 0 not configured" or the names of
    // the codecs that are not supported.
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
        std::uint8_t track_id = 0;  // of track
        bool seen = false;          // frames of a codec that is carried
        bool unsupported = false;   // media of one that is not

        bool configured() const { return track && track->configured(); }
    };

    Progress& progress(media::Kind kind) { return progress_[static_cast<std::size_t>(kind)]; }
    Progress const& progress(media::Kind kind) const {
        return progress_[static_cast<std::size_t>(kind)];
    }
    void start(Progress& own, media::Track const& track, std::uint8_t track_id);
    void skip(Unsupported const& tag, media::Kind kind, base::Timestamp dts);
    static void pass_time(Progress& own, base::Timestamp dts);
    std::unexpected<Error> nothing_found() const;
    static void learn(Progress& own, Frame const& frame);
    std::expected<void, Error> keep(Frame const& frame, media::Kind kind, base::Timestamp dts);
    bool settled(media::Kind kind, std::optional<bool> expected) const;
    base::Timestamp media_time() const;

    Expectation expectation_;
    std::array<Progress, 2> progress_;
    std::vector<Kept> kept_;
    std::size_t kept_bytes_ = 0;
    LeftOut left_out_;
};

// Decode time and composition time as a media::Unit's, without losing the payload's sharing.
media::Unit make_unit(Frame const& frame, std::uint16_t track, base::Timestamp dts);

}  // namespace tidegate::flv
