#include "hls/core/edition.hpp"

#include <algorithm>
#include <utility>

namespace tidegate::hls {

namespace {

Answer refuse(Outcome outcome) {
    return {.outcome = outcome, .content_type = {}, .max_age = std::nullopt, .body = {}};
}

mp4::Slices one(base::SharedBytes bytes) {
    mp4::Slices slices;
    slices.add(std::move(bytes));
    return slices;
}

mp4::Slices all_parts(Segment const& segment) {
    mp4::Slices slices;
    std::size_t count = 0;
    for (auto const& part : segment.parts) count += part->media.parts.size();
    slices.parts.reserve(count);
    for (auto const& part : segment.parts) {
        for (auto const& bytes : part->media.parts) slices.add(bytes);
    }
    return slices;
}

Init const* find_init(Window const& window, std::uint64_t number) {
    auto const fits = [&](SegmentStart const& start) {
        return start.init != nullptr && start.init->number == number;
    };
    if (fits(window.open)) return window.open.init.get();
    auto const found = std::ranges::find_if(
        window.segments, [&](auto const& segment) { return fits(segment->start); });
    return found == window.segments.end() ? nullptr : (*found)->start.init.get();
}

Segment const* find_segment(Window const& window, std::uint64_t number) {
    if (window.segments.empty()) return nullptr;
    auto const first = window.segments.front()->start.number;
    if (number < first || number - first >= window.segments.size()) return nullptr;
    return window.segments[static_cast<std::size_t>(number - first)].get();
}

Part const* find_part(Window const& window, std::uint64_t number) {
    auto const look = [&](auto const& parts) -> Part const* {
        if (parts.empty() || number < parts.front()->number || number > parts.back()->number) {
            return nullptr;
        }
        // Their numbers have no holes within a segment.
        return parts[static_cast<std::size_t>(number - parts.front()->number)].get();
    };
    if (auto const* part = look(window.open_parts)) return part;
    for (auto const& segment : window.segments) {
        if (auto const* part = look(segment->parts)) return part;
    }
    return nullptr;
}

// How far ahead of the last part a reload may ask for one (RFC 8216bis §6.2.5.2): three target
// durations of a part, and at least a second of them.
std::uint64_t advance_part_limit(base::Timestamp part_target) {
    if (part_target >= std::chrono::seconds(1) || part_target <= base::Timestamp{}) return 3;
    return static_cast<std::uint64_t>((std::chrono::seconds(3) + part_target - base::Timestamp{1}) /
                                      part_target);
}

// Whether the playlist has what a reload asks for. A part behind the last one of a finished segment
// is the first one of the next.
bool has(Window const& window, std::uint64_t msn, std::optional<std::uint64_t> part) {
    if (msn > window.open.number) return false;
    if (msn == window.open.number) return part && *part < window.open_parts.size();
    auto const* const segment = find_segment(window, msn);
    if (segment == nullptr || !part || *part < segment->parts.size()) return true;
    return msn + 1 < window.open.number || !window.open_parts.empty();
}

bool out_of_range(Window const& window, std::uint64_t msn, std::optional<std::uint64_t> part,
                  base::Timestamp part_target) {
    auto const next = window.open.number;
    if (msn > next && msn - next > 1) return true;
    auto const listed = window.segments.size() - window.unlisted;
    if (listed > 0 && msn < next - (listed - 1)) return true;
    if (!part || msn < next) return false;
    auto const last = msn == next ? window.open_parts.size() : 0;
    return *part > last + advance_part_limit(part_target);
}

}  // namespace

Edition::Stream const* Edition::find(std::string_view id) const {
    auto const found = std::ranges::find(streams_, id, &Stream::id);
    return found == streams_.end() ? nullptr : &*found;
}

Answer Edition::answer(Request const& request) const {
    if (request.file.kind == FileKind::index) {
        if (!has_content_) return refuse(Outcome::wait);
        return latest(request);
    }
    auto const* const stream = find(request.file.id);
    if (stream == nullptr) return refuse(Outcome::not_found);
    if (request.file.kind == FileKind::playlist) return playlist(*stream, request);
    if (request.file.prefix != prefix_) return refuse(Outcome::not_found);
    return media(*stream, request.file);
}

Answer Edition::playlist(Stream const& stream, Request const& request) const {
    if (variant_ == Variant::low_latency) {
        if (request.bad_request) return refuse(Outcome::bad_request);
        if (request.msn) {
            auto const& window = stream.window;
            // Captions have no parts: a reload that names one waits for its segment.
            auto const part = stream.subtitles ? std::nullopt : request.part;
            if (out_of_range(window, *request.msn, part, part_target_)) {
                return refuse(Outcome::bad_request);
            }
            if (!has(window, *request.msn, part)) return refuse(Outcome::wait);
        }
    }
    if (!has_content_) return refuse(Outcome::wait);
    return latest(request);
}

Answer Edition::latest(Request const& request) const {
    if (!has_content_) return refuse(Outcome::wait);
    Answer answer{.outcome = Outcome::ready,
                  .content_type = kPlaylistType,
                  .max_age = kIndexMaxAge,
                  .body = {}};
    if (request.file.kind == FileKind::index) {
        answer.body = one(index_.with_query(request.uri_query));
        return answer;
    }
    auto const* const stream = find(request.file.id);
    if (stream == nullptr || request.file.kind != FileKind::playlist) {
        return refuse(Outcome::not_found);
    }
    auto const& list = request.skip && stream->delta ? *stream->delta : stream->full;
    answer.body = one(list.with_query(request.uri_query));
    answer.max_age = std::nullopt;
    if (variant_ != Variant::low_latency) {
        answer.max_age =
            std::chrono::floor<std::chrono::seconds>(stream->window.segments.back()->duration);
    }
    return answer;
}

Answer Edition::media(Stream const& stream, FileName const& file) const {
    Answer answer{.outcome = Outcome::ready,
                  .content_type = stream.content_type,
                  .max_age = kMediaMaxAge,
                  .body = {}};
    auto const& window = stream.window;
    bool const mpegts = variant_ == Variant::mpegts && !stream.subtitles;
    if (file.mpegts != mpegts || file.web_vtt != stream.subtitles) {
        return refuse(Outcome::not_found);
    }
    if (file.kind == FileKind::init) {
        auto const* const init = find_init(window, file.number);
        if (init == nullptr) return refuse(Outcome::not_found);
        answer.body = one(init->bytes);
    } else if (file.kind == FileKind::segment) {
        auto const* const segment = find_segment(window, file.number);
        if (segment == nullptr || segment->gap()) return refuse(Outcome::not_found);
        answer.body = all_parts(*segment);
    } else {
        if (variant_ != Variant::low_latency || stream.subtitles) {
            return refuse(Outcome::not_found);
        }
        if (file.number == window.next_part) return refuse(Outcome::wait);
        auto const* const part = find_part(window, file.number);
        if (part == nullptr || part->gap()) return refuse(Outcome::not_found);
        answer.body = part->media;
    }
    return answer;
}

base::Timestamp Edition::hold_time() const {
    return kHoldTargets * base::Timestamp(target_duration_);
}

std::vector<Edition::File> Edition::files() const {
    std::vector<File> files;
    auto const add = [&](FileName name, mp4::Slices content) {
        files.push_back({file_name(name), std::move(content)});
    };
    for (auto const& stream : streams_) {
        std::uint64_t last_init = 0;
        auto const begin = [&](SegmentStart const& start) {
            if (start.init == nullptr || start.init->number == last_init) return;
            last_init = start.init->number;
            add({FileKind::init, prefix_, stream.id, last_init}, one(start.init->bytes));
        };
        auto const put_parts = [&](auto const& parts) {
            if (variant_ != Variant::low_latency || stream.subtitles) return;
            for (auto const& part : parts) {
                if (!part->gap())
                    add({FileKind::part, prefix_, stream.id, part->number}, part->media);
            }
        };
        for (auto const& segment : stream.window.segments) {
            begin(segment->start);
            put_parts(segment->parts);
            if (segment->gap()) continue;
            add({FileKind::segment, prefix_, stream.id, segment->start.number,
                 variant_ == Variant::mpegts && !stream.subtitles, stream.subtitles},
                all_parts(*segment));
        }
        begin(stream.window.open);
        put_parts(stream.window.open_parts);
        if (has_content_) add({FileKind::playlist, {}, stream.id}, one(stream.full.text()));
    }
    if (has_content_) add({}, one(index_.text()));
    return files;
}

}  // namespace tidegate::hls
