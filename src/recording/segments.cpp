#include "recording/segments.hpp"

#include "mp4/sample_entry.hpp"
#include "mp4/track_setup.hpp"
#include "recording/mp4_segments.hpp"
#include "recording/ts_segments.hpp"
#include "ts/tables.hpp"

namespace tidegate::recording {

bool can_record(Format format, media::Track const& track) {
    if (format == Format::mpegts) return ts::check_writable(track).has_value();
    if (mp4::check_writable(track)) return true;
    if (!mp4::has_sample_entry(track.codec())) return false;
    // What is missing may come with the first units. What is wrong stays so.
    return track.kind() == media::Kind::audio || !track.configured();
}

std::unique_ptr<SegmentMaker> make_segments(Format format, SegmentSettings const& settings,
                                            media::Tracks const& tracks) {
    if (format == Format::mpegts) return std::make_unique<TsSegments>(settings, tracks);
    return std::make_unique<Mp4Segments>(settings, tracks);
}

}  // namespace tidegate::recording
