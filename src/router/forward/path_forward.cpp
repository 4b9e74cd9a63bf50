#include "router/forward/path_forward.hpp"

#include <boost/asio/post.hpp>
#include <utility>

namespace tidegate::router {

PathForward::PathForward(Services& services, ForwardRecords& records, ForwardNames names,
                         std::function<void(Stream const*)> ended)
    : services_(services), records_(records), names_(std::move(names)), ended_(std::move(ended)) {}

PathForward::~PathForward() {
    leave();
    for (auto const& one : destinations_) one->retire();
}

void PathForward::configure(std::vector<config::mediamtx::ForwardDest> const& entries) {
    std::vector<std::shared_ptr<Destination>> wanted;
    for (std::size_t i = 0; i < entries.size(); ++i) {
        bool const same = i < destinations_.size() && destinations_[i]->conf() == entries[i];
        if (same) {
            wanted.push_back(std::move(destinations_[i]));
            continue;
        }
        auto fresh = std::make_shared<Destination>(services_, records_, names_, i + 1, entries[i]);
        if (stream_) fresh->start(*stream_->tracks());
        wanted.push_back(std::move(fresh));
    }
    for (auto const& old : destinations_) {
        if (old) old->retire();
    }
    destinations_ = std::move(wanted);
}

void PathForward::follow(std::shared_ptr<Stream> const& stream) {
    if (stream_ == stream) return;
    leave();
    stream_ = stream;
    stream_->outlet(services_.web.index())->add(*this);
    for (auto const& one : destinations_) one->start(*stream_->tracks());
}

void PathForward::leave() {
    if (!stream_) return;
    stream_->outlet(services_.web.index())->remove(*this);
    stream_.reset();
    for (auto const& one : destinations_) one->stop();
}

bool PathForward::offer(FanoutItem const& item) {
    for (auto const& one : destinations_) {
        if (item.changed_track) {
            one->change_track(item.unit.track, *item.changed_track);
        } else if (one->take(item.unit)) {
            sent_ += item.rtp.bytes;
        }
    }
    return false;  // what was sent is counted below: there may be several destinations
}

void PathForward::flush() {
    for (auto const& one : destinations_) one->flush();
    if (auto const sent = std::exchange(sent_, 0); sent != 0) stream_->count_outbound(sent);
}

void PathForward::stream_ended() {
    boost::asio::post(services_.web.io(),
                      [ended = ended_, stream = stream_] { ended(stream.get()); });
}

}  // namespace tidegate::router
