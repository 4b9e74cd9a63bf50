// Captions over RTMP: the data message onTextData, which encoders and servers of captions send. Its
// time stamp is when the caption begins, and may be later than that of the media around it. Pure
// functions; any thread.
//
// Members: `text`; `language`; `duration` in milliseconds, ours, for no specification has one. That
// captions will come, and in which languages, stands in onMetaData (kCaptionLanguages); whoever has
// not said so sends onTextData in vain.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.hpp"
#include "media/caption.hpp"

namespace tidegate::rtmp {

namespace amf0 {
class Value;
}

inline constexpr std::string_view kTextData = "onTextData";
// In onMetaData: "es,fr".
inline constexpr std::string_view kCaptionLanguages = "captionlanguages";
// How long a caption stands of which that is not said.
inline constexpr base::Timestamp kUsualCaption = std::chrono::seconds(3);

// object: of onTextData. Without a language the caption's stays empty. nullopt: it says nothing, or
// something that no caption can be.
std::optional<media::Caption> read_caption(amf0::Value const& object, base::Timestamp start);
// The body of the data message.
base::Bytes write_caption(media::Caption const& caption);

}  // namespace tidegate::rtmp
