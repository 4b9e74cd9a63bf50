#include "hls/core/subtitles.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "media/web_vtt.hpp"

namespace tidegate::hls {

namespace {

constexpr std::uint32_t kMpegTsClock = 90'000;
constexpr std::int64_t kMpegTsWrap = std::int64_t{1} << 33;

std::chrono::milliseconds milliseconds(base::Timestamp time) {
    return std::chrono::round<std::chrono::milliseconds>(time);
}

}  // namespace

// LOCAL has milliseconds, which the clock's zero after a wrap is not: the first whole second behind
// it stands for it.
std::string timestamp_map(base::Timestamp time) {
    auto const zero = base::to_ticks(time, kMpegTsClock) / kMpegTsWrap * kMpegTsWrap;
    auto const local =
        std::chrono::ceil<std::chrono::seconds>(base::from_ticks(zero, kMpegTsClock));
    auto const clock = local.count() * std::int64_t{kMpegTsClock} - zero;
    return "X-TIMESTAMP-MAP=MPEGTS:" + std::to_string(clock) +
           ",LOCAL:" + media::web_vtt_time(local);
}

bool Subtitles::add(media::Caption caption) {
    if (caption.start + caption.duration <= segment_begin()) return false;
    if (captions_.size() >= kMaxStandingCaptions) return false;
    auto const place =
        std::ranges::upper_bound(captions_, caption.start, {}, &media::Caption::start);
    captions_.insert(place, std::move(caption));
    return true;
}

std::expected<Part, media::Error> Subtitles::take_part(base::Timestamp end) {
    std::string text = "WEBVTT\n" + timestamp_map(segment_begin()) + "\n";
    std::erase_if(captions_, [&](media::Caption const& caption) {
        return caption.start + caption.duration <= segment_begin();
    });
    for (auto const& caption : captions_) {
        if (caption.start >= end + kCaptionsAhead) break;
        media::append_web_vtt_cue(text, {}, milliseconds(caption.start),
                                  milliseconds(caption.start + caption.duration), caption.text);
    }
    Part part;
    part.independent = true;
    part.media.add(base::SharedBytes::copy_of(base::as_bytes(text)));
    return part;
}

}  // namespace tidegate::hls
