// What the writers of both sides' messages share. Part of client_messages.cpp and
// service_messages.cpp.
#pragma once

#include <boost/json/object.hpp>
#include <string>
#include <string_view>

#include "sts/core/message.hpp"

namespace tidegate::sts::detail {

// 42["name",{...}]
Message write_event(std::string_view name, boost::json::object const& fields);

// The same with a sound in it: `fields` in front of it, then the audio under the name `key`, then
// `rest`. REQUIRES: fields and rest are not empty.
struct SoundEvent {
    std::string_view name;
    boost::json::object fields;
    std::string_view key;
    AudioData audio;
    boost::json::object rest;
};
Message write_sound_event(SoundEvent&& event);

boost::json::string_view to_json(std::string_view text);

}  // namespace tidegate::sts::detail
