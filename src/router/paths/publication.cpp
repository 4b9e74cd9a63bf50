#include "router/paths/publication.hpp"

#include <fmt/format.h>

#include <utility>

#include "log/log.hpp"

namespace tidegate::router {

std::expected<Publication, std::string> Publication::begin(Paths& paths, std::string const& path,
                                                           PathMatch const& match,
                                                           Publisher publisher,
                                                           media::Tracks tracks) {
    SteadyPlace place;
    auto stream = paths.publish(path, match, std::move(publisher), std::move(tracks), &place);
    if (!stream) return std::unexpected(std::move(stream.error()));
    return Publication(paths, std::move(*stream), std::move(place));
}

Publication::~Publication() {
    if (stream_ != nullptr) paths_->unpublish(stream_, place_);
}

void Publication::publish(media::Unit unit) {
    auto const mapped = timeline_.map(unit.track, unit.dts, unit.pts);
    if (mapped.shift.count() != 0) warn_of_jump(unit.track, mapped.shift);
    unit.dts = mapped.dts;
    unit.pts = mapped.pts;
    if (place_.feed) return place_.feed->publish(place_.number, std::move(unit));
    stream_->publish(unit);
}

void Publication::tell(media::Caption caption) {
    auto* const captions = stream_->captions();
    if (captions == nullptr) return;
    if (caption.language.empty()) caption.language = captions->languages().front();
    caption.start = timeline_.corrected(caption.start);
    auto const newest = timeline_.newest();
    bool const in_time = newest && caption.start >= *newest - kMaxCaptionDistance &&
                         caption.start <= *newest + kMaxCaptionDistance;
    if (!in_time || !captions->add(std::move(caption))) stream_->count_frame_in_error();
}

void Publication::warn_of_jump(std::uint16_t track, base::Timestamp shift) {
    ++jumps_since_warning_;
    if (!warnings_.allows()) return;
    auto const others = std::exchange(jumps_since_warning_, 0) - 1;
    log::write(log::Level::warn, "stream.timestamps_shifted",
               fmt::format("[path {}] timestamps of track {} jumped: shifted by {:.3f} s{}",
                           stream_->path(), track, static_cast<double>(shift.count()) / 1e9,
                           others == 0 ? "" : fmt::format(", after {} other jumps", others)));
}

void Publication::update_track(std::size_t index, media::Track track, base::Timestamp at) {
    if (place_.feed) return place_.feed->update_track(place_.number, index, std::move(track));
    stream_->update_track(index, std::move(track), timeline_.newest().value_or(at));
}

bool Publication::renew(media::Tracks tracks) {
    auto fresh = paths_->renew(stream_, std::move(tracks), &place_);
    if (fresh == nullptr) return false;
    if (fresh != stream_) fresh->describe(stream_->metadata());
    stream_ = std::move(fresh);
    return true;
}

void Publication::describe(rtmp::Metadata metadata) {
    stream_->describe(std::move(metadata));
}

}  // namespace tidegate::router
