#include "router/hls/live_fragments.hpp"

#include <algorithm>
#include <utility>

#include "media/codecs_parameter.hpp"
#include "mp4/init_segment.hpp"
#include "mp4/track_setup.hpp"

namespace tidegate::router {

namespace {

bool is_as_long(std::uint64_t ticks, std::uint32_t timescale, std::chrono::milliseconds time) {
    return base::from_ticks(static_cast<std::int64_t>(ticks), timescale) >= time;
}

}  // namespace

std::expected<void, media::Error> check_live(media::Track const& track) {
    if (auto fine = mp4::check_writable(track); !fine) return fine;
    if (!media::codecs_parameter(track).empty()) return {};
    return media::fail(std::string(track.label()) + " has no name that browsers know");
}

std::expected<LiveFragments, media::Error> LiveFragments::begin(media::Tracks const& tracks) {
    std::vector<mp4::TrackSetup> setups;
    for (auto const& track : tracks) {
        auto const id = static_cast<std::uint32_t>(setups.size() + 1);
        setups.push_back({.id = id, .track = track});
    }
    if (auto fine = mp4::check_writable(setups); !fine) return std::unexpected(fine.error());
    auto init = mp4::write_init_segment(setups);
    if (!init) return std::unexpected(init.error());
    return LiveFragments(tracks, std::move(*init));
}

LiveFragments::LiveFragments(media::Tracks const& tracks, base::SharedBytes init)
    : init_(std::move(init)) {
    for (auto const& track : tracks) {
        if (track.kind() == media::Kind::video) video_ = lanes_.size();
        lanes_.push_back({.timescale = mp4::timescale(track)});
        if (!codecs_.empty()) codecs_ += ',';
        codecs_ += media::codecs_parameter(track);
    }
}

std::optional<LiveFragment> LiveFragments::push(media::Unit const& unit) {
    // Decode times of a movie cannot be negative; those of a stream may be a little at its start.
    if (!start_) start_ = std::min(unit.dts, base::Timestamp{});
    auto& lane = lanes_[unit.track];
    if (!lane.sampler) lane.sampler.emplace(lane.timescale, *start_);
    if (auto done = lane.sampler->push(unit)) hold(lane, *std::move(done));
    return ends_before(unit) ? take() : std::nullopt;
}

std::optional<LiveFragment> LiveFragments::finish() {
    for (auto& lane : lanes_) {
        if (!lane.sampler) continue;
        if (auto last = lane.sampler->finish()) hold(lane, *std::move(last));
    }
    return take();
}

void LiveFragments::hold(Lane& lane, mp4::TimedSample sample) {
    if (sample.decode_time < 0) return;
    if (lane.samples.empty()) lane.decode_time = static_cast<std::uint64_t>(sample.decode_time);
    lane.ticks += sample.sample.duration;
    lane.samples.push_back(std::move(sample.sample));
}

bool LiveFragments::ends_before(media::Unit const& unit) const {
    auto const& lane = lanes_[unit.track];
    bool const picture = unit.track == video_;
    if (picture && unit.keyframe) return true;
    return is_as_long(lane.ticks, lane.timescale, picture ? kFragmentTime : kSoundFragmentTime);
}

std::optional<LiveFragment> LiveFragments::take() {
    std::vector<mp4::TrackRun> runs;
    for (std::size_t i = 0; i < lanes_.size(); ++i) {
        auto const& lane = lanes_[i];
        if (lane.samples.empty()) continue;
        runs.push_back({.track_id = static_cast<std::uint32_t>(i + 1),
                        .decode_time = lane.decode_time,
                        .samples = lane.samples});
    }
    if (runs.empty()) return std::nullopt;
    auto const slices = mp4::write_fragment(++sequence_, runs);
    LiveFragment fragment;
    if (video_) {
        auto const& pictures = lanes_[*video_].samples;
        fragment.keyframe = !pictures.empty() && pictures.front().sync;
    } else {
        fragment.keyframe = true;
    }
    for (auto& lane : lanes_) {
        lane.samples.clear();
        lane.ticks = 0;
    }
    if (!slices) return std::nullopt;  // more than 2 GiB
    fragment.bytes = mp4::joined(*slices);
    return fragment;
}

}  // namespace tidegate::router
