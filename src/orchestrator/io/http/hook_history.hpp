// What hooks have said about each stream: which sources came and went, and the last events. For
// people only. Nothing is decided from it: a hook may be lost, late, doubled or forged, and then
// the history is wrong until the next hook. Workers follow the router's list. Pure: time is part of
// each event. One thread.
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

#include "orchestrator/io/http/hook_body.hpp"

namespace tidegate::orchestrator {

// Forty times as many streams as one machine is meant for. Bounds the memory that forged ids cost.
inline constexpr std::size_t kMaxStreams = 4096;
// Streams that are looked at to find one that may be dropped: each costs a microsecond, of every
// hook that names a new stream.
inline constexpr std::size_t kMostConfirmed = 8;
inline constexpr std::size_t kEventsPerStream = 8;  // a publisher comes, goes and returns, twice
inline constexpr std::size_t kMaxEvents = 1000;     // of all streams together, for GET /v1/events
// Sources per path that are remembered as gone. When one publisher overrides another, the hooks of
// two sources overlap, seldom those of three.
inline constexpr std::size_t kEndedSources = 4;

using WallTime = std::chrono::system_clock::time_point;

enum class HookType { ready, not_ready };
enum class HookOutcome {
    accepted,  // it changed what is known
    repeated,  // it said what was known already
    stale,     // it is about a source that is not, or no longer, the path's present one
};
std::string_view name(HookType type);        // ready, not-ready
std::string_view name(HookOutcome outcome);  // accepted, repeated, stale

struct HookEvent {
    HookType type;
    HookBody body;  // its query is masked and shortened
    std::string correlation_id;
    WallTime at{};                                // when it arrived
    std::uint64_t sequence = 0;                   // 1, 2, ...; set by HookHistory::apply
    HookOutcome outcome = HookOutcome::accepted;  // set by HookHistory::apply
    std::string sender{};                         // the IP address that it came from
};
using HookEventPtr = std::shared_ptr<HookEvent const>;

// What hooks have said about live/<id>/in, or about live/<id>/out.
struct PathHooks {
    bool live = false;      // the last accepted event was "ready"
    std::string source_id;  // of the present source, or of the last one
    std::string source_type;
    std::string query;
    WallTime since{};  // when `live` last changed; the epoch: no hook has named this path
    // Sources that have gone, newest last. A ready event of one of them arrives late and is stale.
    std::deque<std::string> ended_sources;
};

// What hooks have said about one stream.
struct StreamHooks {
    std::string stream_id;
    PathHooks in;
    PathHooks out;
    std::uint64_t events = 0;              // how many there were
    std::deque<HookEventPtr> last_events;  // newest last
};

class HookHistory {
public:
    // Tells whether the router's list, too, shows the stream.
    using IsConfirmed = std::function<bool(std::string_view stream_id)>;
    explicit HookHistory(IsConfirmed is_confirmed = {});

    // Takes in an event and returns it with its sequence and outcome. No event is refused, for
    // anybody who reaches us can forge events, and a real one among them must be heard. If there is
    // no room for a new stream, another one is dropped: one that is not live; if all are live, one
    // that the router does not confirm; if it confirms all, any. Among several, the one whose last
    // event is the oldest.
    HookEventPtr apply(HookEvent event);

    // Null: no hook has named the stream, or it has been dropped.
    StreamHooks const* find(std::string_view stream_id) const;
    std::map<std::string, StreamHooks, std::less<>> const& streams() const { return streams_; }
    std::deque<HookEventPtr> const& events() const { return events_; }  // newest last
    // How many streams have a live path.
    std::size_t live() const { return live_.size(); }

private:
    // Stream ids by the sequence of the stream's last event: the one silent for longest comes
    // first.
    using BySilence = std::map<std::uint64_t, std::string>;

    StreamHooks& find_or_make(std::string const& stream_id);
    void make_room();

    IsConfirmed is_confirmed_;
    std::uint64_t sequence_ = 0;
    std::map<std::string, StreamHooks, std::less<>> streams_;
    BySilence live_;
    BySilence idle_;
    std::deque<HookEventPtr> events_;
};

}  // namespace tidegate::orchestrator
