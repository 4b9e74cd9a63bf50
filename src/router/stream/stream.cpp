#include "router/stream/stream.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/cache_line.hpp"
#include "base/random.hpp"
#include "flv/writer.hpp"
#include "media/access_unit.hpp"
#include "router/model/in_turns.hpp"
#include "router/stream/rtmp_wire.hpp"

namespace tidegate::router {

namespace {

std::chrono::nanoseconds unix_now() {
    return std::chrono::system_clock::now().time_since_epoch();
}

rtp::PacketizerSettings random_start(media::Track const& track, std::size_t index,
                                     std::size_t max_payload) {
    return {.ssrc = static_cast<std::uint32_t>(base::random_bits()),
            .first_sequence = static_cast<std::uint16_t>(base::random_bits()),
            .timestamp_offset = static_cast<std::uint32_t>(base::random_bits()),
            .channel = rtp::usual_channel(index),
            .max_payload = max_payload,
            .payload_type = rtp::payload_type_of(track, index)};
}

// What the packets of a unit would weigh, without making them: nobody reads over RTSP now.
std::uint32_t estimate_rtp_bytes(media::Unit const& unit, std::size_t max_payload) {
    auto const packets = unit.payload.size() / max_payload + 1;
    return static_cast<std::uint32_t>(unit.payload.size() + packets * rtp::kHeaderSize);
}

}  // namespace

Stream::Stream(std::string path, std::vector<asio::io_context*> const& loops,
               StreamSettings const& settings, media::Tracks tracks,
               std::function<void()> on_deserted)
    : path_(std::move(path)),
      available_since_(std::chrono::system_clock::now()),
      rtp_payload_size_(settings.rtp_payload_size),
      on_deserted_(std::move(on_deserted)),
      gop_(settings.gop.any() ? std::make_unique<Gop>(settings.gop) : nullptr),
      captions_(settings.caption_languages.empty()
                    ? nullptr
                    : std::make_unique<CaptionBoard>(settings.caption_languages)),
      tracks_(std::make_shared<ShownTracks const>(tracks)) {
    auto const video = std::ranges::find(tracks, media::Kind::video, &media::Track::kind);
    bool const has_video = video != tracks.end();
    if (has_video) first_video_ = static_cast<std::size_t>(video - tracks.begin());
    for (auto* const loop : loops) {
        outlets_.push_back(
            std::make_shared<Outlet>(*loop, settings.outlet, has_video, outbound_bytes_));
    }
    auto const rtmp_ids = flv::track_ids(tracks);
    for (std::size_t i = 0; i < tracks.size(); ++i) {
        auto const start = random_start(tracks[i], i, rtp_payload_size_);
        auto& lane = lanes_.emplace_back(tracks[i], rtp::Packetizer(tracks[i], start), rtmp_ids[i]);
        auto& position = positions_.emplace_back();
        position.ssrc = start.ssrc;
        position.clock_rate = lane.packetizer.clock_rate();
    }
}

void Stream::prefetch() const {
    base::prefetch(this);
    base::prefetch(lanes_.data(), lanes_.size() * sizeof(Lane));
    for (auto const& outlet : outlets_) outlet->prefetch();
}

void Stream::publish(media::Unit const& unit) {
    if (gop_ != nullptr) return publish_and_keep(unit);
    fan_out(make_item(unit));
}

void Stream::publish_and_keep(media::Unit const& unit) {
    std::lock_guard const lock(gop_->mutex);
    auto item = make_item(unit);
    item.number = ++gop_->number;
    gop_->cache.add(item, unit.keyframe && unit.track == first_video_);
    fan_out(item);
}

FanoutItem Stream::make_item(media::Unit const& unit) {
    auto& lane = lanes_[unit.track];
    if (wall_clock_.wants(unit.dts)) wall_clock_.observe(unit.dts, unix_now());
    FanoutItem item;
    item.unit = unit;
    item.video = lane.track.kind() == media::Kind::video;
    if (is_wanted(WireForm::rtmp_message)) make_form(WireForm::rtmp_message, lane, item);
    if (is_wanted(WireForm::interleaved_rtp)) {
        make_form(WireForm::interleaved_rtp, lane, item);
    } else {
        item.rtp.bytes = estimate_rtp_bytes(unit, rtp_payload_size_);
    }
    inbound_bytes_.fetch_add(item.rtp.bytes, std::memory_order_relaxed);
    return item;
}

bool Stream::is_wanted(WireForm form) const {
    return subscribers_[static_cast<std::size_t>(form)].load(std::memory_order_relaxed) != 0;
}

void Stream::make_form(WireForm form, Lane& lane, FanoutItem& item) {
    if (form == WireForm::interleaved_rtp) return packetize(lane, item);
    if (lane.rtmp_id) item.as(form) = rtmp_media_message(lane.track, item.unit, *lane.rtmp_id);
}

void Stream::packetize(Lane& lane, FanoutItem& item) {
    auto const& unit = item.unit;
    auto train = lane.packetizer.packetize(unit);
    item.rtp = {.sequence = train.first_sequence,
                .packets = train.packets,
                .bytes = train.rtp_bytes,
                .time = lane.packetizer.rtptime_of(unit.dts),
                .wall_ns = wall_clock_.map(unit.dts).count()};
    item.as(WireForm::interleaved_rtp) = std::move(train.bytes);
    std::lock_guard const lock(mutex_);
    auto& position = positions_[unit.track];
    position.next_sequence = lane.packetizer.next_sequence();
    position.rtp_time = item.rtp.time;
    position.dts = unit.dts;
}

void Stream::update_track(std::size_t index, media::Track track, base::Timestamp at) {
    if (lanes_[index].track == track) return;
    if (gop_ == nullptr) return change_track(index, std::move(track), at);
    std::lock_guard const lock(gop_->mutex);
    gop_->cache.clear();  // what it holds cannot be decoded with the new configuration
    change_track(index, std::move(track), at);
}

void Stream::change_track(std::size_t index, media::Track track, base::Timestamp at) {
    auto& lane = lanes_[index];
    bool const same_sound = media::is_described_alike(lane.track, track);
    lane.packetizer.update(track);
    lane.track = std::move(track);
    {
        std::lock_guard const lock(mutex_);
        positions_[index].clock_rate = lane.packetizer.clock_rate();
    }
    refresh_tracks();

    FanoutItem item;
    if (gop_ != nullptr) item.number = ++gop_->number;
    item.unit.track = static_cast<std::uint16_t>(index);
    item.unit.pts = item.unit.dts = at;
    item.video = lane.track.kind() == media::Kind::video;
    item.redescribed = !item.video && !same_sound;
    item.changed_track = std::make_shared<media::Track const>(lane.track);
    if (item.redescribed) description_version_.fetch_add(1, std::memory_order_release);
    if (is_wanted(WireForm::rtmp_message) && lane.rtmp_id) {
        item.as(WireForm::rtmp_message) = rtmp_sequence_header(lane.track, at, *lane.rtmp_id);
    }
    fan_out(item);
}

void Stream::fan_out(FanoutItem const& item) {
    for (auto const& outlet : outlets_) {
        if (outlet->has_readers()) outlet->publish(item);
    }
}

void Stream::refresh_tracks() {
    media::Tracks tracks;
    for (auto const& lane : lanes_) tracks.push_back(lane.track);
    auto fresh = std::make_shared<ShownTracks const>(std::move(tracks));
    std::lock_guard const lock(mutex_);
    tracks_.swap(fresh);
}

void Stream::end() {
    if (gop_ != nullptr) {
        std::lock_guard const lock(gop_->mutex);
        gop_->cache.clear();
    }
    for (auto const& outlet : outlets_) outlet->end();
}

std::shared_ptr<media::Tracks const> Stream::tracks() const {
    auto const shown = shown_tracks();
    return {shown, &shown->get()};
}

std::shared_ptr<ShownTracks const> Stream::shown_tracks() const {
    std::lock_guard const lock(mutex_);
    return tracks_;
}

void Stream::describe(rtmp::Metadata metadata) {
    std::lock_guard const lock(mutex_);
    metadata_ = std::move(metadata);
}

rtmp::Metadata Stream::metadata() const {
    std::lock_guard const lock(mutex_);
    return metadata_;
}

RtpPosition Stream::rtp_position(std::size_t track) const {
    std::lock_guard const lock(mutex_);
    auto const& position = positions_[track];
    auto newest = position.dts;
    for (auto const& other : positions_) {
        if (other.next_sequence) newest = std::max(newest, other.dts);
    }
    auto const ahead = base::to_ticks(newest - position.dts, position.clock_rate);
    return {.ssrc = position.ssrc,
            .next_sequence = position.next_sequence,
            .rtp_time = position.rtp_time + static_cast<std::uint32_t>(ahead),
            .at = newest};
}

bool Stream::add_reader(PeerId const& reader, std::optional<WireForm> form, std::size_t limit) {
    {
        std::lock_guard const lock(readers_mutex_);
        if (limit != 0 && readers_.size() >= limit) return false;
        if (!readers_.insert(reader).second) return false;
        ++readers_version_;
    }
    if (form) subscribe(*form);
    return true;
}

// From here on every unit has the form. Those that are kept get it before the next one: packets
// have numbers in the order of their units.
void Stream::subscribe(WireForm form) {
    auto& subscribers = subscribers_[static_cast<std::size_t>(form)];
    if (gop_ == nullptr || !gop_->readers.has(form)) {
        subscribers.fetch_add(1, std::memory_order_relaxed);
        return;
    }
    std::lock_guard const lock(gop_->mutex);
    if (subscribers.fetch_add(1, std::memory_order_relaxed) != 0) return;
    gop_->cache.complete([&](FanoutItem& item) {
        if (item.as(form).empty()) make_form(form, lanes_[item.unit.track], item);
    });
}

Beginning Stream::beginning(std::optional<WireForm> form) const {
    if (!keeps_group(form)) return {};
    std::lock_guard const lock(gop_->mutex);
    return {gop_->cache.items(), gop_->number};
}

void Stream::remove_reader(PeerId const& reader, std::optional<WireForm> form) {
    {
        std::lock_guard const lock(readers_mutex_);
        if (readers_.erase(reader) == 0) return;
        ++readers_version_;
        if (form) {
            subscribers_[static_cast<std::size_t>(*form)].fetch_sub(1, std::memory_order_relaxed);
        }
        if (!readers_.empty()) return;
    }
    if (on_deserted_) on_deserted_();
}

bool Stream::has_readers() const {
    std::lock_guard const lock(readers_mutex_);
    return !readers_.empty();
}

std::shared_ptr<Readers const> Stream::readers() const {
    std::uint64_t version = 0;
    {
        std::lock_guard const lock(readers_mutex_);
        if (shown_readers_ != nullptr && shown_version_ == readers_version_) return shown_readers_;
        version = readers_version_;
    }
    auto const fresh = std::make_shared<Readers>();
    visit_in_turns(
        readers_, readers_mutex_, [](PeerId const& reader) { return reader; },
        [&](PeerId& reader) { fresh->push_back(std::move(reader)); });
    std::shared_ptr<Readers const> shown = fresh;
    std::shared_ptr<Readers const> old;  // freed without the lock
    std::lock_guard const lock(readers_mutex_);
    if (version == readers_version_) {
        old = std::exchange(shown_readers_, shown);
        shown_version_ = version;
    }
    return shown;
}

std::string describe_tracks(media::Tracks const& tracks) {
    std::string labels;
    for (auto const& track : tracks) {
        if (!labels.empty()) labels += ", ";
        labels += track.label();
    }
    return fmt::format("{} {} ({})", tracks.size(), tracks.size() == 1 ? "track" : "tracks",
                       labels);
}

}  // namespace tidegate::router
