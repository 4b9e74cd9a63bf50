#include "recording/recorded_ranges.hpp"

#include "recording/continuity.hpp"
#include "recording/segment_reader.hpp"
#include "recording/ticks.hpp"

namespace tidegate::recording {

namespace {

FileTime end_of(RecordedRange const& range) {
    return range.start + std::chrono::floor<std::chrono::microseconds>(range.duration);
}

std::vector<RecordedRange> merged(std::vector<StoredSegment> const& segments) {
    std::vector<RecordedRange> ranges;
    Continuity before;
    for (auto const& segment : segments) {
        auto reader = SegmentReader::open(segment.file);
        if (!reader) continue;
        auto const duration = reader->duration();
        if (!duration) continue;
        auto next = continuity_of(reader->movie());
        if (!ranges.empty() && goes_on(before, end_of(ranges.back()), next, segment.start)) {
            ranges.back().duration = between(ranges.back().start, segment.start) + *duration;
        } else {
            ranges.push_back({segment.start, *duration});
        }
        before = std::move(next);
    }
    return ranges;
}

// What begins before the start begins with it. The first segment may have ended before.
void cut_start(std::vector<RecordedRange>& ranges, FileTime start) {
    auto& first = ranges.front();
    if (end_of(first) < start) {
        ranges.erase(ranges.begin());
    } else if (first.start < start) {
        first.duration -= between(first.start, start);
        first.start = start;
    }
}

}  // namespace

std::expected<std::vector<RecordedRange>, CatalogueError> find_ranges(PathTemplate const& files,
                                                                      std::string_view path_name,
                                                                      Window const& window) {
    auto const segments = find_segments(files, path_name, window);
    if (!segments) return std::unexpected(segments.error());
    auto ranges = merged(*segments);
    if (window.start && !ranges.empty()) cut_start(ranges, *window.start);
    if (ranges.empty()) return std::unexpected(no_segments());
    auto& last = ranges.back();
    if (window.end && end_of(last) > *window.end) last.duration = between(last.start, *window.end);
    return ranges;
}

}  // namespace tidegate::recording
