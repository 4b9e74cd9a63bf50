// What the readers of both sides' events share. Part of service_events.cpp and client_events.cpp.
#pragma once

#include <boost/json/value.hpp>
#include <expected>
#include <string>
#include <string_view>

#include "sts/core/audio_data.hpp"
#include "sts/core/json_fields.hpp"

namespace tidegate::sts::detail {

// An event taken apart. fields: of its first argument; it points into `arguments`.
struct NamedEvent {
    boost::json::value arguments;
    std::string name;

    Fields fields() const;
};
std::expected<NamedEvent, std::string> name_event(std::string_view data);

// The fields of §5.3. An audio without base 64 has an empty one. Longer texts than a service may
// send are left out.
AudioData read_audio(Fields const& fields);

}  // namespace tidegate::sts::detail
