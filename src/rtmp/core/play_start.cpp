#include "rtmp/core/play_start.hpp"

#include <algorithm>
#include <array>

#include "flv/writer.hpp"
#include "media/sps.hpp"
#include "rtmp/core/amf0.hpp"

namespace tidegate::rtmp {

namespace {

constexpr std::uint32_t kOpusRate = 48000;
constexpr double kSampleBits = 16;  // the output of decoders of all these codecs

bool can_decode(media::Codec codec, std::vector<std::string> const& fourccs) {
    if (codec != media::Codec::h265 && codec != media::Codec::opus) return true;
    return std::ranges::any_of(fourccs, [&](std::string const& fourcc) {
        return fourcc == "*" || fourcc == flv::four_cc(codec);
    });
}

// The codec as onMetaData names it: FLV's number (Adobe FLV 10.1 §E.4.2.1, §E.4.3.1), or the fourCC
// as a number for codecs that have none (Enhanced RTMP).
double codec_id(media::Codec codec) {
    switch (codec) {
        case media::Codec::h264:
            return 7;
        case media::Codec::aac:
            return 10;
        case media::Codec::mp3:
            return 2;
        case media::Codec::h265:
        case media::Codec::opus:
            break;
    }
    std::uint32_t number = 0;
    for (char const letter : flv::four_cc(codec)) {
        number = number << 8 | static_cast<std::uint8_t>(letter);
    }
    return number;
}

media::Track const* find(media::Tracks const& tracks, media::Kind kind) {
    auto const found = std::ranges::find(tracks, kind, &media::Track::kind);
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

struct AudioFormat {
    std::uint32_t sample_rate;
    std::uint8_t channel_count;
};

AudioFormat audio_format(media::Track const& track) {
    if (auto const* aac = std::get_if<media::AacConfig>(&track.config)) {
        return {aac->sample_rate, aac->channel_count};
    }
    if (auto const* mp3 = std::get_if<media::Mp3Config>(&track.config)) {
        return {mp3->sample_rate, mp3->channel_count};
    }
    auto const* const opus = std::get_if<media::OpusConfig>(&track.config);
    return {kOpusRate, opus == nullptr ? std::uint8_t{2} : opus->channel_count};
}

void add_audio(amf0::Object& object, media::Track const& track) {
    auto const format = audio_format(track);
    add(object, "audiosamplerate", double(format.sample_rate));
    add(object, "audiosamplesize", kSampleBits);
    add(object, "audiochannels", double(format.channel_count));
    add(object, "stereo", format.channel_count == 2);
}

// The four members that MediaMTX writes are always written; an unknown rate is 0.
amf0::Object metadata_object(media::Tracks const& tracks, Metadata const& published) {
    auto const* const video = find(tracks, media::Kind::video);
    auto const* const audio = find(tracks, media::Kind::audio);
    amf0::Object object;
    if (video != nullptr) add_video(object, *video, published);
    add(object, "videocodecid", video == nullptr ? 0.0 : codec_id(video->codec()));
    add(object, "videodatarate", video == nullptr ? 0.0 : published.video_kbps.value_or(0));
    if (audio != nullptr) add_audio(object, *audio);
    add(object, "audiocodecid", audio == nullptr ? 0.0 : codec_id(audio->codec()));
    add(object, "audiodatarate", audio == nullptr ? 0.0 : published.audio_kbps.value_or(0));
    return object;
}

}  // namespace

std::vector<std::size_t> playable_tracks(media::Tracks const& tracks,
                                         std::vector<std::string> const& fourccs) {
    std::vector<std::size_t> chosen;
    std::array<bool, 2> taken{};
    for (std::size_t i = 0; i < tracks.size(); ++i) {
        auto& has_kind = taken[static_cast<std::size_t>(tracks[i].kind())];
        if (has_kind || !can_decode(tracks[i].codec(), fourccs)) continue;
        has_kind = true;
        chosen.push_back(i);
    }
    return chosen;
}

base::Bytes write_metadata(media::Tracks const& tracks, Metadata const& published) {
    return amf0::write_all({"onMetaData", metadata_object(tracks, published)});
}

base::Bytes write_published_metadata(media::Tracks const& tracks) {
    return amf0::write_all({"@setDataFrame", "onMetaData", metadata_object(tracks, {})});
}

}  // namespace tidegate::rtmp
