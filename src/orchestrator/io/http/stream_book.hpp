// What the hooks have told of each stream: live or not, by which source, and its last events. Pure
// (time is an argument); one thread. It decides nothing: hooks are hints (design §6), and a lost or
// reordered one leaves the book wrong until the next event, which is why workers follow the
// router's list instead.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "orchestrator/io/http/hook_body.hpp"

namespace tidegate::orchestrator {

inline constexpr std::size_t kMaxStreams =
    4096;  // forty times the goal; bounds what forged ids cost
inline constexpr std::size_t kEventsPerStream = 8;  // a publisher's coming, going and return, twice
inline constexpr std::size_t kMaxEvents = 1000;     // of all streams, for GET /v1/events
inline constexpr std::size_t kEndedSources =
    4;  // per side: overrides overlap by one, seldom by two

using WallTime = std::chrono::system_clock::time_point;

enum class EventType { ready, not_ready };
enum class Outcome {
    accepted,  // changed what is known
    repeated,  // was known already
    stale,     // of a source that is not (or no longer) the bound one
};
std::string_view name(EventType type);        // ready, not-ready
std::string_view name(Outcome outcome);       // accepted, repeated, stale
std::string_view name(base::Direction side);  // in, out

struct HookEvent {
    EventType type;
    HookBody body;  // query masked (mask_query)
    std::string correlation_id;
    WallTime at{};
    std::uint64_t sequence = 0;           // set by the book: 1, 2, ...
    Outcome outcome = Outcome::accepted;  // likewise
};
using EventPtr = std::shared_ptr<HookEvent const>;

// live/<id>/in or live/<id>/out
struct Side {
    bool live = false;
    std::string source_id;  // the bound source, or the last one
    std::string source_type;
    std::string query;
    WallTime since{};                       // live or not since
    std::deque<std::string> ended_sources;  // newest last; their late ready events are stale
};

struct StreamRecord {
    std::string stream_id;
    Side in;
    Side out;
    std::uint64_t events = 0;
    std::deque<EventPtr> last_events;  // newest last
};

class StreamBook {
public:
    // Whether a stream is live for the router as well, and not only for what hooks have said.
    using IsConfirmed = std::function<bool(std::string_view stream_id)>;
    explicit StreamBook(IsConfirmed is_confirmed = {});

    // In a full book a new stream takes the place of one that is not live; where there is none, of
    // one that only hooks call live; else of any: always the one that has been silent longest.
    // Never refused: anyone who reaches us may forge events, and a real one must be heard.
    EventPtr apply(HookEvent event);

    StreamRecord const* find(std::string_view stream_id) const;
    std::map<std::string, StreamRecord, std::less<>> const& streams() const { return streams_; }
    std::deque<EventPtr> const& events() const { return events_; }  // newest last
    std::size_t live() const { return live_.size(); }

private:
    using BySilence = std::map<std::uint64_t, std::string>;  // last event's sequence -> stream id

    StreamRecord& find_or_make(std::string const& stream_id);
    void make_room();

    IsConfirmed is_confirmed_;
    std::uint64_t sequence_ = 0;
    std::map<std::string, StreamRecord, std::less<>> streams_;
    BySilence live_;
    BySilence idle_;
    std::deque<EventPtr> events_;
};

}  // namespace tidegate::orchestrator
