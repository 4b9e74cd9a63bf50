#include "hls/core/caption_streams.hpp"

#include <algorithm>
#include <utility>

namespace tidegate::hls {

std::vector<CaptionStreams::One>::iterator CaptionStreams::find(std::string_view language) {
    return std::ranges::find_if(all_,
                                [&](One const& one) { return one.maker->language() == language; });
}

void CaptionStreams::begin(std::span<std::string const> languages, StreamMaker const& leading) {
    for (auto& one : all_) one.offered = false;
    for (auto const& language : languages) {
        auto found = find(language);
        if (found == all_.end()) {
            if (all_.size() >= media::kMaxCaptionLanguages) continue;
            auto id = std::string(kSubtitlesId) + std::to_string(all_.size() + 1);
            all_.push_back({std::make_unique<Subtitles>(settings_, std::move(id), language)});
            found = std::prev(all_.end());
            found->maker->join(leading);
        }
        found->offered = true;
    }
}

bool CaptionStreams::add(media::Caption&& caption) {
    auto const found = find(caption.language);
    return found != all_.end() && found->offered && found->maker->add(std::move(caption));
}

bool CaptionStreams::add_early(media::Caption&& caption) {
    if (early_.size() >= kMaxStandingCaptions || find(caption.language) == all_.end()) return false;
    early_.push_back(std::move(caption));
    return true;
}

void CaptionStreams::begin_time_line(base::Timestamp shift) {
    for (auto& caption : std::exchange(early_, {})) {
        caption.start += shift;
        add(std::move(caption));
    }
}

void CaptionStreams::forget() {
    early_.clear();
    for (auto& one : all_) one.maker->forget();
}

std::expected<void, media::Error> CaptionStreams::finish_segments(base::Timestamp end,
                                                                  WallTime wall) {
    for (auto& one : all_) {
        if (auto done = one.maker->finish_part(end); !done) return done;
        one.maker->finish_segment(wall);
    }
    return {};
}

void CaptionStreams::open_segments(base::Timestamp begin, bool discontinuity) {
    for (auto& one : all_) one.maker->open_segment(begin, discontinuity);
}

std::vector<EditionMaker::Captions> CaptionStreams::shown() const {
    std::vector<EditionMaker::Captions> shown;
    for (auto const& one : all_) shown.push_back({one.maker.get(), one.offered});
    return shown;
}

}  // namespace tidegate::hls
