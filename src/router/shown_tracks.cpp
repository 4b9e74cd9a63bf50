#include "router/shown_tracks.hpp"

#include <variant>

#include "media/video_format.hpp"
#include "router/api_answer.hpp"

namespace tidegate::router {
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

std::string const& ShownTracks::json() const {
    std::call_once(once_, [this] {
        json::array labels, tracks;
        for (auto const& track : tracks_) {
            labels.emplace_back(track.label());
            tracks.push_back(
                json::object{{"codec", track.label()}, {"codecProps", props_of(track)}});
        }
        json_ = "\"tracks\":" + to_text(labels) + ",\"tracks2\":" + to_text(tracks);
    });
    return json_;
}

}  // namespace tidegate::router
