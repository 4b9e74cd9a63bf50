// Finds out which tracks an RTMP publisher has. It keeps the units that arrive until the tracks are
// known, and then returns both. Publishers send the sequence headers of all tracks first. So it is
// ready when media has come, or when the sender pauses, and every announced track has its decoder
// configuration, and at the latest after two seconds of media. No clock: it counts media time only,
// so the caller needs a deadline for a publisher that sends nothing. One per publication, used by
// one thread at a time.
#pragma once

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
    // How many tracks there are beside these, when the sender is a server: those name all their
    // tracks. nullopt: headers of further tracks may come until the first media.
    std::optional<std::size_t> others = std::nullopt;
};

// Says to which track of the stream a tag belongs: by its kind, and by its id in Enhanced RTMP. A
// stream has at most media::kMaxTracks.
class TrackMap {
public:
    TrackMap() = default;
    // The ids count from 0 for each kind.
    explicit TrackMap(media::Tracks const& tracks);

    // The track of a frame; nullopt when there is none, or when its codec is another one.
    std::optional<std::uint16_t> find(media::Codec codec, std::uint8_t track_id = 0) const;
    // The track of a sequence header, whatever its codec: the caller decides what to do with a
    // change of the codec.
    std::optional<std::uint16_t> find(media::Kind kind, std::uint8_t track_id = 0) const;
    // Adds a track. REQUIRES: find() does not know its kind and id, and full() is false.
    void add(media::Track const& track, std::uint16_t number, std::uint8_t track_id);
    bool full() const { return slots_.size() == media::kMaxTracks; }

private:
    struct Slot {
        std::uint16_t number;
        media::Codec codec;
        std::uint8_t track_id;
    };
    std::vector<Slot> slots_;
};

class Probe {
public:
    struct Found {
        media::Tracks tracks;  // video first, and each kind by its ids
        TrackMap map;          // for the tags that follow
        // The units that came meanwhile, in their order, with the publisher's own time stamps: the
        // caller corrects them with a media::Timeline.
        std::vector<media::Unit> units;
        LeftOut left_out;
    };

    void expect(Expectation expectation) { expectation_ = expectation; }

    // Takes one tag. dts: the time stamp of its message. The caller must not add tags once ready()
    // is true. An error is final, and the caller refuses the publisher: it has sent more than
    // kMaxProbeUnits or kMaxProbeBytes, or a frame whose header cannot be read, of a codec without
    // sequence headers (media::explains_itself()).
    std::expected<void, Error> add(Tag const& tag, media::Kind kind, base::Timestamp dts);

    // The sender has paused: if any header has come, no others are under way. Until the next tag.
    void note_pause() { paused_ = !progress_.empty(); }

    // Whether finish() may be called.
    bool ready() const;

    // Returns the tracks that we can carry; `left_out` names the others. The error says why nothing
    // can be played: "no tracks found", "video track 0 not configured", or the names of the codecs
    // that are not supported. REQUIRES: ready(), or that no tag
    // follows.
    std::expected<Found, Error> finish() &&;

private:
    struct Kept {
        Frame frame;
        base::Timestamp dts;
    };
    // One per track.
    struct Progress {
        media::Kind kind{};
        std::uint8_t track_id = 0;  // in Enhanced RTMP
        std::optional<media::Track> track = std::nullopt;
        std::optional<base::Timestamp> last = std::nullopt;
        base::Timestamp media_time{};
        bool seen = false;         // frames of a codec that we carry have come
        bool unsupported = false;  // media of another codec has come

        bool configured() const { return track && track->configured(); }
        // Without its parameter sets a picture may still be passed on; sound needs its rate.
        bool usable() const { return track && (kind == media::Kind::video || track->configured()); }
        void pass_time(base::Timestamp dts);
        void start(media::Track const& fresh);
        void learn(Frame const& frame);
    };

    Progress* progress(media::Kind kind, std::uint8_t track_id);
    Progress* known(media::Kind kind, std::uint8_t track_id, media::Codec codec);
    std::expected<void, Error> keep(Frame const& frame, media::Kind kind, base::Timestamp dts);
    bool settled(media::Kind kind, std::optional<bool> expected) const;
    bool all_announced() const;
    base::Timestamp media_time() const;
    std::unexpected<Error> nothing_found() const;

    Expectation expectation_;
    std::vector<Progress> progress_;  // at most media::kMaxTracks
    bool media_seen_ = false;         // a frame of any codec has come
    bool paused_ = false;
    std::vector<Kept> kept_;
    std::size_t kept_bytes_ = 0;
    LeftOut left_out_;
};

// The track of a codec that explains itself (media::explains_itself), by one of its frames.
std::expected<media::Track, Error> track_of(Frame const& frame);

// Makes a unit of a frame. dts: the decode time; the presentation time is the composition time
// later. The payload is shared, not copied.
media::Unit make_unit(Frame const& frame, std::uint16_t track, base::Timestamp dts);

}  // namespace tidegate::flv
