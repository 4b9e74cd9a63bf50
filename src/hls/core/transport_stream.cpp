#include "hls/core/transport_stream.hpp"

#include <algorithm>
#include <utility>

namespace tidegate::hls {

void TransportStream::begin(std::vector<media::Track> tracks) {
    tracks_ = std::move(tracks);
    writer_.emplace(tracks_);
    changed_ = false;
    piece_.clear();
    media_ = {};
}

void TransportStream::set_track(std::size_t track, media::Track config) {
    changed_ = changed_ || (tracks_[track].configured() && tracks_[track] != config);
    tracks_[track] = config;
    writer_->set_track(track, std::move(config));
}

bool TransportStream::configured() const {
    return std::ranges::all_of(tracks_, &media::Track::configured);
}

std::expected<void, media::Error> TransportStream::add(media::Unit const& unit) {
    if (piece_.size() == 0) piece_.reserve(kTransportPiece);
    // A unit that cannot be written is left out.
    if (!writer_->write(unit, piece_)) return {};
    if (piece_.size() >= kTransportPiece) close_piece();
    return count(unit.payload.size());
}

void TransportStream::close_piece() {
    if (piece_.size() > 0) media_.add(std::move(piece_).finish());
    piece_ = {};
}

std::expected<Part, media::Error> TransportStream::take_part(base::Timestamp) {
    close_piece();
    Part part;
    part.independent = true;
    part.media = std::exchange(media_, {});
    return part;
}

std::shared_ptr<Init const> TransportStream::take_init() {
    changed_ = false;
    writer_->begin_segment();
    return nullptr;
}

}  // namespace tidegate::hls
