// The captions of one language as a rendition of WebVTT segments (RFC 8216 §3.5), which begin and
// end with those of the leading stream. A segment without captions is a valid file, too. One
// thread.
//
// The times of captions are those of the output, as everywhere in HLS: X-TIMESTAMP-MAP says that
// they are the times of the media (timestamp_map()).
#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>

#include "hls/core/stream_maker.hpp"
#include "media/caption.hpp"

namespace tidegate::hls {

// Ids of streams of captions begin with this.
inline constexpr std::string_view kSubtitlesId = "subs";
// How many captions may wait or stand at a time; a further one is dropped. A dub with the longest
// delay, 60 s, and the shortest fragments has less.
inline constexpr std::size_t kMaxStandingCaptions = 128;
// A segment has the captions that begin so soon after it, too, if they are known. The segment in
// which they begin is complete only when they have stood for a while, and low-latency players are
// closer to the live edge than that. (§3.5 has a minimum: what is shown within the segment.)
inline constexpr base::Timestamp kCaptionsAhead = std::chrono::seconds(4);

// "X-TIMESTAMP-MAP=MPEGTS:0,LOCAL:00:00:00.000" for what is shown at this time of the output. The
// clock of MPEG-TS has 33 bits, and begins anew after 26.5 hours.
std::string timestamp_map(base::Timestamp time);

class Subtitles final : public StreamMaker {
public:
    Subtitles(Settings const& settings, std::string id, std::string language)
        : StreamMaker(settings, std::move(id)), language_(std::move(language)) {}

    std::string const& language() const { return language_; }
    std::string_view content_type() const override { return "text/vtt"; }

    // Its times are those of the output. False: it is over before the open segment begins, or too
    // many are there.
    bool add(media::Caption caption);
    // What has not stood in a segment yet never will.
    void forget() { captions_.clear(); }

    void begin(std::vector<media::Track>) override {}
    void set_track(std::size_t, media::Track) override {}
    bool configured() const override { return true; }
    bool changed() const override { return false; }
    std::expected<void, media::Error> approach(media::Unit const&) override { return {}; }
    std::expected<void, media::Error> add(media::Unit const&) override { return {}; }
    std::expected<void, media::Error> drain(base::Timestamp) override { return {}; }

private:
    std::expected<Part, media::Error> take_part(base::Timestamp end) override;
    std::shared_ptr<Init const> take_init() override { return nullptr; }

    std::string const language_;
    std::deque<media::Caption> captions_;  // by their start
};

}  // namespace tidegate::hls
