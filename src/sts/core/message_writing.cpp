#include "sts/core/message_writing.hpp"

#include <boost/json/serialize.hpp>
#include <boost/json/string.hpp>
#include <boost/json/value.hpp>
#include <utility>

namespace tidegate::sts::detail {

namespace json = boost::json;

namespace {

// [name,fields] without the brackets of both ends: what may follow is another field.
std::string open_event(std::string_view name, json::object const& fields) {
    std::string text = write_packet({.kind = PacketKind::event});
    text.append("[").append(json::serialize(json::string(to_json(name)))).append(",");
    text += json::serialize(fields);
    text.pop_back();
    return text;
}

}  // namespace

json::string_view to_json(std::string_view text) {
    return {text.data(), text.size()};
}

Message write_event(std::string_view name, json::object const& fields) {
    return {.head = open_event(name, fields) + "}]"};
}

Message write_sound_event(SoundEvent&& event) {
    json::object audio{{"format", event.audio.format},
                       {"sample_rate_hz", event.audio.sample_rate},
                       {"channels", event.audio.channels},
                       {"duration_ms", event.audio.duration.count()}};
    Message message{.head = open_event(event.name, event.fields)};
    auto opened = json::serialize(audio);
    opened.pop_back();
    message.head.append(",\"").append(event.key).append("\":").append(opened);
    message.head += R"(,"data_base64":")";
    message.sound = std::move(event.audio.base64);
    message.tail = "\"},";
    message.tail.append(json::serialize(event.rest), 1).append("]");
    return message;
}

}  // namespace tidegate::sts::detail
