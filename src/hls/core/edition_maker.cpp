#include "hls/core/edition_maker.hpp"

#include <algorithm>
#include <utility>

#include "base/duration.hpp"
#include "hls/core/index_playlist.hpp"
#include "hls/core/media_playlist.hpp"

namespace tidegate::hls {

namespace {

// The same for all streams: they have the same segments.
bool has_content(Settings const& settings, Window const& window) {
    std::size_t const needed = settings.variant == Variant::fmp4 ? 2 : 1;
    return window.segments.size() >= needed;
}

base::Timestamp longest_part(Window const& window) {
    base::Timestamp longest{};
    auto const look = [&](auto const& parts) {
        for (auto const& part : parts) longest = std::max(longest, part->duration);
    };
    for (auto i = window.unlisted; i < window.segments.size(); ++i) look(window.segments[i]->parts);
    look(window.open_parts);
    return longest;
}

}  // namespace

// TARGETDURATION may only grow. PART-TARGET must not be much longer than the parts are, so it
// follows them.
void EditionMaker::update_targets(Window const& leading) {
    using std::chrono::seconds;
    base::Timestamp longest{};
    for (auto i = leading.unlisted; i < leading.segments.size(); ++i) {
        longest = std::max(longest, leading.segments[i]->duration);
    }
    auto const target =
        std::max(std::chrono::floor<seconds>(longest + std::chrono::milliseconds(500)), seconds(1));
    if (target > target_duration_) {
        if (had_content_) {
            warnings_.push_back("segment duration changed from " +
                                std::to_string(target_duration_.count()) + "s to " +
                                std::to_string(target.count()) +
                                "s - this will cause an error in iOS clients");
        }
        target_duration_ = target;
    }
    if (settings_.variant != Variant::low_latency) return;
    auto const part = std::chrono::ceil<std::chrono::milliseconds>(longest_part(leading));
    if (part == part_target_) return;
    if (part_target_ > base::Timestamp{}) {
        warnings_.push_back("part duration changed from " + base::format_duration(part_target_) +
                            " to " + base::format_duration(part) +
                            " - this will cause an error in iOS clients");
    }
    part_target_ = part;
}

Playlist EditionMaker::index(std::vector<Stream> const& streams,
                             std::vector<Captions> const& captions) {
    std::vector<IndexStream> shown;
    for (auto const& stream : streams) {
        if (stream.sources.empty()) continue;
        shown.push_back({stream.maker->id(), &stream.maker->window(), stream.sources,
                         audio_group(stream.sources.front()->track)});
    }
    std::vector<IndexSubtitles> subtitles;
    for (auto const& one : captions) {
        if (one.offered) subtitles.push_back({one.maker->id(), one.maker->language()});
    }
    return shown.empty() ? index_ : render_index(settings_.variant, shown, subtitles);
}

Edition::Stream EditionMaker::stream_of(StreamMaker const& maker,
                                        std::vector<std::string> const& others, bool subtitles,
                                        bool has_content) const {
    Edition::Stream stream;
    stream.id = maker.id();
    stream.content_type = maker.content_type();
    stream.subtitles = subtitles;
    stream.window = maker.window();
    if (!has_content) return stream;
    MediaPlaylist const list{.variant = settings_.variant,
                             .prefix = settings_.prefix,
                             .id = stream.id,
                             .window = &stream.window,
                             .target_duration = target_duration_,
                             .part_target = part_target_,
                             .others = others,
                             .subtitles = subtitles};
    stream.full = render(list, 0);
    if (auto const skipped = skippable(list); skipped > 0) stream.delta = render(list, skipped);
    return stream;
}

std::shared_ptr<Edition const> EditionMaker::make(std::vector<Stream> const& streams,
                                                  std::vector<Captions> const& captions) {
    auto const& leading = streams.front().maker->window();
    update_targets(leading);
    auto edition = std::make_shared<Edition>();
    edition->version_ = ++version_;
    edition->variant_ = settings_.variant;
    edition->has_content_ = has_content(settings_, leading);
    had_content_ = edition->has_content_;
    edition->prefix_ = settings_.prefix;
    edition->target_duration_ = target_duration_;
    edition->part_target_ = part_target_;
    // Rates change with each segment, tracks with each publication.
    if (edition->has_content_ && index_of_ != leading.open.number) {
        index_ = index(streams, captions);
        index_of_ = leading.open.number;
    }
    edition->index_ = index_;

    edition->streams_.reserve(streams.size() + captions.size());
    auto const add = [&](StreamMaker const& maker, bool subtitles) {
        std::vector<std::string> others;
        for (auto const& other : streams) {
            // Whoever reads captions knows the parts of no other stream.
            if (other.maker != &maker && !subtitles) others.push_back(other.maker->id());
        }
        for (auto const& other : captions) {
            if (other.maker != &maker) others.push_back(other.maker->id());
        }
        edition->streams_.push_back(stream_of(maker, others, subtitles, had_content_));
    };
    for (auto const& one : streams) add(*one.maker, false);
    for (auto const& one : captions) add(*one.maker, true);
    return edition;
}

}  // namespace tidegate::hls
