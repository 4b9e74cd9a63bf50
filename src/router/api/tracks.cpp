#include "router/api/tracks.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <variant>

#include "http/json_text.hpp"
#include "media/sps.hpp"

namespace tidegate::router {

namespace json = boost::json;

namespace {

json::value video_props(media::Track const& track) {
    auto const format = media::video_format(track);
    if (!format) return json::object{{"width", 0}, {"height", 0}, {"profile", ""}, {"level", ""}};
    return json::object{{"width", format->width},
                        {"height", format->height},
                        {"profile", format->profile},
                        {"level", format->level}};
}

// Null for codecs without properties.
json::value props_of(media::Track const& track) {
    if (track.kind() == media::Kind::video) return video_props(track);
    if (auto const* aac = std::get_if<media::AacConfig>(&track.config)) {
        return json::object{{"sampleRate", aac->sample_rate}, {"channelCount", aac->channel_count}};
    }
    if (auto const* opus = std::get_if<media::OpusConfig>(&track.config)) {
        return json::object{{"channelCount", opus->channel_count}};
    }
    return nullptr;
}

}  // namespace

std::string tracks_text(media::Tracks const& tracks) {
    json::array labels, shown;
    for (auto const& track : tracks) {
        labels.emplace_back(track.label());
        shown.push_back(json::object{{"codec", track.label()}, {"codecProps", props_of(track)}});
    }
    return "\"tracks\":" + http::to_text(labels) + ",\"tracks2\":" + http::to_text(shown);
}

}  // namespace tidegate::router
