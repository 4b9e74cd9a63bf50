// Segments as fragmented MP4, as MediaMTX records them: each file has an init segment with the box
// mtxi, and a fragment with all tracks for each part. Pure; one thread at a time.
#pragma once

#include <optional>
#include <vector>

#include "mp4/fragment.hpp"
#include "mp4/sampler.hpp"
#include "mp4/track_setup.hpp"
#include "recording/segments.hpp"

namespace tidegate::recording {

class Mp4Segments final : public SegmentMaker {
public:
    Mp4Segments(SegmentSettings const& settings, media::Tracks const& tracks);

    std::expected<void, std::string> push(media::Unit const& unit, WallTime wall) override;
    std::expected<void, std::string> set_track(std::size_t track, media::Track config) override;
    void skip() override;
    std::expected<void, std::string> finish() override;

private:
    using Result = std::expected<void, std::string>;
    // When a unit is decoded, on both clocks.
    struct Instant {
        base::Timestamp dts{};
        WallTime wall{};
    };
    struct Lane {
        media::Track track;
        std::uint32_t id = 0;   // in the movie; 0: it cannot be recorded
        bool writable = false;  // everything is known that a decoder needs
        bool waits_for_key = true;
        std::optional<mp4::Sampler> sampler{};
        Instant held{};  // of the unit in the sampler

        // Of the open part.
        std::vector<mp4::FragmentSample> samples{};
        std::uint64_t decode_time = 0;  // of the first sample

        bool is_video() const { return track.kind() == media::Kind::video; }
        bool holds() const { return sampler && sampler->pending(); }
    };
    struct Part {
        base::Timestamp start{}, end{};
        std::uint64_t bytes = 0;
        std::uint32_t samples = 0;
    };
    struct Segment {
        Instant start;
        base::Timestamp end{};
        std::vector<mp4::TrackSetup> tracks{};
        bool written = false;  // a part of it
        std::uint32_t parts = 0;
    };

    void set_writable(Lane& lane);
    bool accepts(Lane& lane, media::Unit const& unit);
    Result hold(Lane& lane, std::optional<mp4::TimedSample> sample, Instant at);
    Result add(Lane& lane, mp4::FragmentSample sample, Instant at, std::int64_t ticks);
    void begin_segment(Lane const& lane, Instant first);
    bool ends_before(Lane const& lane, media::Unit const& unit) const;
    Result end_segment();
    Result end_part(bool last);
    std::expected<mp4::Slices, media::Error> fragment();

    SegmentSettings const settings_;
    std::vector<Lane> lanes_;
    std::optional<base::Timestamp> origin_;  // from which the samplers count
    bool has_video_ = false;                 // a picture has come
    std::optional<Segment> segment_;
    std::uint64_t next_segment_ = 0;
    Part part_;
};

}  // namespace tidegate::recording
