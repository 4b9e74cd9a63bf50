#include "hls/core/dvr_playlist.hpp"

#include <algorithm>

#include "hls/core/names.hpp"

namespace tidegate::hls {

namespace {

class DvrRenderer {
public:
    explicit DvrRenderer(DvrPlaylist const& list) : list_(list) {}

    Playlist render() && {
        head();
        for (auto const& one : list_.segments) segment(one);
        if (list_.ended) out_.text("#EXT-X-ENDLIST\n");
        return std::move(out_).finish();
    }

private:
    // Not less than any length, rounded to whole seconds (§4.4.3.1).
    std::chrono::seconds target() const {
        auto longest = kDvrTarget;
        for (auto const& one : list_.segments) {
            longest = std::max(longest, std::chrono::floor<std::chrono::seconds>(
                                            one.duration + std::chrono::milliseconds{500}));
        }
        return longest;
    }

    void head() {
        out_.text("#EXTM3U\n#EXT-X-VERSION:8\n#EXT-X-TARGETDURATION:")
            .number(static_cast<std::uint64_t>(target().count()))
            .text("\n#EXT-X-MEDIA-SEQUENCE:0\n#EXT-X-PLAYLIST-TYPE:EVENT\n");
        if (!list_.start) return;
        out_.text("#EXT-X-START:TIME-OFFSET=")
            .seconds(std::max(*list_.start, base::Timestamp{}))
            .text(",PRECISE=YES\n");
    }

    void segment(DvrSegment const& one) {
        bool const first = &one == list_.segments.data();
        if (!first && !one.goes_on) out_.text("#EXT-X-DISCONTINUITY\n");
        if (one.init && one.init != init_) {
            init_ = one.init;
            out_.text("#EXT-X-MAP:URI=\"");
            uri({DvrKind::init, *one.init, 0, 0, list_.tracks});
            out_.text("\"\n");
        }
        // The names of files tell their times anew.
        if (first || !one.goes_on || one.file != file_) {
            out_.text("#EXT-X-PROGRAM-DATE-TIME:").date_time(one.begin).text("\n");
        }
        file_ = one.file;
        if (!one.init) out_.text("#EXT-X-GAP\n");
        out_.text("#EXTINF:").seconds(one.duration).text(",\n");
        if (one.init) {
            uri({DvrKind::segment, one.file, one.number, one.origin, list_.tracks});
        } else {
            out_.text(kGapName);
        }
        out_.text("\n");
    }

    void uri(DvrName const& name) { out_.uri(dvr_name(name)); }

    DvrPlaylist const& list_;
    PlaylistWriter out_;
    std::optional<std::int64_t> init_;
    std::int64_t file_ = 0;
};

}  // namespace

Playlist render(DvrPlaylist const& list) {
    return DvrRenderer(list).render();
}

}  // namespace tidegate::hls
