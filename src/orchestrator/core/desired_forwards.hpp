// Which forwarders there should be, according to the router's list and the operators: one for each
// destination of each stream whose live/<id>/out can be read. Turns complete path lists and changes
// of the destinations into events of the fleet, whose "streams" are forwarders here.
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
    // wanted: the destinations that a stream has now. policy must outlive this.
    using Wanted = std::function<WantedForwards(std::string const& stream_id)>;
    DesiredForwards(Policy const& policy, Wanted wanted);

    // Processes a complete list. Returns the events that follow, by forwarder.
    std::vector<StreamEvent> update(std::vector<PathItem> const& items);
    // Destinations have changed. Returns what follows for streams that are live.
    std::vector<StreamEvent> refresh();
    // A forwarder was found running, so its stream was live. From now on it is given up like any
    // other if the lists do not show it.
    void add_adopted(std::string_view name);

private:
    struct Told {
        bool stopped = false;  // OperatorStop was told last
        std::string revision;  // empty: not known (adopted)
    };
    struct Stream {
        bool live = false;                   // reported as desired, or adopted, and not yet as gone
        bool listed = false;                 // the last complete list showed it
        std::string source_id, source_type;  // empty: no list has shown it yet
        unsigned absent = 0;                 // complete lists in a row that did not show it
        std::map<std::string, Told, std::less<>> told;  // by destination
    };

    void take_listed(std::string const& id, Stream& stream, PathItem const& item,
                     std::vector<StreamEvent>& out);
    void take_absence(std::string const& id, Stream& stream, std::vector<StreamEvent>& out) const;
    void tell(std::string const& id, Stream& stream, std::vector<StreamEvent>& out);

    Policy const& policy_;
    Wanted const wanted_;
    std::map<std::string, Stream, std::less<>> streams_;
};

}  // namespace tidegate::orchestrator
