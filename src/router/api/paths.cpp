// The paths that exist.
#include <variant>

#include "media/av1.hpp"
#include "media/sps.hpp"
#include "router/api/handlers.hpp"

namespace tidegate::router {
namespace {

void append_video(std::string& text, media::Track const& track) {
    auto const format = media::video_format(track);
    JsonObject(text)
        .add("width", format ? format->width : 0U)
        .add("height", format ? format->height : 0U)
        .add("profile", format ? format->profile : "")
        .add("level", format ? format->level : "")
        .end();
}

// What MediaMTX shows as numbers, it shows as 0 while it is not known.
void append_av1(std::string& text, media::Av1Config const& config) {
    auto const sequence = media::av1_sequence(config).value_or(media::Av1Sequence{});
    JsonObject(text)
        .add("width", sequence.width)
        .add("height", sequence.height)
        .add("profile", unsigned{sequence.profile})
        .add("level", unsigned{sequence.level})
        .add("tier", unsigned{sequence.tier})
        .end();
}

void append_g711(std::string& text, media::Track const& track) {
    auto const format = track.audio_format();
    JsonObject(text)
        .add("muLaw", track.codec() == media::Codec::pcmu)
        .add("sampleRate", format.sample_rate)
        .add("channelCount", format.channel_count)
        .end();
}

void append_sound(std::string& text, media::AudioFormat const& format) {
    JsonObject(text)
        .add("sampleRate", format.sample_rate)
        .add("channelCount", format.channel_count)
        .end();
}

// Null for codecs without properties.
void append_properties(std::string& text, media::Track const& track) {
    using media::Codec;
    auto const codec = track.codec();
    if (auto const* av1 = std::get_if<media::Av1Config>(&track.config)) {
        append_av1(text, *av1);
    } else if (auto const* vp9 = std::get_if<media::Vp9Config>(&track.config)) {
        JsonObject(text).add("profile", unsigned{vp9->profile}).end();
    } else if (track.kind() == media::Kind::video) {
        append_video(text, track);
    } else if (codec == Codec::pcma || codec == Codec::pcmu) {
        append_g711(text, track);
    } else if (codec == Codec::ac3 || codec == Codec::eac3) {
        append_sound(text, track.audio_format());
    } else if (auto const* aac = std::get_if<media::AacConfig>(&track.config)) {
        append_sound(text, {aac->sample_rate, aac->channel_count});
    } else if (auto const* opus = std::get_if<media::OpusConfig>(&track.config)) {
        JsonObject(text).add("channelCount", opus->channel_count).end();
    } else {
        text += "null";
    }
}

void append_track(std::string& text, media::Track const& track) {
    JsonObject item(text);
    item.add("codec", track.label());
    append_properties(item.begin("codecProps"), track);
    if (!track.language.empty()) item.add("language", track.language);
    if (!track.name.empty()) item.add("name", track.name);
    item.end();
}

// MediaMTX counts a redirection as online since the year 1.
constexpr std::string_view kRedirectOnline = "0001-01-01T00:00:00Z";

void append_endpoint(std::string& text, PeerId const& endpoint) {
    JsonObject(text).add("type", endpoint.type).add("id", endpoint.id).end();
}

Readers const kNoReaders;

void append_path(std::string& text, PathInfo const& path) {
    JsonObject item(text);
    item.add("name", path.name).add("confName", path.conf_name);
    auto const available = time_text(path.available_since);
    item.add("ready", path.available_since.has_value()).begin("readyTime") += available;
    item.add("available", path.available_since.has_value()).begin("availableTime") += available;
    if (path.source && path.source->type == "redirect") {
        item.add("online", true).add("onlineTime", kRedirectOnline);
    } else {
        bool const same = path.online_since == path.available_since;
        item.add("online", path.online_since.has_value()).begin("onlineTime") +=
            same ? available : time_text(path.online_since);
    }
    if (path.source) {
        append_endpoint(item.begin("source"), *path.source);
    } else {
        item.add_null("source");
    }
    item.add_members(path.tracks != nullptr ? path.tracks->text(&tracks_text)
                                            : R"("tracks":[],"tracks2":[])");
    http::append_array(item.begin("readers"), path.readers ? *path.readers : kNoReaders,
                       append_endpoint);
    item.add("inboundBytes", path.inbound_bytes)
        .add("outboundBytes", path.outbound_bytes)
        .add("inboundFramesInError", path.inbound_frames_in_error)
        .add("bytesReceived", path.inbound_bytes)
        .add("bytesSent", path.outbound_bytes)
        .end();
}

}  // namespace

std::string tracks_text(media::Tracks const& tracks) {
    std::string text = "\"tracks\":";
    http::append_array(text, tracks, [](std::string& label, media::Track const& track) {
        http::append_string(label, track.label());
    });
    text += ",\"tracks2\":";
    http::append_array(text, tracks, append_track);
    return text;
}

Answer list_paths(ApiContext const& context, http::Request const& request) {
    auto const wanted = wanted_page(request);
    if (!wanted) return std::unexpected(wanted.error());
    auto const found = context.paths.page(wanted->first(), wanted->last());
    return list_text(found.total, *wanted, found.paths, append_path);
}

Answer get_path(ApiContext const& context, http::Request const& request) {
    auto const name = param(request, "name");
    if (name.empty()) return std::unexpected(ApiError{400, "invalid name"});
    auto const path = context.paths.snapshot(name);
    if (!path) return std::unexpected(ApiError{404, "path not found"});
    std::string text;
    append_path(text, *path);
    return text;
}

}  // namespace tidegate::router
