// Which forwarders there should be, according to the routers' lists and the operators: one for each
// destination of each stream whose live/<id>/out can be read at the router that has the stream.
// Turns complete path lists and changes of the destinations into events of the fleet, whose
// "streams" are forwarders here. A stream without destinations costs nothing.
//
// A destination that is switched off or taken away is stopped at once (OperatorStop), and one that
// returns is released (OperatorReset). Everything else is as with workers: a stream is given up
// after several complete lists in a row that do not show it.
//
// Pure. Lives on the control plane's loop, beside the forwarders' fleet.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "orchestrator/core/desired_streams.hpp"
#include "orchestrator/core/path_list.hpp"
#include "orchestrator/core/policy.hpp"

namespace tidegate::orchestrator {

// Bytes of a destination's name. With the longest stream id it fits into the name of a file.
inline constexpr std::size_t kMaxDestinationName = 32;
// 1 to kMaxDestinationName of A-Z a-z 0-9 _ -
bool is_destination_name(std::string_view text);

// What a forwarder is called in the fleet, its backend and the names of leases: "<stream>.<name>".
std::string forward_name(std::string_view stream_id, std::string_view destination);
struct ForwardName {
    std::string stream_id, destination;
};
// nullopt: it is no forwarder's name.
std::optional<ForwardName> parse_forward_name(std::string_view name);

// The key of Params under which a forwarder is told which version of its destination it serves.
inline constexpr char const* kRevision = "revision";

struct WantedForward {
    std::string revision;  // changes when the destination's URL does
    bool enabled = true;
};
using WantedForwards = std::map<std::string, WantedForward, std::less<>>;  // by destination

class DesiredForwards {
public:
    // wanted: the destinations that a stream has now. router_of: the router that has the stream;
    // empty: not known, and any may. policy must outlive this.
    using Wanted = std::function<WantedForwards(std::string const& stream_id)>;
    using RouterOf = std::function<std::string(std::string const& stream_id)>;
    DesiredForwards(Policy const& policy, Wanted wanted, RouterOf router_of = {});

    void add_router(std::string const& router) { routers_.insert(router); }
    // It is gone for good. Returns what follows.
    std::vector<StreamEvent> drop_router(std::string const& router);
    // Processes a complete list of a router. Returns the events that follow, by forwarder.
    std::vector<StreamEvent> update(std::string const& router, std::vector<PathItem> const& items);
    // A router was asked for one path, which is this one. Returns what follows.
    std::vector<StreamEvent> look(std::string const& router, PathItem const& item);
    // Destinations have changed. Returns what follows for streams that are live and have had some.
    std::vector<StreamEvent> refresh();
    // A forwarder was found running, which reads from this router, so its stream was live. From now
    // on it is given up like any other if the lists do not show it.
    void add_adopted(std::string_view name, std::string const& router);

private:
    struct Told {
        bool stopped = false;  // OperatorStop was told last
        std::string revision;  // empty: not known (adopted)
    };
    struct Stream {
        bool live = false;    // reported as desired, or adopted, and not yet as gone
        bool listed = false;  // the last complete list showed it
        std::string router;
        std::string source_id, source_type;  // empty: no list has shown it yet
        unsigned absent = 0;                 // complete lists in a row that did not show it
        std::map<std::string, Told, std::less<>> told;  // by destination
    };

    void take_item(std::string const& router, PathItem const& item, std::vector<StreamEvent>& out);
    void take_absence(std::string const& id, Stream& stream, std::vector<StreamEvent>& out) const;
    void give_up(std::string const& id, Stream& stream, std::vector<StreamEvent>& out) const;
    void forget();
    void tell(std::string const& id, Stream& stream, std::vector<StreamEvent>& out);

    Policy const& policy_;
    Wanted const wanted_;
    RouterOf const router_of_;
    std::set<std::string, std::less<>> routers_;
    std::map<std::string, Stream, std::less<>> streams_;
};

}  // namespace tidegate::orchestrator
