// One stream of a muxer's output while it is made: takes units, and gathers them into parts and
// segments. The muxer says where these end. rendition.hpp and transport_stream.hpp are the two
// forms. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "hls/core/settings.hpp"
#include "hls/core/window.hpp"
#include "media/error.hpp"
#include "media/track.hpp"
#include "media/unit.hpp"

namespace tidegate::hls {

// How many segments that have left the playlist are still served: players ask for the oldest one
// that they have read of, and the playlist may have changed meanwhile.
inline constexpr std::size_t kUnlistedSegments = 1;
// Each sample costs memory beside its bytes, so their number in a segment has a limit as well. An
// hour of sound in packets of 5 ms has less.
inline constexpr std::size_t kMaxSegmentSamples = std::size_t{1} << 20;

class StreamMaker {
public:
    // settings: must outlive this.
    StreamMaker(Settings const& settings, std::string id);
    StreamMaker(StreamMaker const&) = delete;
    StreamMaker& operator=(StreamMaker const&) = delete;
    virtual ~StreamMaker() = default;

    std::string const& id() const { return id_; }
    Window const& window() const { return window_; }
    virtual std::string_view content_type() const = 0;

    // A publication begins. Empty: it has no track for this stream.
    virtual void begin(std::vector<media::Track> tracks) = 0;
    // The configuration of a track, for the next segment on.
    virtual void set_track(std::size_t track, media::Track config) = 0;
    // Whether a decoder can start with what is known.
    virtual bool configured() const = 0;
    // Whether the next segment begins in another way than this one: it is a discontinuity then.
    virtual bool changed() const = 0;

    // The next unit has come. What was held back until then goes into the open segment; the unit
    // itself goes into it, or into the one after it, by add(). unit.track counts the tracks of
    // begin(), and its dts never falls.
    virtual std::expected<void, media::Error> approach(media::Unit const& unit) = 0;
    virtual std::expected<void, media::Error> add(media::Unit const& unit) = 0;
    // No more units of this publication: what is held back goes into the open segment, which ends
    // at `end`.
    virtual std::expected<void, media::Error> drain(base::Timestamp end) = 0;

    // What came since the last part becomes one that ends at `end`.
    std::expected<void, media::Error> finish_part(base::Timestamp end);
    // The parts become a segment. wall: of its begin.
    void finish_segment(WallTime wall);
    void open_segment(base::Timestamp begin, bool discontinuity);
    // This stream joins late: it gets as many gaps as the other has segments, and its numbers.
    // Before its first segment.
    void join(StreamMaker const& other);
    // The part that readers were told to ask for next will not come.
    void skip_part() { ++window_.next_part; }

    base::Timestamp segment_begin() const { return segment_begin_; }
    base::Timestamp part_begin() const { return part_begin_; }

protected:
    // All media since the last call, which ends about `end`; empty where nothing came.
    virtual std::expected<Part, media::Error> take_part(base::Timestamp end) = 0;
    // For the segment that is opened now; nullptr: it has none.
    virtual std::shared_ptr<Init const> take_init() = 0;

    // Counts a sample into the open segment. An error when that is too large now.
    std::expected<void, media::Error> count(std::size_t bytes);
    std::uint64_t next_part() const { return window_.next_part; }

private:
    void list(Segment segment);
    void add_initial_gaps(base::Timestamp duration);

    Settings const& settings_;
    std::string id_;
    Window window_;
    base::Timestamp segment_begin_{};
    base::Timestamp part_begin_{};
    std::uint64_t bytes_ = 0;  // of the open segment
    std::size_t samples_ = 0;
};

}  // namespace tidegate::hls
