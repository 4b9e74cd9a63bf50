#include "flv/probe.hpp"

#include <algorithm>
#include <utility>

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

std::unexpected<Error> not_set_up(Kind kind) {
    return fail("received a packet for " + std::string(name(kind)) +
                " track 0, but track is not set up");
}

}  // namespace

TrackMap::TrackMap(media::Tracks const& tracks) {
    for (std::size_t i = 0; i < tracks.size(); ++i) {
        auto& slot = slots_[static_cast<std::size_t>(tracks[i].kind())];
        if (!slot) slot = {static_cast<std::uint16_t>(i), tracks[i].codec()};
    }
}

std::expected<std::uint16_t, Error> TrackMap::find(Kind kind) const {
    auto const& slot = slots_[static_cast<std::size_t>(kind)];
    if (!slot) return not_set_up(kind);
    return slot->number;
}

std::expected<std::uint16_t, Error> TrackMap::find(media::Codec codec) const {
    auto const kind = kind_of(codec);
    auto const& slot = slots_[static_cast<std::size_t>(kind)];
    if (!slot || slot->codec != codec) return not_set_up(kind);
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
        progress(kind).track = header->track;
        return {};
    }
    if (auto const* frame = std::get_if<Frame>(&tag)) return keep(*frame, kind, dts);
    return {};
}

std::expected<void, Error> Probe::keep(Frame const& frame, Kind kind, Timestamp dts) {
    if (kept_.size() >= kMaxProbeUnits || frame.payload.size() > kMaxProbeBytes - kept_bytes_) {
        return fail("max recorded size exceeded");
    }
    auto& own = progress(kind);
    if (frame.codec == media::Codec::mp3 && !own.track) {
        auto const header = media::parse_mp3_frame(frame.payload.view());
        if (!header) return std::unexpected(header.error());
        own.track = media::Track{header->config};
    }
    if (own.last) own.media_time += std::clamp(dts - *own.last, Timestamp{}, kMaxProbeStep);
    own.last = dts;
    own.seen = true;
    kept_bytes_ += frame.payload.size();
    kept_.push_back({frame, dts});
    return {};
}

Timestamp Probe::media_time() const {
    return std::max(progress(Kind::video).media_time, progress(Kind::audio).media_time);
}

// Nothing more need be waited for on behalf of this kind.
bool Probe::settled(Kind kind, std::optional<bool> expected) const {
    if (progress(kind).track) return true;
    if (progress(kind).seen) return false;  // it is there, whatever the metadata says
    return expected ? !*expected : media_time() >= kProbeGrace;
}

bool Probe::ready() const {
    if (media_time() >= kProbeLimit) return true;
    auto const any = progress(Kind::video).track || progress(Kind::audio).track;
    return any && settled(Kind::video, expectation_.video) &&
           settled(Kind::audio, expectation_.audio);
}

std::expected<Probe::Found, Error> Probe::finish() && {
    Found found;
    for (auto& own : progress_) {
        if (own.track) found.tracks.push_back(*std::move(own.track));
    }
    if (found.tracks.empty()) {
        for (auto const kind : {Kind::video, Kind::audio}) {
            if (progress(kind).seen)
                return fail(std::string(name(kind)) + " track 0 not configured");
        }
        return fail("no tracks found");
    }
    found.map = TrackMap(found.tracks);
    found.units.reserve(kept_.size());
    for (auto const& [frame, dts] : kept_) {
        if (auto const track = found.map.find(frame.codec)) {
            found.units.push_back(make_unit(frame, *track, dts));
        }
    }
    return found;
}

}  // namespace tidegate::flv
