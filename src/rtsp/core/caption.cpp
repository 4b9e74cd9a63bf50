#include "rtsp/core/caption.hpp"

#include <chrono>

#include "base/number.hpp"
#include "media/caption.hpp"
#include "media/language.hpp"
#include "rtsp/core/message.hpp"

namespace tidegate::rtsp {

namespace {

constexpr std::string_view kLanguage = "x-caption-language";
constexpr std::string_view kTrack = "x-caption-track";
constexpr std::string_view kRtpTime = "x-caption-rtptime";
constexpr std::string_view kDuration = "x-caption-duration";
constexpr std::string_view kText = "x-caption-text";

}  // namespace

std::optional<Caption> read_caption(std::string_view body) {
    if (body.size() > kMaxParameters) return std::nullopt;
    Caption caption;
    std::optional<std::uint16_t> track;
    std::optional<std::uint32_t> rtptime;
    std::optional<base::Timestamp> duration;
    while (!body.empty()) {
        auto value = next_line(body);
        auto const name = cut(value, ':');
        value = trim(value);
        if (equal_ignoring_case(name, kLanguage)) caption.language = media::language_tag(value);
        if (equal_ignoring_case(name, kTrack)) track = base::parse_number<std::uint16_t>(value);
        if (equal_ignoring_case(name, kRtpTime)) rtptime = base::parse_number<std::uint32_t>(value);
        if (equal_ignoring_case(name, kDuration)) {
            auto const milliseconds = base::parse_number<std::uint32_t>(value);
            if (milliseconds) duration = media::caption_duration(*milliseconds);
        }
        if (equal_ignoring_case(name, kText)) caption.text = media::caption_text(value);
    }
    if (!track || !rtptime || !duration || caption.text.empty()) return std::nullopt;
    caption.track = *track;
    caption.rtptime = *rtptime;
    caption.duration = *duration;
    return caption;
}

std::string write_caption(Caption const& caption) {
    auto const milliseconds = std::chrono::round<std::chrono::milliseconds>(caption.duration);
    std::string body;
    auto const add = [&](std::string_view name, std::string_view value) {
        body.append(name).append(": ").append(value).append("\r\n");
    };
    add(kLanguage, caption.language);
    add(kTrack, std::to_string(caption.track));
    add(kRtpTime, std::to_string(caption.rtptime));
    add(kDuration, std::to_string(milliseconds.count()));
    add(kText, media::caption_text(caption.text));
    return body;
}

}  // namespace tidegate::rtsp
