#include "rtmp/core/caption.hpp"

#include <string>

#include "media/language.hpp"
#include "rtmp/core/amf0.hpp"

namespace tidegate::rtmp {

namespace {

constexpr char kText[] = "text";
constexpr char kLanguage[] = "language";
constexpr char kDuration[] = "duration";

}  // namespace

std::optional<media::Caption> read_caption(amf0::Value const& value, base::Timestamp start) {
    auto const* const object = value.object();
    if (object == nullptr) return std::nullopt;
    media::Caption caption{.language = media::language_tag(object->text(kLanguage)),
                           .start = start,
                           .duration = kUsualCaption,
                           .text = media::caption_text(object->text(kText))};
    if (caption.text.empty()) return std::nullopt;
    if (auto const* const said = object->find(kDuration); said != nullptr && said->number()) {
        auto const duration = media::caption_duration(*said->number());
        if (!duration) return std::nullopt;
        caption.duration = *duration;
    }
    return caption;
}

base::Bytes write_caption(media::Caption const& caption) {
    auto const milliseconds = std::chrono::duration<double, std::milli>(caption.duration).count();
    return amf0::write_all({kTextData, amf0::Object{}
                                           .with(kText, caption.text)
                                           .with(kLanguage, caption.language)
                                           .with(kDuration, milliseconds)});
}

}  // namespace tidegate::rtmp
