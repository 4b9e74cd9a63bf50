// From the router's complete path lists to events per stream: who is live with which source, who is
// gone (absent from enough complete lists in a row), whose output is readable, whose input stalls.
// A stream that a list shows before its ready hook has come is held back for a moment.
// Design §6. Pure; lives on the control thread beside the Fleet. A list that failed is reported by
// unknown().
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "orchestrator/core/event.hpp"
#include "orchestrator/core/list_assembler.hpp"
#include "orchestrator/core/policy.hpp"

namespace tidegate::orchestrator {

// Ready hooks remembered for the query that the path list does not tell; the oldest goes first.
inline constexpr std::size_t kMaxRememberedQueries = 4096;
// Source ids are UUIDs; longer ones in a hook are not worth remembering.
inline constexpr std::size_t kMaxSourceIdLength = 128;

using StreamEvent = std::pair<std::string, Event>;  // stream id, event

class Desired {
public:
    explicit Desired(Policy const& policy);

    // A worker found alive at our start: its stream is given up like any other if the lists lack
    // it.
    void adopted(std::string_view stream_id);

    // A ready hook for live/<id>/in. Starts nothing: only its query is remembered, for when a list
    // shows that source. `query` raw or encoded as a whole.
    void note_ready(std::string_view stream_id, std::string_view source_id, std::string_view query);

    // A complete list, looked at from `now`. Events in the order of stream ids.
    std::vector<StreamEvent> complete(std::vector<PathItem> const& items, Time now);
    // A list that failed, was partial or could not be read.
    void unknown(Time now);

    // When another list is wanted for streams held back since the last one; nothing: for none.
    std::optional<Time> next_due() const { return next_due_; }

    // For metrics and readiness.
    std::optional<Time> last_complete() const { return last_complete_; }
    std::optional<Time> last_unknown() const { return last_unknown_; }
    // What was refused in the query of the stream's current source; empty if nothing.
    std::vector<RejectedParam> const& rejected(std::string_view stream_id) const;

private:
    struct Stream {
        bool wanted = false;             // reported as desired, or adopted, and not yet as gone
        std::optional<Time> held_since;  // online and not yet wanted: for its hook
        unsigned absent = 0;             // complete lists in a row that lacked it
        std::string source_id;
        bool output_told = false;  // as readable, and not yet as gone
        bool stalled = false;
        std::uint64_t inbound_bytes = 0;
        Time advanced_at{};
        std::vector<RejectedParam> rejected;
    };
    struct Query {
        ParsedQuery parsed;
        std::uint64_t ticket = 0;
    };
    // What one list says of one stream.
    struct Seen {
        PathItem const* input = nullptr;  // online
        bool output = false;
    };
    using Streams = std::map<std::string, Stream, std::less<>>;
    using SeenStreams = std::map<std::string, Seen, std::less<>>;

    static SeenStreams sort_out(std::vector<PathItem> const& items);
    void see(std::string const& id, Seen const& seen, Time now, std::vector<StreamEvent>& out);
    void see_input(std::string const& id, PathItem const& item, Time now,
                   std::vector<StreamEvent>& out);
    void see_output(std::string const& id, bool readable, bool anew, std::vector<StreamEvent>& out);
    void miss_input(std::string const& id, Stream& stream, std::vector<StreamEvent>& out) const;
    bool hold_back(Stream& stream, Time now);
    std::optional<Params> params_of(std::string const& id, PathItem const& item,
                                    Stream& stream) const;

    Policy const& policy_;
    Streams streams_;
    std::map<std::string, Query, std::less<>> queries_;  // by stream and source
    std::map<std::uint64_t, std::string> query_order_;   // by ticket
    std::uint64_t next_ticket_ = 0;
    std::optional<Time> next_due_;
    std::optional<Time> last_complete_;
    std::optional<Time> last_unknown_;
};

}  // namespace tidegate::orchestrator
