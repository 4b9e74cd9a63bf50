#include "flv/probe.hpp"

#include <algorithm>
#include <array>
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

std::optional<media::Track> blank_track(media::Codec codec) {
    switch (codec) {
        case media::Codec::h264:
            return media::Track{media::H264Config{}};
        case media::Codec::h265:
            return media::Track{media::H265Config{}};
        case media::Codec::av1:
            return media::Track{media::Av1Config{}};
        case media::Codec::vp9:
            return media::Track{media::Vp9Config{}};
        case media::Codec::ac3:
            return media::Track{media::Ac3Config{}};
        case media::Codec::eac3:
            return media::Track{media::Eac3Config{}};
        default:
            return std::nullopt;
    }
}

}  // namespace

TrackMap::TrackMap(media::Tracks const& tracks) {
    std::array<std::uint8_t, 2> next_id{};
    for (std::size_t i = 0; i < tracks.size(); ++i) {
        auto& id = next_id[static_cast<std::size_t>(tracks[i].kind())];
        add(tracks[i], static_cast<std::uint16_t>(i), id++);
    }
}

void TrackMap::add(media::Track const& track, std::uint16_t number, std::uint8_t track_id) {
    slots_.push_back({number, track.codec(), track_id});
}

std::optional<std::uint16_t> TrackMap::find(Kind kind, std::uint8_t track_id) const {
    for (auto const& slot : slots_) {
        if (slot.track_id == track_id && media::kind_of(slot.codec) == kind) return slot.number;
    }
    return std::nullopt;
}

std::optional<std::uint16_t> TrackMap::find(media::Codec codec, std::uint8_t track_id) const {
    for (auto const& slot : slots_) {
        if (slot.codec == codec && slot.track_id == track_id) return slot.number;
    }
    return std::nullopt;
}

std::expected<media::Track, Error> track_of(Frame const& frame) {
    if (frame.codec == media::Codec::pcma) {
        return media::Track{media::PcmaConfig{.channel_count = frame.channel_count}};
    }
    if (frame.codec == media::Codec::pcmu) {
        return media::Track{media::PcmuConfig{.channel_count = frame.channel_count}};
    }
    if (frame.codec == media::Codec::mp3) {
        auto const header = media::parse_mp3_frame(frame.payload.view());
        if (!header) return std::unexpected(header.error());
        return media::Track{header->config};
    }
    auto track = blank_track(frame.codec);
    if (!track || !media::learn_configuration(*track, frame.payload.view())) {
        return fail(std::string(codec_name(frame.codec)) + " without a configuration");
    }
    return *std::move(track);
}

media::Unit make_unit(Frame const& frame, std::uint16_t track, Timestamp dts) {
    return {.track = track,
            .keyframe = frame.keyframe,
            .pts = dts + frame.composition_time,
            .dts = dts,
            .payload = frame.payload};
}

std::expected<void, Error> Probe::add(Tag const& tag, Kind kind, Timestamp dts) {
    paused_ = false;
    if (auto const* header = std::get_if<SequenceHeader>(&tag)) {
        if (auto* const own = known(kind, header->track_id, header->track.codec())) {
            own->start(header->track);
        }
    } else if (auto const* frame = std::get_if<Frame>(&tag)) {
        return keep(*frame, kind, dts);
    } else if (auto const* other = std::get_if<Unsupported>(&tag)) {
        media_seen_ = true;
        left_out_.note(codec_name(other->codec, kind), kind, other->track_id,
                       LeftOutReason::unsupported);
        if (auto* const own = progress(kind, other->track_id)) {
            own->unsupported = true;
            own->pass_time(dts);
        }
    } else if (auto const* several = std::get_if<Multitrack>(&tag)) {
        for (auto const& one : several->tracks) {
            if (auto const added = add(one, kind, dts); !added) return added;
        }
    }
    return {};
}

// nullptr: it is a new track, and there are too many.
Probe::Progress* Probe::progress(Kind kind, std::uint8_t track_id) {
    auto const found = std::ranges::find_if(progress_, [&](Progress const& own) {
        return own.kind == kind && own.track_id == track_id;
    });
    if (found != progress_.end()) return &*found;
    if (progress_.size() == media::kMaxTracks) return nullptr;
    return &progress_.emplace_back(Progress{.kind = kind, .track_id = track_id});
}

// The same for a track that we carry: left_out_ names it when there are too many.
Probe::Progress* Probe::known(Kind kind, std::uint8_t track_id, media::Codec codec) {
    auto* const own = progress(kind, track_id);
    if (own == nullptr) {
        left_out_.note(codec_name(codec), kind, track_id, LeftOutReason::too_many);
    }
    return own;
}

// A later sequence header of a track replaces the first.
void Probe::Progress::start(media::Track const& fresh) {
    if (track && track->codec() == fresh.codec()) {
        media::adopt_configuration(*track, fresh);
    } else {
        track = fresh;
    }
}

// When no sequence header has come, what stands in the units configures the track.
void Probe::Progress::learn(Frame const& frame) {
    if (!track) track = blank_track(frame.codec);
    if (track && track->codec() == frame.codec) {
        media::learn_configuration(*track, frame.payload.view());
    }
}

void Probe::Progress::pass_time(Timestamp dts) {
    if (last) media_time += std::clamp(dts - *last, Timestamp{}, kMaxProbeStep);
    last = dts;
}

std::expected<void, Error> Probe::keep(Frame const& frame, Kind kind, Timestamp dts) {
    auto* const own = known(kind, frame.track_id, frame.codec);
    if (own == nullptr) return {};
    if (kept_.size() >= kMaxProbeUnits || frame.payload.size() > kMaxProbeBytes - kept_bytes_) {
        return fail("max recorded size exceeded");
    }
    if (media::explains_itself(frame.codec) && !own->configured()) {
        auto const track = track_of(frame);
        if (!track) return std::unexpected(track.error());
        own->start(*track);
    }
    if (frame.configuration) own->learn(frame);
    own->pass_time(dts);
    own->seen = media_seen_ = true;
    kept_bytes_ += frame.payload.size();
    kept_.push_back({frame, dts});
    return {};
}

Timestamp Probe::media_time() const {
    Timestamp longest{};
    for (auto const& own : progress_) longest = std::max(longest, own.media_time);
    return longest;
}

// Whether the probe has learned all that it can about this kind.
bool Probe::settled(Kind kind, std::optional<bool> expected) const {
    bool configured = false;
    bool unsupported = false;
    for (auto const& own : progress_) {
        if (own.kind != kind) continue;
        // The track is there, whatever the metadata says.
        if (!own.configured() && (own.track || own.seen)) return false;
        configured = configured || own.configured();
        unsupported = unsupported || own.unsupported;
    }
    if (configured) return true;
    // A sender writes the headers of all tracks of a kind before the first media: none follows now.
    if (unsupported) return media_time() > Timestamp{};
    if (!expected) return media_time() >= kProbeGrace;
    return !*expected && media_time() >= kProbeDoubt;
}

// Whether no further track will come: media has come, the sender has paused, or all that a server
// has named are there.
bool Probe::all_announced() const {
    if (media_seen_ || paused_) return true;
    if (!expectation_.others) return false;
    auto const expected = (expectation_.video == true ? 1U : 0U) +
                          (expectation_.audio == true ? 1U : 0U) + *expectation_.others;
    return expected > 0 && progress_.size() >= expected;
}

bool Probe::ready() const {
    if (media_time() >= kProbeLimit) return true;
    auto const any = std::ranges::any_of(
        progress_, [](Progress const& own) { return own.configured() || own.unsupported; });
    return any && all_announced() && settled(Kind::video, expectation_.video) &&
           settled(Kind::audio, expectation_.audio);
}

std::expected<Probe::Found, Error> Probe::finish() && {
    std::ranges::sort(progress_, {},
                      [](Progress const& own) { return std::pair(own.kind, own.track_id); });
    Found found;
    for (auto& own : progress_) {
        if (!own.usable()) continue;
        found.map.add(*own.track, static_cast<std::uint16_t>(found.tracks.size()), own.track_id);
        found.tracks.push_back(*std::move(own.track));
    }
    if (found.tracks.empty()) return nothing_found();
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
    for (auto const& own : progress_) {
        if (own.seen) {
            return fail(std::string(name(own.kind)) + " track " + std::to_string(own.track_id) +
                        " not configured");
        }
    }
    return fail("no tracks found");
}

}  // namespace tidegate::flv
