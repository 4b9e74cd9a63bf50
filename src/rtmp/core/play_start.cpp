#include "rtmp/core/play_start.hpp"

#include <algorithm>

#include "flv/writer.hpp"
#include "media/sps.hpp"
#include "rtmp/core/amf0.hpp"
#include "rtmp/core/caption.hpp"

namespace tidegate::rtmp {

namespace {

constexpr double kSampleBits = 16;  // the output of decoders of all these codecs

bool can_decode(media::Track const& track, std::vector<std::string> const& fourccs) {
    auto const codec = track.codec();
    if (codec != media::Codec::h265 && flv::can_write(track, flv::Form::legacy)) return true;
    return std::ranges::any_of(fourccs, [&](std::string const& fourcc) {
        return fourcc == "*" || fourcc == flv::four_cc(codec);
    });
}

// The codec as onMetaData names it: FLV's number (Adobe FLV 10.1 §E.4.2.1, §E.4.3.1), or the fourCC
// as a number for codecs that have none (Enhanced RTMP).
double codec_id(media::Codec codec) {
    switch (codec) {
        case media::Codec::h264:
            return flv::kAvcId;
        case media::Codec::aac:
            return flv::kAacId;
        case media::Codec::mp3:
            return flv::kMp3Id;
        case media::Codec::pcma:
            return flv::kALawId;
        case media::Codec::pcmu:
            return flv::kMuLawId;
        default:
            return base::ByteReader(base::as_bytes(flv::four_cc(codec))).u32();
    }
}

NumberedTrack const* find(std::vector<NumberedTrack> const& tracks, media::Kind kind) {
    auto const found = std::ranges::find_if(tracks, [&](NumberedTrack const& numbered) {
        return numbered.id == 0 && numbered.track.kind() == kind;
    });
    return found == tracks.end() ? nullptr : &*found;
}

void add(amf0::Object& object, std::string_view name, amf0::Value value) {
    object.members.push_back({std::string(name), std::move(value)});
}

// The size in the parameter sets is more reliable than the publisher's metadata. For the frame rate
// it is the other way round: an SPS has a clock at most.
void add_video(amf0::Object& object, media::Track const& track, Metadata const& published) {
    auto const format = media::video_format(track);
    auto width = published.width;
    auto height = published.height;
    auto frame_rate = published.frame_rate;
    if (format) {
        width = format->width;
        height = format->height;
        if (!frame_rate && format->fps > 0) frame_rate = format->fps;
    }
    if (width) add(object, "width", *width);
    if (height) add(object, "height", *height);
    if (frame_rate) add(object, "framerate", *frame_rate);
}

void add_audio(amf0::Object& object, media::Track const& track, std::string_view name) {
    auto const format = track.audio_format();
    add(object, "audiosamplerate", double(format.sample_rate));
    add(object, "audiosamplesize", kSampleBits);
    add(object, "audiochannels", double(format.channel_count));
    add(object, "stereo", format.channel_count == 2);
    if (!track.language.empty()) add(object, kLanguage, track.language);
    if (!track.name.empty()) add(object, name, track.name);
}

// Describes the tracks beside the first of their kind.
void add_others(amf0::Object& object, std::string_view name, media::Kind kind,
                std::vector<NumberedTrack> const& tracks) {
    bool const video = kind == media::Kind::video;
    amf0::Object map;
    for (auto const& [track, id] : tracks) {
        if (id == 0 || track.kind() != kind) continue;
        amf0::Object own;
        video ? add_video(own, track, {}) : add_audio(own, track, kFurtherName);
        add(own, video ? "videocodecid" : "audiocodecid", codec_id(track.codec()));
        add(map, std::to_string(id), std::move(own));
    }
    if (!map.members.empty()) add(object, name, std::move(map));
}

// The four members that MediaMTX writes are always written; an unknown rate is 0.
amf0::Object metadata_object(std::vector<NumberedTrack> const& tracks, Metadata const& published) {
    auto const* const video = find(tracks, media::Kind::video);
    auto const* const audio = find(tracks, media::Kind::audio);
    amf0::Object object;
    if (video != nullptr) add_video(object, video->track, published);
    add(object, "videocodecid", video == nullptr ? 0.0 : codec_id(video->track.codec()));
    add(object, "videodatarate", video == nullptr ? 0.0 : published.video_kbps.value_or(0));
    if (audio != nullptr) add_audio(object, audio->track, kFirstName);
    add(object, "audiocodecid", audio == nullptr ? 0.0 : codec_id(audio->track.codec()));
    add(object, "audiodatarate", audio == nullptr ? 0.0 : published.audio_kbps.value_or(0));
    add_others(object, kVideoTracks, media::Kind::video, tracks);
    add_others(object, kAudioTracks, media::Kind::audio, tracks);
    return object;
}

}  // namespace

std::vector<std::size_t> playable_tracks(media::Tracks const& tracks,
                                         PlayerAbilities const& abilities) {
    auto const ids = flv::track_ids(tracks);
    std::vector<std::size_t> chosen;
    for (std::size_t i = 0; i < tracks.size(); ++i) {
        if (!ids[i] || (*ids[i] != 0 && !abilities.several_tracks)) continue;
        if (can_decode(tracks[i], abilities.fourccs)) chosen.push_back(i);
    }
    return chosen;
}

std::vector<NumberedTrack> numbered_tracks(media::Tracks const& tracks,
                                           std::optional<std::vector<std::size_t>> const& chosen) {
    auto const ids = flv::track_ids(tracks);
    std::vector<NumberedTrack> numbered;
    for (std::size_t i = 0; i < tracks.size(); ++i) {
        bool const wanted = !chosen || std::ranges::find(*chosen, i) != chosen->end();
        if (wanted && ids[i]) numbered.push_back({tracks[i], *ids[i]});
    }
    return numbered;
}

base::Bytes write_metadata(std::vector<NumberedTrack> const& tracks, Metadata const& published) {
    return amf0::write_all({"onMetaData", metadata_object(tracks, published)});
}

base::Bytes write_published_metadata(media::Tracks const& tracks,
                                     std::vector<std::string> const& caption_languages) {
    auto object = metadata_object(numbered_tracks(tracks), {});
    if (!caption_languages.empty()) {
        add(object, kCaptionLanguages, media::caption_language_list(caption_languages));
    }
    return amf0::write_all({"@setDataFrame", "onMetaData", std::move(object)});
}

}  // namespace tidegate::rtmp
