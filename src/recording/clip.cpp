#include "recording/clip.hpp"

#include <algorithm>
#include <utility>

#include "recording/ticks.hpp"

namespace tidegate::recording {

using std::chrono::microseconds;
using std::chrono::nanoseconds;

namespace {

CatalogueError failed(std::string message) {
    return {CatalogueError::Kind::failed, std::move(message)};
}

FileTime plus(FileTime time, nanoseconds duration) {
    return time + std::chrono::floor<microseconds>(duration);
}

// What a recorder of files says about the clocks is no more than a claim.
nanoseconds bounded(nanoseconds time) {
    return std::clamp(time, nanoseconds(-kFarthest), nanoseconds(kFarthest));
}

}  // namespace

Clip::Clip(ClipAsk ask, std::vector<StoredSegment> segments, SegmentReader reader)
    : ask_(std::move(ask)), segments_(std::move(segments)), reader_(std::move(reader)) {}

std::expected<Clip, CatalogueError> Clip::open(ClipAsk ask) {
    auto const end = plus(ask.start, ask.duration);
    auto segments = find_segments(ask.files, ask.path_name, {ask.start, end});
    if (!segments) return std::unexpected(segments.error());
    auto reader = SegmentReader::open(segments->front().file);
    if (!reader) return std::unexpected(failed(std::move(reader.error())));
    Clip clip(std::move(ask), *std::move(segments), *std::move(reader));
    if (auto set = clip.set_tracks(); !set) return std::unexpected(failed(std::move(set.error())));
    if (auto found = clip.seek(); !found) {
        return std::unexpected(failed(std::move(found.error())));
    }
    return clip;
}

std::expected<void, std::string> Clip::set_tracks() {
    auto const& movie = reader_.movie();
    continuity_ = continuity_of(movie);
    first_recording_ = movie.recording;
    for (auto const& track : movie.tracks) {
        auto& line = lines_.emplace_back();
        if (!is_playable(track)) continue;
        line.track = tracks_.size();
        line.timescale = mp4::timescale(track.track);
        line.end = to_ticks(ask_.duration, line.timescale);
        line.run.track = tracks_.size();
        tracks_.push_back({.id = track.id, .track = track.track});
    }
    if (tracks_.empty()) return std::unexpected("no track can be played");
    return {};
}

// The last part that begins at this time or before; the first if there is none.
std::expected<std::size_t, std::string> Clip::part_at(nanoseconds time) {
    auto const parts = reader_.parts();
    std::size_t low = 0;
    for (auto high = parts.size(); high - low > 1;) {
        auto const middle = low + (high - low) / 2;
        auto const begin = reader_.begin_of(middle);
        if (!begin) return std::unexpected(begin.error());
        (*begin <= time ? low : high) = middle;
    }
    return low;
}

// To the part from which on everything has to be read. It is at least the one before that in which
// the clip begins: the tracks of a part do not begin at the same time.
std::expected<void, std::string> Clip::seek() {
    first_offset_ = offset_ = between(ask_.start, segments_.front().start);
    auto const wanted = -offset_;
    auto const parts = reader_.parts();
    if (wanted <= nanoseconds{} || parts.empty()) return {};
    auto const found = part_at(wanted);
    if (!found) return std::unexpected(found.error());
    auto const& tracks = reader_.movie().tracks;
    std::vector<bool> has_key(tracks.size());
    for (std::size_t i = 0; i < tracks.size(); ++i) {
        has_key[i] = tracks[i].track.kind() != media::Kind::video;
    }
    part_ = *found + 1;
    for (std::size_t lead = 0; part_ > 0 && lead < kMaxLeadParts; ++lead) {
        if (lead > 1 && std::ranges::all_of(has_key, std::identity{})) break;
        auto const samples = reader_.read_part(parts[--part_]);
        if (!samples) return std::unexpected(samples.error());
        for (auto const& [track, sample] : *samples) {
            bool const before = to_time(sample.dts, tracks[track].timescale) <= wanted;
            if (sample.sync && before) has_key[track] = true;
        }
    }
    return {};
}

std::expected<std::optional<ClipPart>, std::string> Clip::next() {
    while (!ended_) {
        auto const parts = reader_.parts();
        if (part_ == parts.size()) {
            ended_ = !next_segment();
            continue;
        }
        auto const samples = reader_.read_part(parts[part_++]);
        if (!samples) {
            ended_ = true;
            return std::unexpected(samples.error());
        }
        ended_ = take(*samples);
        if (auto part = shown(); !part.empty()) return part;
    }
    return std::nullopt;
}

// False: the recording has a gap here, or ends.
bool Clip::next_segment() {
    if (segment_ + 1 == segments_.size() && !find_more_segments()) return false;
    auto const& next = segments_[segment_ + 1];
    auto reader = SegmentReader::open(next.file);
    if (!reader) return false;
    auto continuity = continuity_of(reader->movie());
    auto const end = plus(segments_[segment_].start, reached_);
    if (!goes_on(continuity_, end, continuity, next.start)) return false;
    offset_ = between(ask_.start, next.start);
    if (first_recording_ && continuity.recording) {
        offset_ = first_offset_ + bounded(continuity.recording->start_dts) -
                  bounded(first_recording_->start_dts);
    }
    reader_ = *std::move(reader);
    continuity_ = std::move(continuity);
    reached_ = {};
    part_ = 0;
    ++segment_;
    return true;
}

// Those that the recorder has begun since the catalogue was read.
bool Clip::find_more_segments() {
    auto const last = segments_.back().start;
    auto const found =
        find_segments(ask_.files, ask_.path_name, {last, plus(ask_.start, ask_.duration)});
    if (!found) return false;
    auto const before = segments_.size();
    std::ranges::copy_if(*found, std::back_inserter(segments_),
                         [&](StoredSegment const& segment) { return segment.start > last; });
    return segments_.size() > before;
}

// True: the clip ends with these samples.
bool Clip::take(std::vector<mp4::TrackSample> const& samples) {
    auto const& tracks = reader_.movie().tracks;
    std::size_t taken = 0;
    std::size_t past = 0;
    for (auto const& [track, sample] : samples) {
        auto const timescale = tracks[track].timescale;
        reached_ = std::max(reached_, to_time(sample.dts + sample.duration, timescale));
        auto& line = lines_[track];
        if (!line.track) continue;
        ++(take(line, sample, timescale) ? taken : past);
    }
    return taken == 0 && past > 0;
}

// False: it is due when the clip has ended.
bool Clip::take(Line& line, mp4::Sample const& sample, std::uint32_t timescale) {
    auto const offset = to_ticks(offset_, line.timescale);
    auto const due = rescaled(sample.dts, line.timescale, timescale) + offset;
    if (due >= line.end) return false;
    auto& run = line.run;
    if (!line.shows && (sample.sync || run.samples.size() == kMaxLeadSamples)) {
        run.times.clear();
        run.samples.clear();
        run.sources.clear();
    }
    line.shows = line.shows || due >= 0;
    run.add(reader_.file(), sample, timescale, line.timescale, due);
    return true;
}

ClipPart Clip::shown() {
    ClipPart part;
    for (auto& line : lines_) {
        if (!line.shows || line.run.samples.empty()) continue;
        auto& run = part.emplace_back();
        run.track = line.run.track;
        std::swap(run, line.run);
    }
    std::ranges::sort(part, {}, place_of);
    return part;
}

}  // namespace tidegate::recording
