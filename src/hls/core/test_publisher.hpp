// A publisher for tests: pictures and sound of even lengths, pushed into a muxer in the order of
// their times. Tests only.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "hls/core/muxer.hpp"
#include "media/test_samples.hpp"

namespace tidegate::hls::test {

using std::chrono::milliseconds;

inline constexpr char kPrefix[] = "0123456789ab";
inline constexpr char kVideo[] = "video1_stream.m3u8";
inline constexpr char kAudio[] = "audio2_stream.m3u8";
// 2026-01-01T00:00:00Z
inline constexpr WallTime kNewYear{std::chrono::seconds(1'767'225'600)};

inline Source video() {
    return {.track = {media::test::h264_720p()}};
}
inline Source audio(std::string language = {}, std::string name = {}) {
    return {{.config = media::test::aac_stereo_44100(),
             .language = std::move(language),
             .name = std::move(name)}};
}

inline Settings settings(Variant variant = Variant::low_latency) {
    Settings settings;
    settings.variant = variant;
    settings.prefix = kPrefix;
    return settings;
}

class Publisher {
public:
    explicit Publisher(std::vector<Source> sources, Settings with = settings(),
                       std::vector<std::string> const& captions = {})
        : sources_(std::move(sources)),
          muxer(*Muxer::create(std::move(with), sources_, captions)) {}

    // One unit of each track every 40 ms, and a key frame each second, up to a time.
    void run_to(milliseconds end) {
        for (; now < end; now += milliseconds(40)) {
            for (std::size_t i = 0; i < sources_.size(); ++i) {
                bool const is_video = sources_[i].track.kind() == media::Kind::video;
                bool const key = !is_video || (now - origin) % gop == milliseconds(0);
                if (!silent.contains(i)) push(i, now, key, is_video ? picture_size : sound_size);
            }
        }
    }

    std::expected<bool, Error> push(std::size_t track, base::Timestamp dts, bool key,
                                    std::size_t size) {
        media::Unit unit;
        unit.track = static_cast<std::uint16_t>(track);
        unit.keyframe = key;
        unit.dts = dts;
        unit.pts = dts + composition;
        unit.payload = payload(sources_[track].track.kind() == media::Kind::video, size);
        auto made = muxer.push(unit, kNewYear + std::max<base::Timestamp>(dts, burst_until));
        if (made && *made) ++editions;
        return made;
    }

    // The publisher goes and comes back: its times begin anew.
    void come_back(std::vector<Source> sources, std::vector<std::string> const& captions = {}) {
        EXPECT_TRUE(muxer.finish_publication());
        sources_ = std::move(sources);
        EXPECT_TRUE(muxer.begin_publication(sources_, captions));
    }

    Answer get(std::string_view name, std::string_view query = {}) const {
        auto file = parse_file_name(name);
        EXPECT_TRUE(file) << name;
        if (!file) return {};
        Query parsed(query);
        auto forwarded = parsed;
        forwarded.erase_directives();
        return muxer.edition()->answer(make_request(*file, parsed, forwarded.encoded()));
    }
    // The text of an answer; "wait" and the like when there is none.
    std::string text(std::string_view name, std::string_view query = {}) const {
        auto const answer = get(name, query);
        switch (answer.outcome) {
            case Outcome::ready:
                return std::string(base::as_text(mp4::joined(answer.body).view()));
            case Outcome::wait:
                return "wait";
            case Outcome::bad_request:
                return "bad request";
            default:
                return "not found";
        }
    }

private:
    // A picture is one NAL unit behind its length.
    base::SharedBytes payload(bool is_video, std::size_t size) {
        base::Bytes bytes(size, static_cast<std::uint8_t>(count++));
        if (is_video) {
            base::Bytes start;
            base::ByteWriter(start).u32(size - 4);
            start.push_back(0x65);
            std::ranges::copy(start, bytes.begin());
        }
        return base::SharedBytes::copy_of(bytes);
    }

    std::vector<Source> sources_;

public:
    Muxer muxer;
    milliseconds now{0};
    milliseconds origin{0};
    milliseconds gop{1000};
    std::map<std::size_t, bool> silent;  // these tracks send nothing
    milliseconds burst_until{0};         // what is before comes then
    std::size_t picture_size = 1000;
    std::size_t sound_size = 100;
    milliseconds composition{0};
    std::uint64_t editions = 0;
    std::uint64_t count = 0;
};

}  // namespace tidegate::hls::test
