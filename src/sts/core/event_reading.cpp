#include "sts/core/event_reading.hpp"

#include <boost/json/array.hpp>
#include <boost/json/string.hpp>

#include "base/utf8.hpp"

namespace tidegate::sts::detail {

Fields NamedEvent::fields() const {
    auto const& array = arguments.get_array();
    return Fields(array.size() < 2 ? nullptr : &array[1]);
}

std::expected<NamedEvent, std::string> name_event(std::string_view data) {
    auto value = parse_json(data);
    if (!value) return std::unexpected(value.error());
    auto const* const array = value->if_array();
    if (array == nullptr || array->empty() || !array->front().is_string()) {
        return std::unexpected("an event without a name");
    }
    auto const& name = array->front().get_string();
    std::string shown(base::utf8_prefix({name.data(), name.size()}, kMaxId));
    return NamedEvent{std::move(*value), std::move(shown)};
}

AudioData read_audio(Fields const& fields) {
    // No rate, number or length is larger than this; what is larger is no value at all.
    constexpr std::int64_t kMost = 1'000'000;
    AudioData audio;
    audio.format = fields.text("format", kMaxId).value_or("");
    audio.sample_rate =
        static_cast<std::uint32_t>(fields.integer_or("sample_rate_hz", 0, 0, kMost));
    audio.channels = static_cast<std::uint32_t>(fields.integer_or("channels", 0, 0, kMost));
    audio.duration = fields.milliseconds("duration_ms").value_or(std::chrono::milliseconds{0});
    auto const* const sound = fields.find("data_base64");
    auto const* const text = sound == nullptr ? nullptr : sound->if_string();
    if (text != nullptr && text->size() <= kMaxAudioBase64) {
        audio.base64.assign(text->data(), text->size());
    }
    return audio;
}

}  // namespace tidegate::sts::detail
