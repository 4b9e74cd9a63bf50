#include "recording/mp4_segments.hpp"

#include <algorithm>
#include <utility>

#include "mp4/init_segment.hpp"
#include "mp4/sample_entry.hpp"

namespace tidegate::recording {

Mp4Segments::Mp4Segments(SegmentSettings const& settings, media::Tracks const& tracks)
    : settings_(settings) {
    std::uint32_t last_id = 0;
    for (auto const& track : tracks) {
        Lane lane{.track = track};
        if (can_record(Format::fmp4, track)) lane.id = ++last_id;
        set_writable(lane);
        lanes_.push_back(std::move(lane));
    }
}

void Mp4Segments::set_writable(Lane& lane) {
    lane.writable = lane.id != 0 && mp4::check_writable(lane.track).has_value();
}

// Pictures begin with a key frame; those before it could not be shown.
bool Mp4Segments::accepts(Lane& lane, media::Unit const& unit) {
    if (!lane.writable) return false;
    if (!lane.is_video()) return true;
    if (lane.waits_for_key && !unit.keyframe) return false;
    lane.waits_for_key = false;
    has_video_ = true;
    return true;
}

std::expected<void, std::string> Mp4Segments::push(media::Unit const& unit, WallTime wall) {
    auto& lane = lanes_[unit.track];
    if (!accepts(lane, unit)) return {};
    if (!origin_) origin_ = unit.dts;
    if (!lane.sampler) lane.sampler.emplace(mp4::timescale(lane.track), *origin_);
    bool const follows = lane.sampler->pending();
    // As in the sampler, decode times stand still where they would go back.
    Instant const now{follows ? std::max(unit.dts, lane.held.dts) : unit.dts, wall};
    auto sample = lane.sampler->push(unit);
    auto const before = std::exchange(lane.held, now);
    if (auto held = hold(lane, std::move(sample), before); !held) return held;
    return ends_before(lane, unit) ? end_segment() : Result{};
}

bool Mp4Segments::ends_before(Lane const& lane, media::Unit const& unit) const {
    if (!segment_ || !unit.keyframe || (has_video_ && !lane.is_video())) return false;
    return lane.held.dts - segment_->start.dts >= settings_.segment_duration;
}

std::expected<void, std::string> Mp4Segments::hold(Lane& lane,
                                                   std::optional<mp4::TimedSample> sample,
                                                   Instant at) {
    if (!sample) return {};
    if (!segment_) begin_segment(lane, at);
    auto const start = base::to_ticks(segment_->start.dts - *origin_, mp4::timescale(lane.track));
    auto const ticks = sample->decode_time - start;
    if (ticks < 0) {
        late_.push_back(static_cast<std::size_t>(&lane - lanes_.data()));
        return {};
    }
    return add(lane, std::move(sample->sample), at, ticks);
}

// The oldest of the units that are there begins the segment, for decode times in a file cannot be
// negative. One that is far behind the others does not: its file would begin with a gap.
void Mp4Segments::begin_segment(Lane const& lane, Instant first) {
    auto newest = first.dts;
    for (auto const& other : lanes_) {
        if (&other != &lane && other.holds()) newest = std::max(newest, other.held.dts);
    }
    auto start = newest - first.dts <= kMaxStartLag ? std::optional(first) : std::nullopt;
    for (auto const& other : lanes_) {
        if (&other == &lane || !other.holds()) continue;
        if (newest - other.held.dts > kMaxStartLag) continue;
        if (!start || other.held.dts < start->dts) start = other.held;
    }
    segment_.emplace(Segment{.start = *start, .end = start->dts});
    for (auto const& each : lanes_) {
        if (each.writable) segment_->tracks.push_back({.id = each.id, .track = each.track});
    }
}

std::expected<void, std::string> Mp4Segments::add(Lane& lane, mp4::FragmentSample sample,
                                                  Instant at, std::int64_t ticks) {
    auto const size = sample.payload.size();
    if (size > settings_.max_part_size) return std::unexpected("reached maximum part size");
    bool const is_long = part_.samples > 0 && part_.end - part_.start >= settings_.part_duration;
    if (is_long || part_.bytes + size > settings_.max_part_size) {
        if (auto ended = end_part(false); !ended) return ended;
    }
    auto const end = at.dts + base::from_ticks(sample.duration, mp4::timescale(lane.track));
    if (part_.samples == 0) part_ = {.start = at.dts, .end = end};
    part_.end = std::max(part_.end, end);
    part_.bytes += size;
    ++part_.samples;
    segment_->end = std::max(segment_->end, end);
    if (lane.samples.empty()) lane.decode_time = static_cast<std::uint64_t>(ticks);
    lane.samples.push_back(std::move(sample));
    return {};
}

std::expected<mp4::Slices, media::Error> Mp4Segments::fragment() {
    std::vector<mp4::TrackRun> runs;
    for (auto const& lane : lanes_) {
        if (lane.samples.empty()) continue;
        runs.push_back(
            {.track_id = lane.id, .decode_time = lane.decode_time, .samples = lane.samples});
    }
    auto slices = mp4::write_fragment(segment_->parts++, runs);
    for (auto& lane : lanes_) lane.samples.clear();
    return slices;
}

// A part without samples writes nothing. If it is the last one, it says so.
std::expected<void, std::string> Mp4Segments::end_part(bool last) {
    Piece piece{
        .reached = segment_->end - segment_->start.dts, .ends = last, .units = part_.samples};
    if (part_.samples > 0 && !segment_->written) {
        mp4::RecordingInfo const info{.stream_id = settings_.stream_id,
                                      .segment = next_segment_++,
                                      .start_dts = segment_->start.dts,
                                      .start_time = segment_->start.wall};
        auto init = mp4::write_init_segment(segment_->tracks, &info);
        if (!init) return std::unexpected(init.error().message);
        piece.begins = segment_->start.wall;
        piece.bytes.add(*std::move(init));
        segment_->written = true;
    }
    if (part_.samples > 0) {
        auto media = fragment();
        if (!media) return std::unexpected(media.error().message);
        for (auto& slice : media->parts) piece.bytes.add(std::move(slice));
    }
    part_ = {};
    if (segment_->written) pieces_.push_back(std::move(piece));
    return {};
}

std::expected<void, std::string> Mp4Segments::end_segment() {
    if (!segment_) return {};
    auto ended = end_part(true);
    segment_.reset();
    return ended;
}

// The unit that waits for its duration still belongs to the old configuration.
std::expected<void, std::string> Mp4Segments::set_track(std::size_t track, media::Track config) {
    auto& lane = lanes_[track];
    if (lane.track == config) return {};
    if (lane.sampler) {
        if (auto held = hold(lane, lane.sampler->finish(), lane.held); !held) return held;
    }
    if (auto ended = end_segment(); !ended) return ended;
    lane.track = std::move(config);
    lane.sampler.reset();  // it may count in other ticks
    lane.waits_for_key = true;
    set_writable(lane);
    return {};
}

void Mp4Segments::skip() {
    for (auto& lane : lanes_) lane.waits_for_key = true;
}

std::expected<void, std::string> Mp4Segments::finish() {
    for (auto& lane : lanes_) {
        if (!lane.sampler) continue;
        if (auto held = hold(lane, lane.sampler->finish(), lane.held); !held) return held;
        lane.sampler.reset();
    }
    return end_segment();
}

}  // namespace tidegate::recording
