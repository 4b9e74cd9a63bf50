#include "flv/probe.hpp"

#include <algorithm>
#include <utility>

#include "flv/codec_name.hpp"
#include "media/access_unit.hpp"
#include "media/mp3.hpp"

namespace tidegate::flv {

using base::Timestamp;
using media::fail;
using media::Kind;

namespace {

std::string_view name(Kind kind) {
    return kind == Kind::video ? "video" : "audio";
}

Kind kind_of(media::Codec codec) {
    return codec <= media::Codec::h265 ? Kind::video : Kind::audio;
}

}  // namespace

TrackMap::TrackMap(media::Tracks const& tracks, std::array<std::uint8_t, 2> track_ids) {
    for (std::size_t i = 0; i < tracks.size(); ++i) {
        if (has(tracks[i].kind())) continue;
        auto const kind = static_cast<std::size_t>(tracks[i].kind());
        add(tracks[i], static_cast<std::uint16_t>(i), track_ids[kind]);
    }
}

void TrackMap::add(media::Track const& track, std::uint16_t number, std::uint8_t track_id) {
    slots_[static_cast<std::size_t>(track.kind())] = {number, track.codec(), track_id};
}

std::optional<std::uint16_t> TrackMap::find(Kind kind, std::uint8_t track_id) const {
    auto const& slot = slots_[static_cast<std::size_t>(kind)];
    if (!slot || slot->track_id != track_id) return std::nullopt;
    return slot->number;
}

std::optional<std::uint16_t> TrackMap::find(media::Codec codec, std::uint8_t track_id) const {
    auto const& slot = slots_[static_cast<std::size_t>(kind_of(codec))];
    if (!slot || slot->codec != codec || slot->track_id != track_id) return std::nullopt;
    return slot->number;
}

media::Unit make_unit(Frame const& frame, std::uint16_t track, Timestamp dts) {
    return {.track = track,
            .keyframe = frame.keyframe,
            .pts = dts + frame.composition_time,
            .dts = dts,
            .payload = frame.payload};
}

std::expected<void, Error> Probe::add(Tag const& tag, Kind kind, Timestamp dts) {
    if (auto const* header = std::get_if<SequenceHeader>(&tag)) {
        start(progress(kind), header->track, header->track_id);
    } else if (auto const* frame = std::get_if<Frame>(&tag)) {
        return keep(*frame, kind, dts);
    } else if (auto const* other = std::get_if<Unsupported>(&tag)) {
        skip(*other, kind, dts);
    } else if (auto const* several = std::get_if<Multitrack>(&tag)) {
        for (auto const& one : several->tracks) {
            if (auto const added = add(one, kind, dts); !added) return added;
        }
    }
    return {};
}

// The first track of a kind is carried. A later sequence header of the same track replaces the
// first.
void Probe::start(Progress& own, media::Track const& track, std::uint8_t track_id) {
    if (own.track && own.track_id != track_id) {
        left_out_.note(codec_name(track.codec()), track.kind(), track_id, LeftOutReason::second);
        return;
    }
    own.track_id = track_id;
    if (own.track && own.track->codec() == track.codec()) {
        media::adopt_configuration(*own.track, track);
    } else {
        own.track = track;
    }
}

// When no sequence header has come, the parameter sets in the pictures configure the track.
void Probe::learn(Progress& own, Frame const& frame) {
    if (!own.track) {
        own.track_id = frame.track_id;
        own.track = frame.codec == media::Codec::h264 ? media::Track{media::H264Config{}}
                                                      : media::Track{media::H265Config{}};
    }
    if (own.track->codec() == frame.codec) {
        media::learn_parameter_sets(*own.track, frame.payload.view());
    }
}

void Probe::skip(Unsupported const& tag, Kind kind, Timestamp dts) {
    auto& own = progress(kind);
    own.unsupported = true;
    pass_time(own, dts);
    left_out_.note(codec_name(tag.codec, kind), kind, tag.track_id, LeftOutReason::unsupported);
}

void Probe::pass_time(Progress& own, Timestamp dts) {
    if (own.last) own.media_time += std::clamp(dts - *own.last, Timestamp{}, kMaxProbeStep);
    own.last = dts;
}

std::expected<void, Error> Probe::keep(Frame const& frame, Kind kind, Timestamp dts) {
    auto& own = progress(kind);
    if (own.track && own.track_id != frame.track_id)
        return {};  // of a track that left_out_ names since its header
    if (kept_.size() >= kMaxProbeUnits || frame.payload.size() > kMaxProbeBytes - kept_bytes_) {
        return fail("max recorded size exceeded");
    }
    if (frame.codec == media::Codec::mp3 && !own.track) {
        auto const header = media::parse_mp3_frame(frame.payload.view());
        if (!header) return std::unexpected(header.error());
        start(own, media::Track{header->config}, frame.track_id);
    }
    if (frame.parameter_sets) learn(own, frame);
    pass_time(own, dts);
    own.seen = true;
    kept_bytes_ += frame.payload.size();
    kept_.push_back({frame, dts});
    return {};
}

Timestamp Probe::media_time() const {
    return std::max(progress(Kind::video).media_time, progress(Kind::audio).media_time);
}

// Whether the probe has learned all that it can about this kind.
bool Probe::settled(Kind kind, std::optional<bool> expected) const {
    if (progress(kind).configured()) return true;
    // The track is there, whatever the metadata says.
    if (progress(kind).track || progress(kind).seen) return false;
    // A sender writes the headers of all tracks of a kind before the first media: none follows now.
    if (progress(kind).unsupported) return media_time() > Timestamp{};
    if (!expected) return media_time() >= kProbeGrace;
    return !*expected && media_time() >= kProbeDoubt;
}

bool Probe::ready() const {
    if (media_time() >= kProbeLimit) return true;
    auto const any = std::ranges::any_of(
        progress_, [](Progress const& own) { return own.configured() || own.unsupported; });
    return any && settled(Kind::video, expectation_.video) &&
           settled(Kind::audio, expectation_.audio);
}

std::expected<Probe::Found, Error> Probe::finish() && {
    Found found;
    for (auto& own : progress_) {
        if (own.track) found.tracks.push_back(*std::move(own.track));
    }
    if (found.tracks.empty()) return nothing_found();
    found.map = TrackMap(found.tracks, {progress_[0].track_id, progress_[1].track_id});
    found.units.reserve(kept_.size());
    for (auto const& [frame, dts] : kept_) {
        if (auto const track = found.map.find(frame.codec, frame.track_id)) {
            found.units.push_back(make_unit(frame, *track, dts));
        }
    }
    found.left_out = std::move(left_out_);
    return found;
}

std::unexpected<Error> Probe::nothing_found() const {
    if (!left_out_.empty()) return fail("no track that can be carried: " + left_out_.text());
    for (auto const kind : {Kind::video, Kind::audio}) {
        if (progress(kind).seen) return fail(std::string(name(kind)) + " track 0 not configured");
    }
    return fail("no tracks found");
}

}  // namespace tidegate::flv
