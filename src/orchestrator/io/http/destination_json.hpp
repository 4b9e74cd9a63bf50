// A destination as the API shows it. The URL's secret is in none of it. Any thread.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <vector>

#include "orchestrator/core/destination_view.hpp"
#include "orchestrator/io/http/stream_json.hpp"

namespace tidegate::orchestrator {

// What changes seldom: name, state, reason, switch.
boost::json::object to_json(DestinationView const& view);
// With its counts and measures, which change all the time, and its process.
boost::json::object to_json(DestinationView const& view, PidOf const& pid_of);
// Of all destinations, by to_json(view).
boost::json::array destinations_json(std::vector<DestinationView> const& views);

// Leaves of a view only what to_json(view) shows.
void remove_counts(DestinationView& view);

}  // namespace tidegate::orchestrator
