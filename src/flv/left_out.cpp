#include "flv/left_out.hpp"

#include <algorithm>

namespace tidegate::flv {

namespace {

std::string_view reason_text(LeftOutReason reason) {
    switch (reason) {
        case LeftOutReason::unsupported:
            return "not supported";
        case LeftOutReason::too_many:
            return "too many tracks";
        case LeftOutReason::unconfigured:
            return "without a configuration so far";
        case LeftOutReason::other_codec:
            return "not the codec of its track";
    }
    return "";
}

}  // namespace

std::optional<std::string> LeftOut::note(std::string_view codec, media::Kind kind,
                                         std::uint8_t track_id, LeftOutReason reason) {
    if (seen_.size() == kMostNamed) return std::nullopt;
    std::string text(codec);
    text += kind == media::Kind::video ? " video" : " audio";
    if (track_id != 0) text += " track " + std::to_string(track_id);
    text += " (";
    text += reason_text(reason);
    text += ")";
    if (std::ranges::find(seen_, text) != seen_.end()) return std::nullopt;
    return seen_.emplace_back(std::move(text));
}

std::string LeftOut::text() const {
    std::string all;
    for (auto const& one : seen_) all += (all.empty() ? "" : ", ") + one;
    return all;
}

}  // namespace tidegate::flv
