// Which streams should have a worker, according to the router. Turns complete path lists into one
// stream's events: a source is live (Desired), the source is gone (NotDesired), the output can or
// cannot be read (OutputReadable), the source has stopped or resumed sending (InputStalled).
//
// Two rules keep the answer steady. A stream is given up only after several complete lists in a row
// do not show it. A stream that a list shows before its ready hook has arrived is not reported at
// once: the hook carries the publisher's query, and so the worker's settings.
//
// Pure: time is an argument. Lives on the control plane's loop, beside the fleet.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "orchestrator/core/event.hpp"
#include "orchestrator/core/path_list.hpp"
#include "orchestrator/core/policy.hpp"

namespace tidegate::orchestrator {

// How many queries of ready hooks are kept; the oldest is dropped for a new one. Anybody who
// reaches us can forge hooks, so the number is bounded.
inline constexpr std::size_t kMaxRememberedQueries = 4096;
// The router's source ids are UUIDs. A hook with a longer one is not the router's.
inline constexpr std::size_t kMaxSourceIdLength = 128;

using StreamEvent = std::pair<std::string, Event>;  // stream id, what happened to it

class DesiredStreams {
public:
    // policy must outlive this.
    explicit DesiredStreams(Policy const& policy);

    // Processes a complete list that was asked for at `now`. Returns the events that follow from
    // it, in the order of stream ids. Desired is repeated for every live stream in every list.
    std::vector<StreamEvent> update(std::vector<PathItem> const& items, Time now);
    // A list failed, was partial or could not be read. It says nothing about any stream, so no
    // stream changes; the next list comes at the regular time.
    void list_failed();

    // A worker of this stream was found running, so the stream was live. From now on it is given up
    // like any other if the lists do not show it.
    void add_adopted(std::string_view stream_id);

    // A ready hook of live/<id>/in has arrived. It starts nothing; its query is kept until a list
    // shows this source. query: as the router told it, raw or encoded once more as a whole.
    void remember_query(std::string_view stream_id, std::string_view source_id,
                        std::string_view query);

    // When the next list should be asked for, earlier than the regular one, because a stream waits
    // for its hook; nullopt: no stream does.
    std::optional<Time> next_list_due() const { return next_list_due_; }

    // What was refused in the query of the stream's present source. Valid until the next call.
    std::vector<RejectedParam> const& rejected(std::string_view stream_id) const;

private:
    struct Stream {
        bool desired = false;               // reported as desired, or adopted, and not yet as gone
        std::optional<Time> waiting_since;  // listed, not yet reported: its hook has not come
        unsigned absent = 0;                // complete lists in a row that did not show it
        bool reported_readable = false;     // the last OutputReadable said so
        bool stalled = false;               // the last InputStalled said so
        std::string source_id;              // of the newest list that showed it
        std::uint64_t inbound_bytes = 0;    // likewise
        Time advanced_at{};                 // when inbound_bytes last grew
        std::vector<RejectedParam> rejected;
    };
    struct Query {
        ParsedQuery parsed;
        std::uint64_t ticket = 0;  // its place in query_order_
    };
    // What one list says of one stream.
    struct Listed {
        PathItem const* input = nullptr;  // null: not online
        bool output = false;              // online
    };
    using ListedStreams = std::map<std::string, Listed, std::less<>>;

    static ListedStreams by_stream(std::vector<PathItem> const& items);
    void take_stream(std::string const& id, Listed const& listed, Time now,
                     std::vector<StreamEvent>& out);
    void take_input(std::string const& id, Stream& stream, PathItem const& item, Time now,
                    std::vector<StreamEvent>& out);
    void take_absence(std::string const& id, Stream& stream, std::vector<StreamEvent>& out) const;
    static void take_output(std::string const& id, Stream& stream, bool readable, bool is_new,
                            std::vector<StreamEvent>& out);
    bool must_wait(Stream& stream, Time now);
    std::optional<Params> params_of(std::string const& id, PathItem const& item,
                                    Stream& stream) const;

    Policy const& policy_;
    std::map<std::string, Stream, std::less<>> streams_;
    std::map<std::string, Query, std::less<>> queries_;  // by stream and source
    std::map<std::uint64_t, std::string> query_order_;   // keys of queries_, oldest first
    std::uint64_t next_ticket_ = 0;
    std::optional<Time> next_list_due_;
};

}  // namespace tidegate::orchestrator
