// The body of a video (first byte even) or audio message: parsed with lengths of 1 to 4 bytes (the
// two bits above), and what it says written and parsed again.
#include <cstdint>
#include <cstdlib>

#include "checks.hpp"
#include "flv/codec_name.hpp"
#include "flv/probe.hpp"
#include "flv/tag.hpp"
#include "flv/writer.hpp"

namespace {

using namespace tidegate;
using base::SharedBytes;
using fuzz::require;

std::expected<flv::Tag, flv::Error> parse(media::Kind kind, base::ByteView body,
                                          unsigned length_size = 4) {
    auto const shared = SharedBytes::copy_of(body);
    return kind == media::Kind::video ? flv::parse_video(shared, length_size)
                                      : flv::parse_audio(shared);
}

void rewrite(flv::SequenceHeader const& header) {
    if (!header.track.configured()) return;  // H.264's would be written with stand-ins
    for (auto const form : {flv::Form::legacy, flv::Form::enhanced}) {
        auto const id = form == flv::Form::enhanced ? header.track_id : std::uint8_t{0};
        auto const body = flv::write_sequence_header(header.track, form, id);
        if (body.empty()) continue;  // the form cannot carry it, or its SPS cannot be read
        auto const again = parse(header.track.kind(), body);
        require(again && std::get<flv::SequenceHeader>(*again).track == header.track);
        require(std::get<flv::SequenceHeader>(*again).track_id == id);
    }
}

// A track of any codec, with what the writer looks at.
media::Track some_track_of(flv::Frame const& frame) {
    switch (frame.codec) {
        case media::Codec::h264:
            return {media::H264Config{}};
        case media::Codec::h265:
            return {media::H265Config{}};
        case media::Codec::av1:
            return {media::Av1Config{}};
        case media::Codec::vp9:
            return {media::Vp9Config{}};
        case media::Codec::aac:
            return {media::AacConfig{}};
        case media::Codec::opus:
            return {media::OpusConfig{}};
        case media::Codec::flac:
            return {media::FlacConfig{}};
        default:
            break;
    }
    auto const track = flv::track_of(frame);
    require(track && track->codec() == frame.codec && track->configured());
    return *track;
}

void rewrite(flv::Frame const& frame) {
    auto const track = some_track_of(frame);
    media::Unit const unit{.keyframe = frame.keyframe,
                           .pts = frame.composition_time,
                           .dts = {},
                           .payload = frame.payload};
    // G.711 has no fourCC, so no multitrack message has it.
    auto const id = flv::four_cc(frame.codec).empty() ? std::uint8_t{0} : frame.track_id;
    auto const header = flv::write_frame_header(track, unit, flv::Form::enhanced, id);
    base::Bytes body(header.view().begin(), header.view().end());
    auto const payload = frame.payload.view();
    body.insert(body.end(), payload.begin(), payload.end());
    auto const again = parse(track.kind(), body);
    require(again.has_value());
    auto const& copy = std::get<flv::Frame>(*again);
    require(copy.track_id == id && copy.codec == frame.codec && copy.keyframe == frame.keyframe &&
            copy.composition_time == frame.composition_time &&
            copy.payload.size() == frame.payload.size());
}

void rewrite(flv::Tag const& tag) {
    if (auto const* header = std::get_if<flv::SequenceHeader>(&tag)) rewrite(*header);
    if (auto const* frame = std::get_if<flv::Frame>(&tag)) rewrite(*frame);
    if (auto const* several = std::get_if<flv::Multitrack>(&tag)) {
        require(!several->tracks.empty() && several->tracks.size() <= media::kMaxTracks);
        for (auto const& one : several->tracks) {
            require(!std::holds_alternative<flv::Multitrack>(one));
            rewrite(one);
        }
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    if (size == 0) return 0;
    auto const kind = data[0] % 2 == 0 ? media::Kind::video : media::Kind::audio;
    auto const tag = parse(kind, {data + 1, size - 1}, 4U - (data[0] >> 1 & 3U));
    if (!tag) {
        require(!tag.error().message.empty());
        return 0;
    }
    if (auto const* other = std::get_if<flv::Unsupported>(&*tag)) {
        require(!flv::codec_name(other->codec, kind).empty());
    }
    rewrite(*tag);
    return 0;
}
