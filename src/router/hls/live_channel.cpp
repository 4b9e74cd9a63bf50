#include "router/hls/live_channel.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace tidegate::router {

namespace {

// Where the track of this number among its kind stands.
std::optional<std::size_t> place_of(media::Tracks const& tracks, media::Kind kind,
                                    std::size_t number) {
    for (std::size_t i = 0; i < tracks.size(); ++i) {
        if (tracks[i].kind() == kind && --number == 0) return i;
    }
    return std::nullopt;
}

}  // namespace

std::expected<std::vector<std::size_t>, std::string> choose_live_tracks(media::Tracks const& tracks,
                                                                        LiveChoice const& choice) {
    std::vector<std::size_t> places;
    for (auto const& [kind, number, name] :
         {std::tuple{media::Kind::video, choice.video, "video"},
          std::tuple{media::Kind::audio, choice.audio, "audio"}}) {
        if (!number) continue;
        auto const place = place_of(tracks, kind, *number);
        auto const fine = place
                              ? check_live(tracks[*place])
                              : media::fail(fmt::format("there is no {} track {}", name, *number));
        if (fine) {
            places.push_back(*place);
        } else if (*number != 1) {
            return std::unexpected(fine.error().message);
        }
    }
    if (places.empty()) return std::unexpected("the stream has no track that MP4 can carry");
    return places;
}

std::expected<std::shared_ptr<LiveChannel>, std::string> LiveChannel::open(
    std::shared_ptr<Stream> stream, std::size_t loop, LiveChoice const& choice) {
    auto const all = stream->tracks();
    auto const places = choose_live_tracks(*all, choice);
    if (!places) return std::unexpected(places.error());
    media::Tracks chosen;
    for (auto const place : *places) chosen.push_back((*all)[place]);
    auto fragments = LiveFragments::begin(chosen);
    if (!fragments) return std::unexpected(fragments.error().message);
    std::shared_ptr<LiveChannel> channel(new LiveChannel(std::move(stream), loop, std::move(chosen),
                                                         *places, std::move(*fragments)));
    channel->begin();
    return channel;
}

LiveChannel::LiveChannel(std::shared_ptr<Stream> stream, std::size_t loop, media::Tracks tracks,
                         std::vector<std::size_t> const& places, LiveFragments fragments)
    : stream_(std::move(stream)),
      loop_(loop),
      tracks_(std::move(tracks)),
      fragments_(std::move(fragments)) {
    places_.resize(stream_->tracks()->size());
    for (std::uint16_t i = 0; i < places.size(); ++i) places_[places[i]] = i;
    stream_->outlet(loop_)->add(*this);
}

LiveChannel::~LiveChannel() {
    stream_->outlet(loop_)->remove(*this);
}

void LiveChannel::begin() {
    // The stream tells of changes from the moment on at which it was joined; this one came before.
    auto const now = stream_->tracks();
    for (std::size_t i = 0; i < places_.size(); ++i) {
        if (places_[i] && (*now)[i] != tracks_[*places_[i]]) end("the tracks have changed");
    }
    if (!stream_->keeps_group(std::nullopt)) return;
    group_.emplace();
    auto const beginning = stream_->beginning(std::nullopt);
    for (auto const& item : beginning.items) offer(item);
    made_.clear();  // there is no viewer yet
    had_.note(beginning);
}

void LiveChannel::add(LiveSink& sink) {
    sinks_.push_back(&sink);
    if (group_) {
        for (auto const& item : group_->items()) {
            sink.write({item.unit.payload, item.unit.keyframe});
        }
    }
    if (ended_) sink.end("the stream has ended");
}

void LiveChannel::remove(LiveSink& sink) {
    std::erase(sinks_, &sink);
}

bool LiveChannel::offer(FanoutItem const& item) {
    auto const index = item.unit.track;
    if (ended_ || index >= places_.size() || !places_[index]) return false;
    if (item.changed_track) {
        if (*item.changed_track != tracks_[*places_[index]]) end("the tracks have changed");
        return false;
    }
    if (had_.covers(item)) return false;
    auto unit = item.unit;
    unit.track = *places_[index];
    take(fragments_.push(unit), unit.dts);
    return false;  // the bytes are counted as those of the viewers' sessions
}

void LiveChannel::take(std::optional<LiveFragment> fragment, base::Timestamp at) {
    if (!fragment) return;
    if (group_) {
        FanoutItem item;
        item.unit.payload = fragment->bytes;
        item.unit.keyframe = fragment->keyframe;
        item.unit.dts = at;
        group_->add(item, fragment->keyframe);
    }
    made_.push_back(*std::move(fragment));
}

void LiveChannel::flush() {
    for (auto const& fragment : made_) {
        for (std::size_t i = 0; i < sinks_.size(); ++i) {
            if (i + 1 < sinks_.size()) base::prefetch(sinks_[i + 1], base::kCacheLine);
            sinks_[i]->write(fragment);
        }
    }
    made_.clear();
}

void LiveChannel::end(std::string_view reason) {
    if (std::exchange(ended_, true)) return;
    take(fragments_.finish(), {});
    if (group_) group_->clear();
    flush();
    for (auto* const sink : sinks_) sink->end(reason);
}

std::expected<std::shared_ptr<LiveChannel>, std::string> LiveChannels::open(
    std::shared_ptr<Stream> const& stream, LiveChoice const& choice) {
    std::erase_if(channels_, [](auto const& entry) { return entry.second.expired(); });
    auto& known = channels_[{stream.get(), choice}];
    if (auto channel = known.lock(); channel != nullptr && !channel->ended()) return channel;
    auto channel = LiveChannel::open(stream, loop_, choice);
    if (channel) known = *channel;
    return channel;
}

void LiveChannels::end_all(std::string_view reason) {
    for (auto const& [key, known] : channels_) {
        if (auto const channel = known.lock()) channel->end(reason);
    }
}

}  // namespace tidegate::router
