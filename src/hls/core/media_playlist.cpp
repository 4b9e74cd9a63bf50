#include "hls/core/media_playlist.hpp"

#include "hls/core/names.hpp"
#include "hls/core/subtitles.hpp"

namespace tidegate::hls {

namespace {

class MediaRenderer {
public:
    explicit MediaRenderer(MediaPlaylist const& list) : list_(list), window_(*list.window) {}

    Playlist render(std::size_t skipped) && {
        head();
        auto const& segments = window_.segments;
        auto const first = window_.unlisted + skipped;
        if (skipped > 0) {
            out_.text("#EXT-X-SKIP:SKIPPED-SEGMENTS=").number(skipped).text("\n");
            init_ = segments[first - 1]->start.init.get();
        }
        for (auto i = first; i < segments.size(); ++i) {
            segment(*segments[i], segments.size() - i <= kDetailedSegments);
        }
        if (has_parts()) tail();
        if (low_latency()) reports();
        return std::move(out_).finish();
    }

private:
    bool low_latency() const { return list_.variant == Variant::low_latency; }
    bool mpegts() const { return list_.variant == Variant::mpegts; }
    bool has_parts() const { return low_latency() && !list_.subtitles; }
    std::string_view segment_ending() const {
        if (list_.subtitles) return ".vtt";
        return mpegts() ? ".ts" : ".mp4";
    }

    void head() {
        out_.text("#EXTM3U\n#EXT-X-VERSION:").text(mpegts() ? "3\n" : "10\n");
        if (mpegts()) out_.text("#EXT-X-ALLOW-CACHE:NO\n");
        auto const target = list_.target_duration;
        out_.text("#EXT-X-TARGETDURATION:").number(static_cast<std::uint64_t>(target.count()));
        if (low_latency()) server_control(target);
        auto const& segments = window_.segments;
        out_.text("\n#EXT-X-MEDIA-SEQUENCE:")
            .number(segments.size() == window_.unlisted ? window_.open.number
                                                        : segments[window_.unlisted]->start.number);
        if (window_.discontinuities_gone > 0) {
            out_.text("\n#EXT-X-DISCONTINUITY-SEQUENCE:").number(window_.discontinuities_gone);
        }
        out_.text("\n");
    }

    void server_control(base::Timestamp target) {
        out_.text("\n#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,");
        if (has_parts()) out_.text("PART-HOLD-BACK=").seconds(list_.part_target * 5 / 2).text(",");
        out_.text("CAN-SKIP-UNTIL=").seconds(target * kSkipTargets);
        if (has_parts()) out_.text("\n#EXT-X-PART-INF:PART-TARGET=").seconds(list_.part_target);
    }

    // A name of ours behind what all of them begin with.
    PlaylistWriter& media_uri(std::string_view word, std::uint64_t number,
                              std::string_view ending) {
        out_.text(list_.prefix).text("_").text(list_.id).text(word);
        if (word != kInitWord || number > 1) out_.number(number);
        return out_.uri(ending);
    }

    void begin(SegmentStart const& start) {
        if (start.discontinuity) out_.text("#EXT-X-DISCONTINUITY\n");
        if (start.init != nullptr && start.init.get() != init_) {
            init_ = start.init.get();
            out_.text("#EXT-X-MAP:URI=\"");
            media_uri(kInitWord, init_->number, ".mp4").text("\"\n");
        }
    }

    void time(SegmentStart const& start) {
        if (start.wall == WallTime{}) return;  // nothing is known of a segment before the first
        out_.text("#EXT-X-PROGRAM-DATE-TIME:").date_time(start.wall).text("\n");
    }

    void segment(Segment const& segment, bool detailed) {
        begin(segment.start);
        if (segment.gap()) out_.text("#EXT-X-GAP\n");
        if (detailed || mpegts() || segment.start.discontinuity) time(segment.start);
        if (detailed && has_parts()) {
            for (auto const& one : segment.parts) part(*one);
        }
        out_.text("#EXTINF:").seconds(segment.duration).text(",\n");
        if (segment.gap()) {
            out_.text(kGapName).text("\n");
        } else {
            media_uri("_seg", segment.start.number, segment_ending()).text("\n");
        }
    }

    void part(Part const& part) {
        out_.text("#EXT-X-PART:DURATION=").seconds(part.duration).text(",URI=\"");
        media_uri("_part", part.number, ".mp4").text("\"");
        if (part.independent) out_.text(",INDEPENDENT=YES");
        if (part.gap()) out_.text(",GAP=YES");
        out_.text("\n");
    }

    void tail() {
        if (!window_.open_parts.empty()) begin(window_.open);
        for (auto const& one : window_.open_parts) part(*one);
        // hls.js reads again and again without a hint.
        out_.text("#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"");
        media_uri("_part", window_.next_part, ".mp4").text("\"\n");
    }

    void reports() {
        for (auto const& id : list_.others) report(id);
    }

    void report(std::string_view id) {
        if (id.starts_with(kSubtitlesId)) return segment_report(id);
        auto const open = window_.open_parts.size();
        if (open == 0 && (window_.segments.empty() || window_.segments.back()->parts.empty()))
            return;
        out_.text("#EXT-X-RENDITION-REPORT:URI=\"").text(id).uri("_stream.m3u8");
        out_.text("\",LAST-MSN=").number(open > 0 ? window_.open.number : window_.open.number - 1);
        out_.text(",LAST-PART=")
            .number((open > 0 ? open : window_.segments.back()->parts.size()) - 1)
            .text("\n");
    }

    // Captions have no parts.
    void segment_report(std::string_view id) {
        if (window_.segments.empty()) return;
        out_.text("#EXT-X-RENDITION-REPORT:URI=\"").text(id).uri("_stream.m3u8");
        out_.text("\",LAST-MSN=").number(window_.open.number - 1).text("\n");
    }

    static constexpr std::string_view kInitWord = "_init";

    MediaPlaylist const& list_;
    Window const& window_;
    PlaylistWriter out_;
    Init const* init_ = nullptr;  // of the segment before
};

}  // namespace

std::size_t skippable(MediaPlaylist const& list) {
    if (list.variant != Variant::low_latency) return 0;
    auto const& segments = list.window->segments;
    auto const boundary = base::Timestamp(list.target_duration) * kSkipTargets;
    base::Timestamp from_end{};
    auto first = segments.size();
    while (first > list.window->unlisted) {
        from_end += segments[first - 1]->duration;
        if (from_end >= boundary) break;
        --first;
    }
    return first - list.window->unlisted;
}

Playlist render(MediaPlaylist const& list, std::size_t skipped) {
    return MediaRenderer(list).render(skipped);
}

}  // namespace tidegate::hls
