#include "hls/core/stream_maker.hpp"

#include <utility>

namespace tidegate::hls {

StreamMaker::StreamMaker(Settings const& settings, std::string id)
    : settings_(settings), id_(std::move(id)) {
    if (settings_.variant == Variant::low_latency) window_.open.number = kInitialGaps;
}

std::expected<void, media::Error> StreamMaker::count(std::size_t bytes) {
    bytes_ += bytes;
    ++samples_;
    if (bytes_ > settings_.segment_max_size || samples_ > kMaxSegmentSamples) {
        return media::fail("reached maximum segment size");
    }
    return {};
}

std::expected<void, media::Error> StreamMaker::finish_part(base::Timestamp end) {
    auto part = take_part(end);
    if (!part) return std::unexpected(std::move(part.error()));
    part->number = window_.next_part++;
    part->duration = end - std::exchange(part_begin_, end);
    window_.open_parts.push_back(std::make_shared<Part const>(*std::move(part)));
    return {};
}

void StreamMaker::finish_segment(WallTime wall) {
    auto const duration = part_begin_ - segment_begin_;
    if (window_.segments.empty() && settings_.variant == Variant::low_latency) {
        add_initial_gaps(duration);
    }
    Segment segment{.start = window_.open,
                    .duration = duration,
                    .parts = std::exchange(window_.open_parts, {}),
                    .size = 0};
    segment.start.wall = wall;
    for (auto const& part : segment.parts) segment.size += part->media.size;
    list(std::move(segment));
    ++window_.open.number;
    window_.open.discontinuity = false;
    bytes_ = 0;
    samples_ = 0;
}

void StreamMaker::add_initial_gaps(base::Timestamp duration) {
    for (std::uint64_t number = 0; number < window_.open.number; ++number) {
        list({.start = {.number = number, .init = window_.open.init},
              .duration = duration,
              .parts = {},
              .size = 0});
    }
}

void StreamMaker::list(Segment segment) {
    window_.segments.push_back(std::make_shared<Segment const>(std::move(segment)));
    while (window_.segments.size() - window_.unlisted > settings_.segment_count) {
        auto const& leaving = *window_.segments[window_.unlisted++];
        if (leaving.start.discontinuity) ++window_.discontinuities_gone;
    }
    while (window_.unlisted > kUnlistedSegments) {
        window_.segments.erase(window_.segments.begin());
        --window_.unlisted;
    }
}

void StreamMaker::open_segment(base::Timestamp begin, bool discontinuity) {
    segment_begin_ = part_begin_ = begin;
    window_.open.discontinuity = discontinuity;
    window_.open.init = take_init();
}

void StreamMaker::join(StreamMaker const& other) {
    window_ = {};
    for (auto const& theirs : other.window_.segments) {
        Segment gap{.start = theirs->start, .duration = theirs->duration, .parts = {}, .size = 0};
        gap.start.init = nullptr;
        window_.segments.push_back(std::make_shared<Segment const>(std::move(gap)));
    }
    window_.unlisted = other.window_.unlisted;
    window_.discontinuities_gone = other.window_.discontinuities_gone;
    window_.open.number = other.window_.open.number;
    window_.next_part = other.window_.next_part;
}

}  // namespace tidegate::hls
