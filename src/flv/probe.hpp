// Finds out which tracks an RTMP publisher has. It keeps the units that arrive until the tracks are
// known, and then returns both. It is ready as soon as every expected track has its decoder
// configuration, and at the latest after two seconds of media. No clock: it counts media time only,
// so the caller needs a deadline for a publisher that sends nothing. One per publication, used by
// one thread at a time.
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

// After this much media the probe is ready, whatever is missing. MediaMTX always waits that long.
inline constexpr base::Timestamp kProbeLimit = std::chrono::seconds(2);
// How long a configured track waits for one of the other kind when the metadata does not say
// whether there is one. Encoders send both sequence headers at the start.
inline constexpr base::Timestamp kProbeGrace = std::chrono::seconds(1);
// How long the probe waits when the metadata says that there is no track of the other kind. Some
// encoders name one track and send two; the second one's header comes within this time.
inline constexpr base::Timestamp kProbeDoubt = std::chrono::milliseconds(200);
// A step between two time stamps counts as at most this much media, so that a jump of the time
// stamps does not end the probe.
inline constexpr base::Timestamp kMaxProbeStep = std::chrono::milliseconds(250);
// How many units are kept; MediaMTX has the same limit.
inline constexpr std::size_t kMaxProbeUnits = 5000;
// How many bytes of units are kept: two seconds at 128 Mbit/s. It bounds what a publisher can make
// us hold before its stream exists.
inline constexpr std::size_t kMaxProbeBytes = 32 * 1024 * 1024;

// Whether onMetaData announces a video and an audio track; nullopt where it does not say.
struct Expectation {
    std::optional<bool> video;
    std::optional<bool> audio;
};

// Says to which track of the stream a tag belongs. A stream has at most one track of each kind.
class TrackMap {
public:
    TrackMap() = default;
    // track_ids: the ids of the tracks in Enhanced RTMP, indexed by media::Kind.
    explicit TrackMap(media::Tracks const& tracks, std::array<std::uint8_t, 2> track_ids = {});

    // The track of a frame; nullopt when there is none, or when its codec is another one.
    std::optional<std::uint16_t> find(media::Codec codec, std::uint8_t track_id = 0) const;
    // The track of a sequence header, whatever its codec: the caller decides what to do with a
    // change of the codec.
    std::optional<std::uint16_t> find(media::Kind kind, std::uint8_t track_id = 0) const;
    // Adds a track that came later. REQUIRES: has() is false for its kind.
    void add(media::Track const& track, std::uint16_t number, std::uint8_t track_id);
    // Whether there is a track of this kind.
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
        // The units that came meanwhile, in their order, with the publisher's own time stamps: the
        // caller corrects them with a media::Timeline.
        std::vector<media::Unit> units;
        LeftOut left_out;
    };

    void expect(Expectation expectation) { expectation_ = expectation; }

    // Takes one tag. dts: the time stamp of its message. The caller must not add tags once ready()
    // is true. An error is final: the publisher has to be refused.
    std::expected<void, Error> add(Tag const& tag, media::Kind kind, base::Timestamp dts);

    // Whether finish() may be called.
    bool ready() const;

    // Returns the first track of each kind that we can carry; `left_out` names the others. The
    // error says why nothing can be played: "no tracks found", "video track 0 not configured", or
    // the names of the codecs that are not supported. REQUIRES: ready().
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
        std::uint8_t track_id = 0;  // in Enhanced RTMP
        bool seen = false;          // frames of a codec that we carry have come
        bool unsupported = false;   // media of another codec has come

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

// Makes a unit of a frame. dts: the decode time; the presentation time is the composition time
// later. The payload is shared, not copied.
media::Unit make_unit(Frame const& frame, std::uint16_t track, base::Timestamp dts);

}  // namespace tidegate::flv
