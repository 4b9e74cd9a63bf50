// Segments as MPEG transport streams, as MediaMTX records them: a segment begins with tables, and
// what is gathered in the time of a part is written at once. Pure; one thread at a time.
#pragma once

#include <optional>
#include <vector>

#include "recording/segments.hpp"
#include "ts/writer.hpp"

namespace tidegate::recording {

// A part is gathered in pieces of about this size, because its size is not known before.
inline constexpr std::size_t kTsPiece = std::size_t{64} * 1024;
// The media time at which a recording begins. The clock of a transport stream is behind its decode
// times, and may not be negative; sound may be a little older than the first unit.
inline constexpr base::Timestamp kTsStart = std::chrono::seconds{1};

class TsSegments final : public SegmentMaker {
public:
    TsSegments(SegmentSettings const& settings, media::Tracks tracks);

    std::expected<void, std::string> push(media::Unit const& unit, WallTime wall) override;
    std::expected<void, std::string> set_track(std::size_t track, media::Track config) override;
    void skip() override;
    std::expected<void, std::string> finish() override;

private:
    struct Segment {
        WallTime wall{};
        base::Timestamp start{}, last{}, part_start{};
        bool written = false;  // a part of it
    };

    bool accepts(media::Unit const& unit);
    bool ends_before(media::Unit const& unit) const;
    void begin_segment(media::Unit const& unit, WallTime wall);
    void end_segment();
    void end_part(bool last);
    void close_piece();

    SegmentSettings const settings_;
    media::Tracks tracks_;
    std::optional<ts::Writer> writer_;
    std::vector<bool> waits_for_key_;  // by track
    std::optional<base::Timestamp> origin_;
    bool has_video_ = false;
    std::optional<Segment> segment_;

    // Of the open part.
    base::SharedBytesBuilder piece_;
    mp4::Slices part_;
    std::uint32_t units_ = 0;
};

}  // namespace tidegate::recording
