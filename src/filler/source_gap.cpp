#include "filler/source_gap.hpp"

#include <algorithm>
#include <utility>

#include "media/aac.hpp"

namespace tidegate::filler {

namespace {

// A step between two units of sound that is longer than this is a gap, not the length of a unit.
constexpr base::Timestamp kLongestUnit = std::chrono::milliseconds(200);

std::uint32_t aac_object_type(media::Track const& track) {
    auto const core = media::aac_core(std::get<media::AacConfig>(track.config));
    return core ? core->object_type : 0;
}

// Sound goes on with the configuration that the output was published with.
bool plays_in_place_of(media::Track const& clip, media::Track const& source) {
    if (clip.codec() != source.codec()) return false;
    if (source.kind() == media::Kind::video) return true;
    if (clip.audio_format() != source.audio_format()) return false;
    return source.codec() != media::Codec::aac || aac_object_type(clip) == aac_object_type(source);
}

}  // namespace

void SourceGap::on_tracks(media::Tracks const& tracks) {
    tracks_ = tracks;
    if (!filling_) shown_ = tracks;
    last_.resize(tracks.size());
    match_slate();
}

// The n-th picture of the source is shown as the n-th of the slate, and so with sound.
void SourceGap::match_slate() {
    slate_tracks_.assign(tracks_.size(), std::nullopt);
    problem_.clear();
    if (settings_.then != OnSourceLost::slate) return;
    auto const& clip = settings_.slate->tracks;
    std::vector<bool> taken(clip.size());
    for (std::size_t i = 0; i < tracks_.size(); ++i) {
        for (std::size_t k = 0; k < clip.size() && !slate_tracks_[i]; ++k) {
            if (taken[k] || !plays_in_place_of(clip[k], tracks_[i])) continue;
            taken[k] = true;
            slate_tracks_[i] = static_cast<std::uint16_t>(k);
        }
        if (slate_tracks_[i] || tracks_[i].kind() != media::Kind::video) continue;
        problem_ = "the slate has no picture in " + std::string(tracks_[i].label()) +
                   ", the codec of the source";
    }
    if (!problem_.empty()) slate_tracks_.assign(tracks_.size(), std::nullopt);
}

void SourceGap::note(media::Unit const& unit) {
    if (!enabled() || unit.track >= last_.size()) return;
    auto& last = last_[unit.track];
    if (tracks_[unit.track].kind() == media::Kind::audio) {
        last.unit = unit.payload;
        if (last.dts) last.step = unit.dts - *last.dts;
    } else if (unit.keyframe) {
        last.keyframe = unit;
    }
    last.dts = std::max(last.dts.value_or(unit.dts), unit.dts);
    last.pts = std::max(last.pts.value_or(unit.pts), unit.pts);
}

void SourceGap::begin(base::Timestamp newest) {
    filling_ = true;
    for (std::uint16_t track = 0; track < tracks_.size(); ++track) {
        if (!filler_.fills(track)) begin_track(track, newest);
    }
}

void SourceGap::begin_track(std::uint16_t track, base::Timestamp start) {
    auto const& last = last_[track];
    if (!last.dts && !settings_.from_the_start) return;
    if (begin_slate(track, start)) return;
    tracks_[track].kind() == media::Kind::video ? hold_picture(track, start)
                                                : be_silent(track, start);
}

bool SourceGap::begin_slate(std::uint16_t track, base::Timestamp start) {
    auto const own = slate_tracks_[track];
    if (!own) return false;
    // Pictures of the source may be shown up to here.
    for (auto const& last : last_) start = std::max(start, last.pts.value_or(start));
    filler_.loop(track, settings_.slate, *own, start + media::kMinStep);
    if (tracks_[track].kind() == media::Kind::video) {
        shown_[track].config = settings_.slate->tracks[*own].config;
    }
    return true;
}

void SourceGap::hold_picture(std::uint16_t track, base::Timestamp start) {
    auto const& last = last_[track];
    if (!last.keyframe) return;
    auto const composition = std::max(last.keyframe->pts - last.keyframe->dts, base::Timestamp{});
    start = std::max(start, *last.pts - composition) + media::kMinStep;
    filler_.hold(track, Still(tracks_[track], last.keyframe->payload), start, composition);
}

// From the end of the last unit of the track, so that the sound has no gap.
void SourceGap::be_silent(std::uint16_t track, base::Timestamp start) {
    auto const& last = last_[track];
    auto silence = media::silence_of(tracks_[track], last.unit.view());
    if (!silence) return;
    auto const step = last.step > base::Timestamp{} && last.step <= kLongestUnit
                          ? last.step
                          : silence->duration();
    auto const own_end = last.dts.value_or(start) + step;
    bool const is_near = last.dts && start - own_end < kMostAtOnce;
    filler_.be_silent(track, std::move(*silence), is_near ? own_end : start + media::kMinStep);
}

bool SourceGap::accept(media::Unit const& unit) {
    if (unit.track >= tracks_.size()) return false;
    if (filler_.fills(unit.track) && !unit.keyframe) return false;
    filler_.stop(unit.track);
    shown_[unit.track] = tracks_[unit.track];
    filling_ = filler_.active();
    return true;
}

}  // namespace tidegate::filler
