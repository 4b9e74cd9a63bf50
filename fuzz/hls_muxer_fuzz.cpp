// Units, publications and configurations in any order: what the muxer serves at each moment obeys
// the rules of HLS, and agrees with what it served before.
#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/number.hpp"
#include "checks.hpp"
#include "hls/core/muxer.hpp"
#include "media/test_samples.hpp"
#include "script.hpp"

namespace {

using namespace tidegate;
using fuzz::require;
using std::chrono::milliseconds;

constexpr int kMaxSteps = 400;
constexpr std::size_t kSmallSegment = 20'000;
constexpr std::array<char const*, 4> kLanguages = {"es", "fr", "pt-BR", "de"};

std::vector<std::string> languages_of(fuzz::Script& script) {
    std::vector<std::string> languages;
    for (auto left = script.below(4); left > 0; --left) {
        languages.emplace_back(kLanguages[script.below(kLanguages.size())]);
    }
    return languages;
}

hls::Source source_of(fuzz::Script& script) {
    hls::Source source;
    switch (script.below(6)) {
        case 0:
        case 1:
            source.track.config = media::test::h264_720p();
            break;
        case 2:
            source.track.config = media::test::h265_1080p();
            break;
        case 3:
            source.track.config = media::OpusConfig{};
            break;
        case 4:
            source.track.config = media::H264Config{};
            break;
        default:
            source.track.config = media::test::aac_stereo_44100();
    }
    source.track.language = script.text(4);
    source.track.name = script.text(8);
    return source;
}

std::vector<hls::Source> sources_of(fuzz::Script& script) {
    std::vector<hls::Source> sources;
    for (auto left = script.below(5); left > 0; --left) sources.push_back(source_of(script));
    return sources;
}

hls::Settings settings_of(fuzz::Script& script) {
    hls::Settings settings;
    settings.variant = static_cast<hls::Variant>(script.below(3));
    settings.segment_count = script.below(12);
    settings.segment_duration = milliseconds(script.byte() * 10);
    settings.part_duration = milliseconds(script.byte() * 2);
    settings.segment_max_size = script.below(4) == 0 ? kSmallSegment : 1U << 30U;
    settings.prefix = "0123456789ab";
    return settings;
}

// A playlist, as a player reads it.
struct Parsed {
    struct Segment {
        double duration = 0;
        std::string uri;
        std::string map;
        bool gap = false;
        std::vector<std::string> parts;
        std::uint64_t discontinuities = 0;  // before and at it
    };
    double target = 0;
    double part_target = 0;
    std::uint64_t sequence = 0;
    std::uint64_t skipped = 0;
    std::vector<Segment> segments;
    std::vector<std::string> open_parts;
    std::string hint;
};

std::string quoted(std::string_view line, std::string_view attribute) {
    auto const at = line.find(attribute);
    if (at == line.npos) return {};
    auto const rest = line.substr(at + attribute.size());
    return std::string(rest.substr(0, rest.find_first_of("\",")));
}

double seconds(std::string_view text) {
    auto const value = base::parse_number<double>(text.substr(0, text.find(',')));
    require(value.has_value());
    return *value;
}

class Parser {
public:
    Parsed run(std::string_view text) && {
        while (!text.empty()) {
            auto const line = text.substr(0, text.find('\n'));
            text.remove_prefix(line.size() + 1);
            this->line(line);
        }
        out_.open_parts = std::move(next_.parts);
        return std::move(out_);
    }

private:
    bool value(std::string_view line, std::string_view tag, std::string_view& rest) {
        if (!line.starts_with(tag)) return false;
        rest = line.substr(tag.size());
        return true;
    }
    void line(std::string_view line) {
        std::string_view rest;
        if (value(line, "#EXT-X-TARGETDURATION:", rest)) out_.target = seconds(rest);
        if (value(line, "#EXT-X-PART-INF:PART-TARGET=", rest)) out_.part_target = seconds(rest);
        if (value(line, "#EXT-X-MEDIA-SEQUENCE:", rest)) {
            out_.sequence = *base::parse_number<std::uint64_t>(rest);
        }
        if (value(line, "#EXT-X-DISCONTINUITY-SEQUENCE:", rest)) {
            next_.discontinuities = *base::parse_number<std::uint64_t>(rest);
        }
        if (value(line, "#EXT-X-SKIP:SKIPPED-SEGMENTS=", rest)) {
            out_.skipped = *base::parse_number<std::uint64_t>(rest);
        }
        if (line == "#EXT-X-DISCONTINUITY") ++next_.discontinuities;
        if (line == "#EXT-X-GAP") next_.gap = true;
        if (value(line, "#EXT-X-MAP:", rest)) next_.map = quoted(rest, "URI=\"");
        if (value(line, "#EXTINF:", rest)) next_.duration = seconds(rest);
        if (value(line, "#EXT-X-PRELOAD-HINT:", rest)) out_.hint = quoted(rest, "URI=\"");
        if (value(line, "#EXT-X-PART:DURATION=", rest)) {
            auto const duration = seconds(rest);
            require(duration > 0 && duration <= out_.part_target + 1e-9);
            if (rest.find("GAP=YES") == rest.npos) next_.parts.push_back(quoted(rest, "URI=\""));
        }
        if (line.empty() || line.front() == '#') return;
        next_.uri = line;
        out_.segments.push_back(next_);
        next_.parts.clear();
        next_.gap = false;
    }

    Parsed out_;
    Parsed::Segment next_;
};

class Checker {
public:
    void check(hls::Edition const& edition, hls::Settings const& settings) {
        require(edition.version() > version_);
        version_ = edition.version();
        auto const files = edition.files();
        std::string first;
        for (auto const& file : files) {
            auto const name = hls::parse_file_name(file.name);
            require(name && hls::file_name(*name) == file.name && file.content.size > 0);
            if (name->kind != hls::FileKind::playlist) continue;
            auto const parsed = read(edition, file.name, {});
            check_list(edition, parsed, settings, name->id);
            check_delta(edition, file.name, parsed);
            // The streams have the same segments.
            auto const shape = shape_of(parsed);
            require(first.empty() || first == shape);
            first = shape;
        }
        auto const index = edition.answer(request("index.m3u8", {}));
        require((index.outcome == hls::Outcome::ready) == edition.has_content());
    }

private:
    static hls::Request request(std::string_view name, std::string_view query) {
        auto const file = hls::parse_file_name(name);
        require(file.has_value());
        return hls::make_request(*file, hls::Query(query), {});
    }
    static base::SharedBytes body(hls::Edition const& edition, std::string_view name,
                                  std::string_view query = {}) {
        auto const answer = edition.answer(request(name, query));
        require(answer.outcome == hls::Outcome::ready && answer.body.size > 0);
        return mp4::joined(answer.body);
    }
    static Parsed read(hls::Edition const& edition, std::string_view name, std::string_view query) {
        auto const text = body(edition, name, query);
        return Parser().run(base::as_text(text.view()));
    }
    static std::string shape_of(Parsed const& list) {
        auto shape = std::to_string(list.sequence);
        for (auto const& segment : list.segments) {
            shape += ' ' + std::to_string(segment.duration) + ':' +
                     std::to_string(segment.discontinuities);
        }
        return shape;
    }

    void check_list(hls::Edition const& edition, Parsed const& list, hls::Settings const& settings,
                    std::string const& id) {
        auto& seen = seen_[id];
        require(list.sequence >= seen.sequence && list.target >= seen.target);
        seen.sequence = list.sequence;
        seen.target = list.target;
        require(!list.segments.empty() && list.segments.size() <= settings.segment_count);
        for (std::size_t i = 0; i < list.segments.size(); ++i) {
            auto const& segment = list.segments[i];
            auto const number = list.sequence + i;
            require(segment.duration > 0 && segment.duration < list.target + 0.5 + 1e-5);
            // What was said of a segment stays true.
            auto const said = std::pair(segment.uri, segment.discontinuities);
            auto const known = seen.segments.emplace(number, said).first;
            require(known->second == said);
            check_segment(edition, segment);
        }
        for (auto const& part : list.open_parts) body(edition, part);
        if (list.hint.empty()) return;
        require(edition.answer(request(list.hint, {})).outcome == hls::Outcome::wait);
    }

    static void check_segment(hls::Edition const& edition, Parsed::Segment const& segment) {
        if (segment.gap) {
            require(segment.uri == "gap.mp4" && segment.parts.empty());
            return;
        }
        auto const whole = body(edition, segment.uri);
        if (segment.uri.ends_with(".vtt")) check_captions(base::as_text(whole.view()));
        if (!segment.map.empty()) body(edition, segment.map);
        if (segment.parts.empty()) return;
        base::Bytes joined;
        for (auto const& name : segment.parts) {
            auto const part = body(edition, name);
            joined.insert(joined.end(), part.view().begin(), part.view().end());
        }
        require(std::ranges::equal(joined, whole.view()));
    }

    // Each cue is a line of times and a line of text.
    static void check_captions(std::string_view text) {
        require(text.starts_with("WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:"));
        text.remove_prefix(text.find('\n', sizeof("WEBVTT")) + 1);
        while (!text.empty()) {
            require(text.front() == '\n');
            auto const arrow = text.find(" --> ");
            require(arrow != text.npos && arrow < text.find('\n', 1));
            text.remove_prefix(text.find('\n', 1) + 1);
            auto const words = text.substr(0, text.find('\n'));
            require(!words.empty() && words.find("-->") == words.npos);
            text.remove_prefix(words.size() + 1);
        }
    }

    static void check_delta(hls::Edition const& edition, std::string const& name,
                            Parsed const& full) {
        auto const delta = read(edition, name, "_HLS_skip=YES");
        require(delta.skipped + delta.segments.size() == full.segments.size());
        require(delta.sequence == full.sequence && delta.hint == full.hint);
        require(delta.open_parts == full.open_parts);
        for (std::size_t i = 0; i < delta.segments.size(); ++i) {
            auto const& one = delta.segments[i];
            auto const& other = full.segments[delta.skipped + i];
            require(one.uri == other.uri && one.parts == other.parts);
        }
    }

    struct Seen {
        std::uint64_t sequence = 0;
        double target = 0;
        std::map<std::uint64_t, std::pair<std::string, std::uint64_t>> segments;
    };
    std::uint64_t version_ = 0;
    std::map<std::string, Seen> seen_;
};

class Game {
public:
    Game(fuzz::Script& script, hls::Settings settings, std::vector<hls::Source> sources,
         hls::Muxer muxer)
        : script_(script),
          settings_(std::move(settings)),
          sources_(std::move(sources)),
          muxer_(std::move(muxer)) {}

    void play() {
        for (int i = 0; i < kMaxSteps && !script_.done(); ++i) {
            auto const made = step();
            if (!made) return;  // the muxer is of no further use
            if (*made) checker_.check(*muxer_.edition(), settings_);
            muxer_.take_warnings();
        }
    }

private:
    std::expected<bool, hls::Error> step() {
        switch (script_.below(32)) {
            case 0:
                return muxer_.finish_publication();
            case 1: {
                auto sources = sources_of(script_);
                auto begun = muxer_.begin_publication(sources, languages_of(script_));
                if (!begun) return false;
                sources_ = std::move(sources);
                now_ = milliseconds(script_.number());
                return begun;
            }
            case 2:
                reconfigure();
                return false;
            case 3:
                now_ += milliseconds(static_cast<std::int64_t>(script_.number())) -
                        milliseconds(20'000);
                return false;
            case 4:
                speak();
                return false;
            default:
                return push();
        }
    }

    void speak() {
        media::Caption caption;
        caption.language = kLanguages[script_.below(kLanguages.size())];
        caption.start =
            now_ + milliseconds(static_cast<std::int64_t>(script_.number())) - milliseconds(20'000);
        caption.duration = milliseconds(1 + script_.byte() * 100);
        caption.text = media::caption_text(script_.text(40));
        if (!caption.text.empty()) muxer_.add_caption(std::move(caption));
    }

    void reconfigure() {
        auto const track = script_.below(6);
        if (track >= sources_.size()) return;
        auto const codec = sources_[track].track.codec();
        if (codec == media::Codec::h264) {
            muxer_.set_track(
                track, {script_.flag() ? media::test::h264_720p() : media::test::h264_main_360p()});
        } else if (codec == media::Codec::opus) {
            muxer_.set_track(track,
                             {media::OpusConfig{static_cast<std::uint8_t>(1 + script_.below(2))}});
        }
    }

    std::expected<bool, hls::Error> push() {
        auto const choices = script_.byte();
        now_ += milliseconds(choices % 64);
        media::Unit unit;
        unit.track = static_cast<std::uint16_t>(script_.below(5));
        unit.keyframe = choices > 128;
        unit.dts = now_ - milliseconds(script_.byte() % 16);
        unit.pts = unit.dts + milliseconds(static_cast<std::int8_t>(script_.byte()));
        // One NAL unit behind its length.
        std::uint16_t const size = script_.byte() == 255 ? 9000 : 3;
        base::Bytes payload{0, 0, static_cast<std::uint8_t>(size >> 8),
                            static_cast<std::uint8_t>(size), 0x65};
        payload.resize(4U + size, script_.byte());
        unit.payload = base::SharedBytes::copy_of(payload);
        return muxer_.push(unit, hls::WallTime(unit.dts));
    }

    fuzz::Script& script_;
    hls::Settings settings_;
    std::vector<hls::Source> sources_;
    hls::Muxer muxer_;
    Checker checker_;
    base::Timestamp now_{};
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    fuzz::Script script(data, size);
    auto const settings = settings_of(script);
    auto sources = sources_of(script);
    auto muxer = hls::Muxer::create(settings, sources, languages_of(script));
    if (!muxer) return 0;
    Game(script, settings, std::move(sources), *std::move(muxer)).play();
    return 0;
}
