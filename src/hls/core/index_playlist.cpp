#include "hls/core/index_playlist.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

#include "hls/core/codec_support.hpp"
#include "media/language.hpp"
#include "media/sps.hpp"

namespace tidegate::hls {

namespace {

constexpr std::uint64_t kMicroseconds = 1'000'000;
constexpr std::string_view kSubtitlesGroup = "subs";

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
    auto name = media::track_name(text);
    std::erase(name, '"');
    return name;
}

// What can be played together: one EXT-X-STREAM-INF.
struct Choice {
    std::string_view group;  // of the sound; empty: there is none beside the leading stream
    std::vector<IndexStream const*> streams;  // the leading one first

    IndexStream const& leading() const { return *streams.front(); }
};

// The usual group first, the others in the order of the streams.
std::vector<std::string_view> groups_of(std::vector<IndexStream> const& streams) {
    std::vector<std::string_view> groups;
    for (auto const& stream : streams) {
        if (!is_audio(stream)) continue;
        if (std::ranges::find(groups, stream.group) != groups.end()) continue;
        groups.insert(stream.group == kUsualAudioGroup ? groups.begin() : groups.end(),
                      stream.group);
    }
    return groups;
}

// Not every player decodes each codec. Those that do not know one leave out the choices with it, so
// each unusual codec is a choice of its own, and the picture alone is one where there is no other.
std::vector<Choice> choices_of(std::vector<IndexStream> const& streams) {
    auto const* const picture = is_audio(streams.front()) ? nullptr : &streams.front();
    std::vector<Choice> choices;
    for (auto const group : groups_of(streams)) {
        auto& choice = choices.emplace_back(Choice{group, {}});
        if (picture != nullptr) choice.streams.push_back(picture);
        for (auto const& stream : streams) {
            if (is_audio(stream) && stream.group == group) choice.streams.push_back(&stream);
        }
    }
    bool const usual = !choices.empty() && choices.front().group == kUsualAudioGroup;
    if (picture != nullptr && !usual) choices.push_back({"", {picture}});
    return choices;
}

// The leading stream with the largest of the renditions that can be heard with it.
Bandwidth total(Choice const& choice) {
    Bandwidth video;
    Bandwidth audio;
    for (auto const* stream : choice.streams) {
        auto const rates = bandwidth(*stream->window);
        auto& kind = is_audio(*stream) ? audio : video;
        kind.peak = std::max(kind.peak, rates.peak);
        kind.average = std::max(kind.average, rates.average);
    }
    return {video.peak + audio.peak, video.average + audio.average};
}

std::string codecs(Choice const& choice) {
    std::vector<std::string> entries;
    for (auto const* stream : choice.streams) {
        for (auto const* source : stream->sources) {
            auto entry = codecs_entry(source->track);
            if (entry.empty() || std::ranges::find(entries, entry) != entries.end()) continue;
            entries.push_back(std::move(entry));
        }
    }
    std::string all;
    for (auto const& entry : entries) all += (all.empty() ? "" : ",") + entry;
    return all;
}

class IndexRenderer {
public:
    IndexRenderer(bool mpegts, std::vector<IndexSubtitles> const& subtitles)
        : mpegts_(mpegts), subtitles_(subtitles) {}

    Playlist render(std::vector<IndexStream> const& streams) && {
        out_.text("#EXTM3U\n#EXT-X-VERSION:")
            .text(mpegts_ ? "3" : "10")
            .text("\n#EXT-X-INDEPENDENT-SEGMENTS\n\n");
        if (mpegts_ || streams.size() == 1) {
            for (auto const& one : subtitles_) rendition(one);
            if (!subtitles_.empty()) out_.text("\n");
            stream_inf({"", {&streams.front()}});
        } else {
            auto const choices = choices_of(streams);
            for (auto const& choice : choices) renditions(choice);
            for (auto const& one : subtitles_) rendition(one);
            out_.text("\n");
            for (auto const& choice : choices) stream_inf(choice);
        }
        return std::move(out_).finish();
    }

private:
    void renditions(Choice const& choice) {
        std::vector<std::string> names;
        for (auto const* stream : choice.streams) {
            if (is_audio(*stream)) rendition(choice, *stream, names);
        }
    }

    void rendition(Choice const& choice, IndexStream const& stream,
                   std::vector<std::string>& names) {
        auto const& track = stream.sources.front()->track;
        out_.text("#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"").text(choice.group).text("\"");
        if (auto const tag = media::language_tag(track.language); !tag.empty()) {
            out_.text(",LANGUAGE=\"").text(tag).text("\"");
        }
        auto name = quotable(track.name);
        if (name.empty()) name = stream.id;
        // Names differ within a group (§4.4.6.1.1).
        if (std::ranges::find(names, name) != names.end()) name += " (" + stream.id + ")";
        out_.text(",NAME=\"").text(name).text("\",AUTOSELECT=YES");
        if (names.empty()) out_.text(",DEFAULT=YES");
        if (&stream != &choice.leading()) {
            out_.text(",URI=\"").text(stream.id).uri("_stream.m3u8").text("\"");
        }
        out_.text("\n");
        names.push_back(std::move(name));
    }

    // A viewer asks for captions; no player is to show them by itself.
    void rendition(IndexSubtitles const& one) {
        out_.text("#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID=\"").text(kSubtitlesGroup);
        out_.text("\",LANGUAGE=\"").text(one.language).text("\",NAME=\"").text(one.language);
        out_.text("\",AUTOSELECT=YES,DEFAULT=NO,FORCED=NO,URI=\"");
        out_.text(one.id).uri("_stream.m3u8").text("\"\n");
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

    void stream_inf(Choice const& choice) {
        auto const rates = total(choice);
        out_.text("#EXT-X-STREAM-INF:BANDWIDTH=").number(rates.peak);
        out_.text(",AVERAGE-BANDWIDTH=").number(rates.average);
        out_.text(",CODECS=\"").text(codecs(choice)).text("\"");
        for (auto const* source : choice.leading().sources) picture(source->track);
        if (!choice.group.empty()) out_.text(",AUDIO=\"").text(choice.group).text("\"");
        if (!subtitles_.empty()) out_.text(",SUBTITLES=\"").text(kSubtitlesGroup).text("\"");
        out_.text("\n").text(choice.leading().id).uri("_stream.m3u8").text("\n");
    }

    bool const mpegts_;
    std::vector<IndexSubtitles> const& subtitles_;
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

Playlist render_index(Variant variant, std::vector<IndexStream> const& streams,
                      std::vector<IndexSubtitles> const& subtitles) {
    return IndexRenderer(variant == Variant::mpegts, subtitles).render(streams);
}

}  // namespace tidegate::hls
