#include "archive/core/upload_queue.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "archive/core/retry_delay.hpp"

namespace tidegate::archive {

void UploadQueue::add(Id id, std::string const& stream) {
    if (known_.insert(id).second) streams_[stream].segments.insert(id);
}

std::optional<UploadQueue::Job> UploadQueue::take(Time now) {
    auto chosen = streams_.end();
    for (auto it = streams_.begin(); it != streams_.end(); ++it) {
        if (!it->second.may_go_on(now)) continue;
        if (chosen == streams_.end() || it->second.first() < chosen->second.first()) chosen = it;
    }
    if (chosen == streams_.end()) return std::nullopt;
    auto& [name, stream] = *chosen;
    stream.busy = true;
    ++under_way_;
    if (!stream.passing) return Job{stream.first(), name};
    auto const behind = static_cast<std::ptrdiff_t>(stream.place);
    return Job{*std::next(stream.segments.begin(), behind), name, stream.first()};
}

void UploadQueue::finished(Job const& job, bool passed) {
    auto const it = streams_.find(job.stream);
    auto& stream = it->second;
    auto const forget = [&](Id id) {
        stream.segments.erase(id);
        known_.erase(id);
    };
    forget(job.id);
    if (passed) forget(*job.passes);
    stream.busy = false;
    stream.passing = false;
    stream.place = 1;
    --under_way_;
    if (passed || !job.passes) {
        stream.failures = stream.refusals = 0;
        stream.not_before = {};
    }
    if (stream.segments.empty()) streams_.erase(it);
}

std::chrono::milliseconds UploadQueue::failed(Job const& job, Time now, std::uint64_t random,
                                              bool refused) {
    auto& stream = streams_.at(job.stream);
    stream.busy = false;
    --under_way_;
    if (std::exchange(stream.passing, false)) {
        if (refused && ++stream.place == stream.segments.size()) stream.place = 1;
        return std::chrono::ceil<std::chrono::milliseconds>(
            std::max(stream.not_before - now, Time::duration{}));
    }
    auto const delay = retry_delay(++stream.failures, random);
    stream.not_before = now + delay;
    stream.refusals = refused ? stream.refusals + 1 : 0;
    if (stream.refusals == 0) stream.place = 1;
    stream.passing = stream.refusals >= kMaxRefusals && stream.segments.size() > 1;
    return delay;
}

std::optional<UploadQueue::Time> UploadQueue::next() const {
    std::optional<Time> next;
    for (auto const& [name, stream] : streams_) {
        if (stream.busy) continue;
        auto const at = stream.passing ? Time{} : stream.not_before;
        if (!next || at < *next) next = at;
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
