#include "hls/core/index_playlist.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

#include "base/utf8.hpp"
#include "hls/core/codec_support.hpp"
#include "media/sps.hpp"

namespace tidegate::hls {

namespace {

constexpr std::uint64_t kMicroseconds = 1'000'000;

std::uint64_t bits_per_second(std::uint64_t bytes, base::Timestamp duration) {
    auto const microseconds = duration / std::chrono::microseconds(1);
    if (microseconds <= 0) return 0;
    return bytes * 8 * kMicroseconds / static_cast<std::uint64_t>(microseconds);
}

bool is_audio(IndexStream const& stream) {
    return stream.sources.front()->track.kind() == media::Kind::audio;
}

// What may stand between quotes (§4.2): no line break, no quote. A publisher can send anything.
std::string quotable(std::string_view text) {
    std::string out;
    while (!text.empty() && out.size() < kMaxNameSize) {
        auto const length = base::utf8_length(text);
        auto const byte = static_cast<unsigned char>(text.front());
        if (length > 0 && byte >= 0x20 && byte != 0x7f && byte != '"')
            out += text.substr(0, length);
        text.remove_prefix(std::max<std::size_t>(length, 1));
    }
    return out;
}

// A tag of RFC 5646 by its letters; empty: it is none.
std::string_view language_tag(std::string_view text) {
    constexpr std::size_t kLongest = 35;
    auto const fits = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-';
    };
    bool const tag = text.size() <= kLongest && std::ranges::all_of(text, fits);
    return tag ? text : std::string_view{};
}

class IndexRenderer {
public:
    IndexRenderer(Variant variant, std::vector<IndexStream> const& streams)
        : variant_(variant), streams_(streams) {}

    Playlist render() && {
        out_.text("#EXTM3U\n#EXT-X-VERSION:")
            .text(variant_ == Variant::mpegts ? "3" : "10")
            .text("\n#EXT-X-INDEPENDENT-SEGMENTS\n\n");
        if (has_renditions()) {
            for (auto const& stream : streams_) {
                if (is_audio(stream)) rendition(stream);
            }
            out_.text("\n");
        }
        stream_inf();
        return std::move(out_).finish();
    }

private:
    bool has_renditions() const { return variant_ != Variant::mpegts && streams_.size() > 1; }

    // Names differ within a group (§4.4.6.1.1).
    std::string unique_name(IndexStream const& stream) {
        auto name = quotable(stream.sources.front()->name);
        if (name.empty()) name = stream.id;
        if (std::ranges::find(names_, name) != names_.end()) name += " (" + stream.id + ")";
        names_.push_back(name);
        return name;
    }

    void rendition(IndexStream const& stream) {
        bool const first = names_.empty();
        out_.text("#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"audio\"");
        if (auto const tag = language_tag(stream.sources.front()->language); !tag.empty()) {
            out_.text(",LANGUAGE=\"").text(tag).text("\"");
        }
        out_.text(",NAME=\"").text(unique_name(stream)).text("\",AUTOSELECT=YES");
        if (first) out_.text(",DEFAULT=YES");
        if (&stream != &streams_.front()) {
            out_.text(",URI=\"").text(stream.id).uri("_stream.m3u8").text("\"");
        }
        out_.text("\n");
    }

    // The leading stream with the largest of the renditions that can be heard with it.
    Bandwidth total() const {
        Bandwidth video;
        Bandwidth audio;
        for (auto const& stream : streams_) {
            auto const rates = bandwidth(*stream.window);
            auto& kind = is_audio(stream) ? audio : video;
            kind.peak = std::max(kind.peak, rates.peak);
            kind.average = std::max(kind.average, rates.average);
        }
        return {video.peak + audio.peak, video.average + audio.average};
    }

    std::string codecs() const {
        std::vector<std::string> entries;
        for (auto const& stream : streams_) {
            for (auto const* source : stream.sources) {
                auto entry = codecs_entry(source->track);
                if (entry.empty() || std::ranges::find(entries, entry) != entries.end()) continue;
                entries.push_back(std::move(entry));
            }
        }
        std::string all;
        for (auto const& entry : entries) all += (all.empty() ? "" : ",") + entry;
        return all;
    }

    void picture(media::Track const& track) {
        auto const format = media::video_format(track);
        if (!format || format->width == 0) return;
        out_.text(",RESOLUTION=").number(format->width).text("x").number(format->height);
        if (format->fps <= 0) return;
        std::array<char, 32> text{};
        auto const length = std::snprintf(text.data(), text.size(), "%.3f", format->fps);
        out_.text(",FRAME-RATE=").text({text.data(), static_cast<std::size_t>(length)});
    }

    void stream_inf() {
        auto const rates = total();
        out_.text("#EXT-X-STREAM-INF:BANDWIDTH=").number(rates.peak);
        out_.text(",AVERAGE-BANDWIDTH=").number(rates.average);
        out_.text(",CODECS=\"").text(codecs()).text("\"");
        for (auto const* source : streams_.front().sources) picture(source->track);
        if (has_renditions()) out_.text(",AUDIO=\"audio\"");
        out_.text("\n").text(streams_.front().id).uri("_stream.m3u8").text("\n");
    }

    Variant variant_;
    std::vector<IndexStream> const& streams_;
    std::vector<std::string> names_;
    PlaylistWriter out_;
};

}  // namespace

Bandwidth bandwidth(Window const& window) {
    Bandwidth rates;
    std::uint64_t bytes = 0;
    base::Timestamp duration{};
    std::uint64_t peak_of_short = 0;
    for (auto i = window.unlisted; i < window.segments.size(); ++i) {
        auto const& segment = *window.segments[i];
        if (segment.gap()) continue;
        bytes += segment.size;
        duration += segment.duration;
        auto& peak = segment.duration < kMinRatedSegment ? peak_of_short : rates.peak;
        peak = std::max(peak, bits_per_second(segment.size, segment.duration));
    }
    if (rates.peak == 0) rates.peak = peak_of_short;
    rates.average = bits_per_second(bytes, duration);
    return rates;
}

Playlist render_index(Variant variant, std::vector<IndexStream> const& streams) {
    return IndexRenderer(variant, streams).render();
}

}  // namespace tidegate::hls
