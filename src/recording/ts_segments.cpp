#include "recording/ts_segments.hpp"

#include <algorithm>
#include <utility>

namespace tidegate::recording {

TsSegments::TsSegments(SegmentSettings const& settings, media::Tracks tracks)
    : settings_(settings), tracks_(std::move(tracks)) {
    writer_.emplace(tracks_);
    skip();
}

void TsSegments::skip() {
    waits_for_key_.clear();
    for (auto const& track : tracks_) {
        waits_for_key_.push_back(track.kind() == media::Kind::video);
    }
}

bool TsSegments::accepts(media::Unit const& unit) {
    auto const track = unit.track;
    if (!writer_->carries(track)) return false;
    if (waits_for_key_[track] && !unit.keyframe) return false;
    waits_for_key_[track] = false;
    has_video_ = has_video_ || tracks_[track].kind() == media::Kind::video;
    return true;
}

bool TsSegments::ends_before(media::Unit const& unit) const {
    bool const video = tracks_[unit.track].kind() == media::Kind::video;
    if (!segment_ || !unit.keyframe || (has_video_ && !video)) return false;
    return unit.dts - segment_->start >= settings_.segment_duration;
}

std::expected<void, std::string> TsSegments::push(media::Unit const& unit, WallTime wall) {
    if (!accepts(unit)) return {};
    if (!origin_) origin_ = unit.dts;
    if (ends_before(unit)) {
        segment_->last = unit.dts;
        end_segment();
    }
    if (!segment_) {
        begin_segment(unit, wall);
    } else if (unit.dts - segment_->part_start >= settings_.part_duration ||
               part_.size + piece_.size() + unit.payload.size() > settings_.max_part_size) {
        end_part(false);
        segment_->part_start = unit.dts;
    }
    if (unit.payload.size() > settings_.max_part_size) {
        return std::unexpected("reached maximum part size");
    }
    segment_->last = std::max(segment_->last, unit.dts);
    auto moved = unit;
    moved.dts += kTsStart - *origin_;
    moved.pts += kTsStart - *origin_;
    if (piece_.size() == 0) piece_.reserve(kTsPiece);
    // A unit that cannot be written is left out.
    if (!writer_->write(moved, piece_)) return {};
    ++units_;
    if (piece_.size() >= kTsPiece) close_piece();
    return {};
}

void TsSegments::begin_segment(media::Unit const& unit, WallTime wall) {
    segment_.emplace(
        Segment{.wall = wall, .start = unit.dts, .last = unit.dts, .part_start = unit.dts});
    writer_->begin_segment();
}

void TsSegments::close_piece() {
    if (piece_.size() > 0) part_.add(std::move(piece_).finish());
    piece_ = {};
}

void TsSegments::end_part(bool last) {
    close_piece();
    if (part_.parts.empty() && !last) return;
    Piece piece{.bytes = std::exchange(part_, {}),
                .reached = segment_->last - segment_->start,
                .ends = last,
                .units = std::exchange(units_, 0)};
    if (!segment_->written) {
        if (piece.bytes.parts.empty()) return;
        piece.begins = segment_->wall;
        segment_->written = true;
    }
    pieces_.push_back(std::move(piece));
}

void TsSegments::end_segment() {
    if (!segment_) return;
    end_part(true);
    segment_.reset();
}

// Parameter sets stand in the stream itself. What the tables or the headers of sound say must be
// the same in a whole file.
std::expected<void, std::string> TsSegments::set_track(std::size_t track, media::Track config) {
    if (tracks_[track] == config) return {};
    bool const video = config.kind() == media::Kind::video;
    tracks_[track] = std::move(config);
    if (video) {
        writer_->set_track(track, tracks_[track]);
        return {};
    }
    end_segment();
    writer_.emplace(tracks_);
    return {};
}

std::expected<void, std::string> TsSegments::finish() {
    end_segment();
    return {};
}

}  // namespace tidegate::recording
