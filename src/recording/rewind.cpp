#include "recording/rewind.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "mp4/fragment.hpp"
#include "mp4/init_segment.hpp"
#include "recording/ticks.hpp"

namespace tidegate::recording {

using std::chrono::nanoseconds;

namespace {

// The clock of the media begins here, as in MediaMTX's HLS.
constexpr std::chrono::seconds kFirstOrigin{10};
// Files may claim any time; no list is longer.
constexpr std::chrono::days kLastOrigin{1000};
// How many fragments a stretch has at most, for their numbers: parts of 100 ms.
constexpr std::uint32_t kFragmentNumbers = 256;
// A stretch with a pause in it is shown with this length.
constexpr std::chrono::seconds kLongestShown = 2 * kLongestStretch;
// Names may claim any time; nanoseconds count up to the year 2262.
constexpr FileTime kLastFile{std::chrono::sys_days{std::chrono::year{2200} / 1 / 1}};

CatalogueError rewind_failed(std::string message) {
    return {CatalogueError::Kind::failed, std::move(message)};
}

FileTime later(FileTime time, nanoseconds duration) {
    return time + std::chrono::floor<std::chrono::microseconds>(duration);
}

// Whether nothing more comes into this file, the last one, although its recorder has not closed it.
bool has_ended(RewindAsk const& ask, FileState const& file) {
    return !ask.is_recording && ask.now.time_since_epoch() - file.modified > kRewindPatience;
}

// Whether a stretch is as long as it will be.
bool is_closed(RewindAsk const& ask, StretchCache::Found const& found, RewindPlace place) {
    auto const& stretches = *found.stretches;
    if (place.number + 1 < stretches.count() || stretches.finished) return true;
    if (has_ended(ask, found.file)) return true;
    auto const segments = find_segments(ask.files, ask.path_name, {place.file, {}});
    return segments && segments->back().start > place.file;
}

mp4::TrackSetup setup_of(Continuity::Track const& track) {
    return {.id = track.id, .track = track.track};
}

// Reads the samples of one stretch.
class StretchParts {
public:
    StretchParts(Stretches const& file, RewindPlace place, std::span<std::size_t const> tracks,
                 SegmentReader& reader)
        : file_(file), place_(place), tracks_(tracks), reader_(reader) {}

    std::expected<std::vector<ClipPiece>, std::string> pieces() {
        std::vector<ClipPiece> made;
        reader_.skip_to(file_.cuts[place_.number].offset);
        for (auto const& part : reader_.parts(file_.bytes_end(place_.number))) {
            auto const samples = reader_.read_part(part);
            if (!samples) return std::unexpected(samples.error());
            auto runs = take(part, *samples);
            if (runs.empty()) continue;
            auto piece = fragment(std::move(runs), made.size());
            if (!piece) return std::unexpected(std::move(piece.error()));
            made.push_back(*std::move(piece));
        }
        return made;
    }

private:
    bool has(PartPlace const& part, nanoseconds time) const {
        auto const number = place_.number;
        if (number > 0 && part.offset == file_.cuts[number].offset && time < file_.begin(number))
            return false;
        return number + 1 == file_.count() || part.offset != file_.cuts[number + 1].offset ||
               time < file_.begin(number + 1);
    }

    std::vector<ClipRun> take(PartPlace const& part, std::vector<mp4::TrackSample> const& samples) {
        std::vector<ClipRun> runs;
        for (auto const& [track, sample] : samples) {
            if (std::ranges::find(tracks_, track) == tracks_.end()) continue;
            auto const& about = file_.about.tracks[track];
            if (!has(part, to_time(sample.dts, about.timescale))) continue;
            auto run = std::ranges::find(runs, track, &ClipRun::track);
            if (run == runs.end()) {
                runs.emplace_back().track = track;
                run = std::prev(runs.end());
            }
            auto const scale = mp4::timescale(about.track);
            run->add(reader_.file(), sample, about.timescale, scale,
                     rescaled(sample.dts, scale, about.timescale) + to_ticks(place_.origin, scale));
        }
        std::ranges::sort(runs, {}, place_of);
        return runs;
    }

    std::expected<ClipPiece, std::string> fragment(std::vector<ClipRun> runs, std::size_t number) {
        ClipPiece piece;
        std::vector<mp4::FileRun> told;
        for (auto& run : runs) {
            auto const begin = std::max<std::int64_t>(run.times.front(), 0);
            told.push_back({.track_id = file_.about.tracks[run.track].id,
                            .decode_time = static_cast<std::uint64_t>(begin),
                            .samples = run.samples});
            std::ranges::move(run.sources, std::back_inserter(piece.sources));
        }
        auto const in_stretch = std::min<std::size_t>(number, kFragmentNumbers - 1);
        auto head = mp4::write_fragment_header(
            static_cast<std::uint32_t>(place_.number * kFragmentNumbers + in_stretch), told);
        if (!head) return std::unexpected(std::move(head.error().message));
        piece.head = *std::move(head);
        return piece;
    }

    Stretches const& file_;
    RewindPlace const place_;
    std::span<std::size_t const> const tracks_;
    SegmentReader& reader_;
};

}  // namespace

// Goes through the pieces of a path, file by file.
class Rewind::Walk {
public:
    Walk(StretchCache& cache, RewindAsk const& ask, std::vector<StoredSegment> segments)
        : cache_(cache), ask_(ask), segments_(std::move(segments)) {}

    struct File {
        FileTime start;
        std::chrono::microseconds origin{};
        std::shared_ptr<Stretches const> stretches;
        std::size_t count = 0;  // of the pieces that can be played
        bool goes_on = false;   // where the file before ends
    };
    // Files that cannot be read are left out.
    std::optional<File> next() {
        while (next_ < segments_.size()) {
            auto const& segment = segments_[next_++];
            auto const found = read(segment);
            latest_ = found ? found->file : state_of(segment.file);
            if (!found) continue;
            bool const is_last = next_ == segments_.size();
            File file{.start = segment.start, .stretches = found->stretches};
            auto const& stretches = *file.stretches;
            bool const closed = stretches.finished || !is_last || has_ended(ask_, latest_);
            file.count = stretches.count() - (closed || stretches.count() == 0 ? 0 : 1);
            file.goes_on = before_ && tidegate::recording::goes_on(before_->stretches->about, end_,
                                                                   stretches.about, segment.start);
            file.origin = origin_of(file);
            before_ = file;
            end_ = later(segment.start, stretches.end);
            return file;
        }
        return std::nullopt;
    }

    // Nothing more comes behind what next() has gone through, whether it could be read or not.
    // REQUIRES: next() has returned nullopt.
    bool ended() const { return has_ended(ask_, latest_); }

    static RewindPiece piece(File const& file, std::size_t number) {
        auto const& stretches = *file.stretches;
        auto const shown = [&](std::size_t n) { return stretches.end_of(n) - stretches.begin(n); };
        RewindPiece piece{.place = {file.start, number, file.origin},
                          .begin = later(file.start, stretches.begin(number)),
                          .duration = std::min<nanoseconds>(shown(number), kLongestShown),
                          .goes_on = number > 0 ? shown(number - 1) <= kLongestShown : file.goes_on,
                          .file = file.stretches};
        return piece;
    }

private:
    std::optional<StretchCache::Found> read(StoredSegment const& segment) {
        if (segment.start < FileTime{} || segment.start > kLastFile) return std::nullopt;
        auto found = cache_.get(segment.file);
        if (!found) return std::nullopt;
        return *std::move(found);
    }

    // Files of one run of a recorder know to the nanosecond how they follow. Other files do by
    // their names; but the clock never goes back, even if that of the recorder's machine did.
    std::chrono::microseconds origin_of(File const& file) const {
        if (!before_) return kFirstOrigin;
        auto const& last = *before_->stretches;
        auto const& now = *file.stretches;
        auto since = std::max(between(before_->start, file.start), last.end);
        if (file.goes_on && now.about.recording) {
            since = told(now) - told(last);
        }
        auto const origin = before_->origin + std::chrono::round<std::chrono::microseconds>(since);
        return std::clamp<std::chrono::microseconds>(origin, kFirstOrigin, kLastOrigin);
    }

    static nanoseconds told(Stretches const& file) {
        auto const start = file.about.recording->start_dts;
        return std::clamp(start, nanoseconds(-kFarthest), nanoseconds(kFarthest));
    }

    StretchCache& cache_;
    RewindAsk const& ask_;
    std::vector<StoredSegment> const segments_;
    std::size_t next_ = 0;
    FileState latest_;  // of the file that next() has looked at last
    std::optional<File> before_;
    FileTime end_;  // of the file before
};

std::expected<RewindPiece, CatalogueError> Rewind::find(RewindAsk const& ask, FileTime start) {
    // The file before may have the latest piece that there is.
    auto segments = find_segments(ask.files, ask.path_name, {start - kLongestShown, {}});
    if (!segments) return std::unexpected(std::move(segments.error()));
    Walk walk(cache_, ask, *std::move(segments));
    std::optional<RewindPiece> latest;
    while (auto const file = walk.next()) {
        auto const& stretches = *file->stretches;
        if (file->count == 0) continue;
        auto number = file->count - 1;
        if (later(file->start, stretches.end_of(number)) <= start) {
            latest = Walk::piece(*file, number);
            continue;
        }
        while (number > 0 && later(file->start, stretches.begin(number)) > start) --number;
        return Walk::piece(*file, number);
    }
    bool const soon = ask.is_recording && start <= ask.now && latest &&
                      start - latest->begin <= 2 * kLongestShown;
    if (!soon) return std::unexpected(no_segments());
    return *std::move(latest);
}

std::expected<RewindList, CatalogueError> Rewind::list(RewindAsk const& ask, RewindPlace from,
                                                       FileTime until) {
    auto segments = find_segments(ask.files, ask.path_name, {from.file, {}});
    if (!segments) return std::unexpected(std::move(segments.error()));
    if (segments->front().start != from.file) return std::unexpected(no_segments());
    Walk walk(cache_, ask, *std::move(segments));
    RewindList list;
    bool full = false;
    while (auto const file = full ? std::nullopt : walk.next()) {
        // The first file may have become unreadable.
        if (list.pieces.empty() && file->start != from.file) break;
        auto const first = list.pieces.empty() ? from.number : 0;
        for (auto number = first; number < file->count && !full; ++number) {
            auto piece = Walk::piece(*file, number);
            if (list.pieces.empty()) until = std::min(until, piece.begin + kMaxRewind);
            full = piece.begin >= until || list.pieces.size() == kMaxRewindPieces;
            if (!full) list.pieces.push_back(std::move(piece));
        }
        if (list.pieces.empty()) break;
    }
    if (list.pieces.empty()) return std::unexpected(no_segments());
    auto const& last = list.pieces.back();
    list.ended = full || walk.ended() || later(last.begin, last.duration) >= until;
    return list;
}

std::expected<std::shared_ptr<Stretches const>, CatalogueError> Rewind::about(RewindAsk const& ask,
                                                                              FileTime file) {
    auto const segment = find_segment(ask.files, ask.path_name, file);
    if (!segment) return std::unexpected(segment.error());
    auto found = cache_.get(segment->file);
    if (!found) return std::unexpected(rewind_failed(std::move(found.error())));
    return std::move(found->stretches);
}

std::expected<std::vector<ClipPiece>, CatalogueError> Rewind::read(
    RewindAsk const& ask, RewindPlace place, std::span<std::size_t const> tracks) {
    auto const segment = find_segment(ask.files, ask.path_name, place.file);
    if (!segment) return std::unexpected(segment.error());
    auto found = cache_.get(segment->file);
    if (!found) return std::unexpected(rewind_failed(std::move(found.error())));
    auto const& file = *found->stretches;
    if (place.number >= file.count() || !is_closed(ask, *found, place))
        return std::unexpected(no_segments());
    auto reader = SegmentReader::open(segment->file);
    if (!reader) return std::unexpected(rewind_failed(std::move(reader.error())));
    auto pieces = StretchParts(file, place, tracks, *reader).pieces();
    if (!pieces) return std::unexpected(rewind_failed(std::move(pieces.error())));
    return *std::move(pieces);
}

std::expected<base::SharedBytes, CatalogueError> rewind_init(Stretches const& file,
                                                             std::span<std::size_t const> tracks) {
    std::vector<mp4::TrackSetup> setups;
    for (auto const track : tracks) setups.push_back(setup_of(file.about.tracks[track]));
    auto init = mp4::write_init_segment(setups);
    if (!init) return std::unexpected(rewind_failed(std::move(init.error().message)));
    return *std::move(init);
}

}  // namespace tidegate::recording
