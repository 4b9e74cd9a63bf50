// What is remembered of each stream for operators: its graphs, what happened to it, and what its
// workers printed. For people only; nothing is decided from it. Its memory has a limit, whatever
// peers and workers send. Pure: time is an argument. One thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "orchestrator/core/dub_report.hpp"
#include "orchestrator/core/graph_history.hpp"

namespace tidegate::orchestrator {

// Streams of which something is remembered. For a new one, the one that was silent for longest is
// forgotten: first among those that no list of the router has shown, for anybody who reaches us can
// name streams. Five times as many as a machine has workers.
inline constexpr std::size_t kMaxRecords = 512;
// Events of one stream: a worker that fails for 15 minutes makes about 60.
inline constexpr std::size_t kRecordedEvents = 100;
// Lines of one stream's workers, and their bytes together: usual lines have 200 bytes.
inline constexpr std::size_t kRecordedLines = 200;
inline constexpr std::size_t kRecordedLineBytes = std::size_t{64} * 1024;

// What was said in the dubs of one stream: ten minutes, which are 300 fragments of 2 s in a
// language.
inline constexpr std::chrono::minutes kRecordedSpeech{10};
inline constexpr std::size_t kRecordedCaptions = 1000;
// Bytes of their texts together: usual ones have 100 each.
inline constexpr std::size_t kRecordedCaptionBytes = std::size_t{128} * 1024;

struct RecordedEvent {
    std::string type;  // "transition", "hook", ...
    std::string json;  // its data, as it was sent
};

struct StreamRecord {
    GraphHistory history;
    std::deque<RecordedEvent> events;  // oldest first
    std::deque<std::string> lines;     // oldest first
    std::size_t line_bytes = 0;        // of all lines
    std::deque<DubCaption> captions;   // oldest first
    std::size_t caption_bytes = 0;     // of all captions
    // When the first caption since the last silence of kRecordedSpeech began: the transcript's
    // zero.
    std::chrono::system_clock::time_point captions_began{};
    bool listed = false;        // a list of the router has shown the stream
    std::uint64_t touched = 0;  // orders records by their last use
};

class StreamRecords {
public:
    void add_sample(std::string_view stream_id, Sample const& sample, Time now);
    void add_event(std::string_view stream_id, std::string_view type, std::string json);
    void add_line(std::string_view stream_id, std::string_view line);
    void add_caption(std::string_view stream_id, DubCaption const& caption);

    // Null: nothing is remembered. Valid until the next change.
    StreamRecord const* find(std::string_view stream_id) const;
    std::size_t size() const { return records_.size(); }
    // By id.
    std::vector<std::string> ids() const;

private:
    // Ids by `touched`: the stream that was silent for longest comes first.
    using ByUse = std::map<std::uint64_t, std::string>;

    StreamRecord& touch(std::string_view stream_id, bool is_listed = false);
    ByUse& order_of(StreamRecord const& record) { return record.listed ? listed_ : named_; }

    std::map<std::string, StreamRecord, std::less<>> records_;
    ByUse listed_;
    ByUse named_;  // by hooks only
    std::uint64_t uses_ = 0;
};

}  // namespace tidegate::orchestrator
