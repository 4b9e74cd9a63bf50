// Which streams should have a worker, and at which router, according to the routers. Turns complete
// lists of paths, and what a router says of one path, into one stream's events: a source is live
// (Desired), the source is gone (NotDesired), the output can or cannot be read (OutputReadable),
// the source has stopped or resumed sending (InputStalled).
//
// Four rules keep the answer steady.
// - A stream is given up only after several complete lists of its router in a row do not show it.
// - A router that does not answer says nothing about any stream.
// - Of a stream that several routers have, the newest session counts: by the routers' clocks, and
//   where they do not tell, the one that was seen last.
// - A stream that a router shows before its ready hook has arrived is not reported at once: the
//   hook carries the publisher's query, and so the worker's settings. If it does not come, the
//   router is asked for the query (due_looks()).
//
// What a list says again is not told again, unless something else has happened to the stream
// (note()), and now and then (Policy). A stream
// of which nothing is new costs a fraction of a microsecond.
//
// Pure: time is an argument. Lives on the control plane's loop, beside the fleet.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/stream_id.hpp"
#include "base/string_map.hpp"
#include "orchestrator/core/event.hpp"
#include "orchestrator/core/path_list.hpp"
#include "orchestrator/core/policy.hpp"
#include "orchestrator/core/remembered_queries.hpp"

namespace tidegate::orchestrator {

using StreamEvent = std::pair<std::string, Event>;  // stream id, what happened to it

// A stream that two routers have at the same time.
struct RouterConflict {
    std::string stream_id;
    std::string router;  // has the newest session
    std::string other;
    bool operator==(RouterConflict const&) const = default;
};

class DesiredStreams {
public:
    // policy must outlive this.
    explicit DesiredStreams(Policy const& policy);
    DesiredStreams(DesiredStreams const&) = delete;
    DesiredStreams& operator=(DesiredStreams const&) = delete;

    // There is this router. (One that is named by a list is there, too.)
    void add_router(std::string_view router);
    // It is gone for good: its streams are given up, or are another router's. Returns what follows.
    std::vector<StreamEvent> drop_router(std::string_view router);

    // Processes a complete list of a router, which was asked for at `asked`. Returns the events
    // that follow from it. What is older than what is known of a path counts for nothing.
    std::vector<StreamEvent> update(std::string_view router, std::vector<PathItem> const& items,
                                    Time asked);
    // The same for one path. item: null: the router has no such path. A stream is never given up by
    // this alone. may_wait: false: the router was asked for the query, and what it has not told is
    // not waited for any longer.
    std::vector<StreamEvent> look(std::string_view router, base::StreamPath const& path,
                                  PathItem const* item, Time asked, bool may_wait = true);
    // A list failed, was partial or could not be read. It says nothing about any stream, so no
    // stream changes, except that one whose worker was found there and that another router shows is
    // the other's. Returns what follows.
    std::vector<StreamEvent> list_failed(std::string_view router);

    // A worker of this stream was found running, so the stream was live. From now on it is given up
    // like any other if the lists of this router do not show it. If there is no such router, it is
    // given up if the lists of no router show it.
    void add_adopted(std::string_view stream_id, std::string_view router);

    // A ready hook of live/<id>/in has arrived. It starts nothing; its query is kept until a router
    // shows this source. query: as the router told it, raw or encoded once more as a whole.
    void remember_query(std::string_view stream_id, std::string_view source_id,
                        std::string_view query);

    // This is about to happen to the stream. Unless it comes from here or cannot change whether the
    // stream is served, the next list tells again what the stream is.
    void note(std::string_view stream_id, Event const& event);

    // When a router should be asked for a stream whose hook has not come in time, and for the query
    // of its source; nullopt: none waits.
    std::optional<Time> next_look_due() const;
    // Of which streams, and which router. Each is told once. They are sorted by name, so that
    // the same events have the same effects in every run.
    std::vector<std::pair<std::string, std::string>> due_looks(Time now);

    // The router that has the stream; empty: none.
    std::string router_of(std::string_view stream_id) const;
    // The other routers that have it, too, by name.
    std::vector<std::string> also_on(std::string_view stream_id) const;
    // Streams that several routers have.
    std::size_t doubled() const { return doubled_; }
    // Those of which this was not told yet.
    std::vector<RouterConflict> take_conflicts() { return std::exchange(conflicts_, {}); }
    // What was refused in the query of the stream's present source. Valid until the next call.
    std::vector<RejectedParam> const& rejected(std::string_view stream_id) const;

private:
    struct Router;
    struct Claim;
    // What all routers together say of a stream.
    struct Stream {
        Claim* owner = nullptr;          // the newest session; null: the stream is not desired
        std::vector<Claim*> others{};    // further claims that are desired
        bool fresh = false;              // Desired was told, and its output has not been since
        bool reported_readable = false;  // the last OutputReadable said so
        bool stalled = false;            // the last InputStalled said so
        bool conflict_told = false;
        unsigned claims = 0;  // that there are, desired or not
    };

    // What one router says of a stream.
    struct Claim {
        Router* router = nullptr;
        Stream* stream = nullptr;
        std::string const* id = nullptr;
        bool desired = false;                 // its source is there, or its worker was adopted
        bool output = false;                  // its output is online
        bool repeat = false;                  // something else has happened: it is told again
        std::optional<Time> waiting_since{};  // listed, not yet desired: its hook has not come
        unsigned absent = 0;                  // complete lists in a row that did not show it
        Time input_asked{}, output_asked{};   // of what is known
        unsigned input_listed = 0, output_listed = 0;  // number of the last list that showed it
        std::string source_id{}, source_type{};        // empty: adopted, and no list has shown it
        std::optional<std::int64_t> began{};           // by the router's clock
        std::uint64_t session = 0;  // its place among all sessions; 0: adopted, not seen yet
        std::uint64_t inbound_bytes = 0;
        Time advanced_at{};  // when inbound_bytes last grew
        std::vector<RejectedParam> rejected{};
    };

    using Claims = base::StringMap<Claim>;  // by stream
    struct Router {
        std::string name;
        bool asked = false;  // it has given a list, or has failed to
        unsigned lists = 0;  // complete ones
        Claims claims{};
    };
    using Events = std::vector<StreamEvent>;

    void repeat(std::string_view stream_id);
    Router& router_named(std::string_view name);
    Claim& claim_of(Router& router, std::string_view id);
    void take_input(Claim& claim, PathItem const& item, Time asked, bool may_wait, Events& out);
    void take_new_session(Claim& claim, PathItem const& item);
    void take_flow(Claim& claim, PathItem const& item, bool is_new, Time asked, Events& out);
    void take_absence(Claim& claim, Events& out);
    void give_up(Claim& claim, Events& out);
    void take_output(Claim& claim, Events& out);
    void take_orphans(Router const& router, Events& out);
    void stop_waiting(Claim& claim);
    void join(Claim& claim);
    bool must_wait(Claim& claim, Time now);
    void tell_desired(Claim& claim, std::optional<Params> params, Events& out);
    void elect(Stream& stream, Events& out, Claim const* told);
    void note_conflict(Claim const& claim);
    bool is_newer(Claim const& one, Claim const& other) const;
    void drop_if_empty(Router& router, Claims::iterator it);
    std::optional<Params> params_of(Claim& claim, std::string const& source_id,
                                    std::optional<std::string> const& query) const;

    Policy const& policy_;
    std::map<std::string, Router, std::less<>> routers_;
    base::StringMap<Stream> streams_;
    // Streams whose worker was found at a router that is none of ours, and how many lists of each
    // router have not shown them.
    std::map<std::string, std::map<std::string, unsigned>, std::less<>> orphans_;
    RememberedQueries queries_;
    std::set<std::pair<Time, Claim*>> waiting_;  // by the time from which their hook is late
    std::vector<RouterConflict> conflicts_;
    std::uint64_t sessions_ = 0;  // seen so far
    std::size_t doubled_ = 0;
};

}  // namespace tidegate::orchestrator
