#include "archive/core/upload_queue.hpp"

#include <algorithm>

#include "archive/core/retry_delay.hpp"

namespace tidegate::archive {

void UploadQueue::add(Id id, std::string const& stream) {
    if (known_.insert(id).second) streams_[stream].segments.insert(id);
}

std::optional<UploadQueue::Job> UploadQueue::take(Time now) {
    auto chosen = streams_.end();
    for (auto it = streams_.begin(); it != streams_.end(); ++it) {
        auto const& stream = it->second;
        if (stream.busy || stream.not_before > now) continue;
        if (chosen == streams_.end() ||
            *stream.segments.begin() < *chosen->second.segments.begin()) {
            chosen = it;
        }
    }
    if (chosen == streams_.end()) return std::nullopt;
    chosen->second.busy = true;
    ++under_way_;
    return Job{*chosen->second.segments.begin(), chosen->first};
}

void UploadQueue::finished(Job const& job) {
    auto const it = streams_.find(job.stream);
    auto& stream = it->second;
    stream.segments.erase(job.id);
    known_.erase(job.id);
    stream.busy = false;
    stream.failures = 0;
    stream.not_before = {};
    --under_way_;
    if (stream.segments.empty()) streams_.erase(it);
}

std::chrono::milliseconds UploadQueue::failed(Job const& job, Time now, std::uint64_t random) {
    auto& stream = streams_.at(job.stream);
    stream.busy = false;
    --under_way_;
    auto const delay = retry_delay(++stream.failures, random);
    stream.not_before = now + delay;
    return delay;
}

std::optional<UploadQueue::Time> UploadQueue::next() const {
    std::optional<Time> next;
    for (auto const& [name, stream] : streams_) {
        if (!stream.busy && (!next || stream.not_before < *next)) next = stream.not_before;
    }
    return next;
}

std::optional<UploadQueue::Id> UploadQueue::oldest() const {
    return known_.empty() ? std::nullopt : std::optional(*known_.begin());
}

std::size_t UploadQueue::waiting_streams() const {
    return static_cast<std::size_t>(std::ranges::count_if(
        streams_, [](auto const& entry) { return entry.second.failures > 0; }));
}

}  // namespace tidegate::archive
