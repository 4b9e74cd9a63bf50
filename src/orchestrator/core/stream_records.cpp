#include "orchestrator/core/stream_records.hpp"

#include <ranges>
#include <utility>

namespace tidegate::orchestrator {

void StreamRecords::add_sample(std::string_view stream_id, Sample const& sample, Time now) {
    touch(stream_id, true).history.add(sample, now);
}

void StreamRecords::add_event(std::string_view stream_id, std::string_view type, std::string json) {
    auto& events = touch(stream_id).events;
    events.push_back({std::string(type), std::move(json)});
    if (events.size() > kRecordedEvents) events.pop_front();
}

void StreamRecords::add_line(std::string_view stream_id, std::string_view line) {
    auto& record = touch(stream_id);
    record.lines.emplace_back(line.substr(0, kRecordedLineBytes));
    record.line_bytes += record.lines.back().size();
    while (record.lines.size() > kRecordedLines || record.line_bytes > kRecordedLineBytes) {
        record.line_bytes -= record.lines.front().size();
        record.lines.pop_front();
    }
}

// Old is what began kRecordedSpeech before the newest: a worker's clock is the machine's, and
// nothing depends on ours.
void StreamRecords::add_caption(std::string_view stream_id, DubCaption const& caption) {
    auto& record = touch(stream_id);
    auto& captions = record.captions;
    auto const is_old = [&](DubCaption const& kept) {
        return kept.at + kRecordedSpeech < caption.at;
    };
    auto const full = [&] {
        return captions.size() > kRecordedCaptions || record.caption_bytes > kRecordedCaptionBytes;
    };
    auto const bytes = [](DubCaption const& kept) {
        return kept.transcript.size() + kept.translation.size();
    };
    if (captions.empty() || is_old(captions.back())) record.captions_began = caption.at;
    captions.push_back(caption);
    record.caption_bytes += bytes(caption);
    while (captions.size() > 1 && (is_old(captions.front()) || full())) {
        record.caption_bytes -= bytes(captions.front());
        captions.pop_front();
    }
}

StreamRecord const* StreamRecords::find(std::string_view stream_id) const {
    auto const found = records_.find(stream_id);
    return found == records_.end() ? nullptr : &found->second;
}

std::vector<std::string> StreamRecords::ids() const {
    auto const keys = records_ | std::views::keys;
    return {keys.begin(), keys.end()};
}

StreamRecord& StreamRecords::touch(std::string_view stream_id, bool is_listed) {
    auto found = records_.find(stream_id);
    if (found != records_.end()) {
        order_of(found->second).erase(found->second.touched);
    } else {
        if (records_.size() >= kMaxRecords) {
            auto& from = named_.empty() ? listed_ : named_;
            records_.erase(from.begin()->second);
            from.erase(from.begin());
        }
        found = records_.try_emplace(std::string(stream_id)).first;
    }
    auto& record = found->second;
    record.listed = record.listed || is_listed;
    record.touched = ++uses_;
    order_of(record).emplace(uses_, found->first);
    return record;
}

}  // namespace tidegate::orchestrator
