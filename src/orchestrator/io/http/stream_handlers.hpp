// Answers the API's requests about streams: GET /v1/streams/{id}, GET /v1/events and
// POST /v1/streams/{id}/restart|stop|reset. The HTTP server's loop only.
#pragma once

#include <boost/json/value.hpp>

#include "http/message.hpp"
#include "orchestrator/io/http/hook_history.hpp"
#include "orchestrator/io/http/stream_json.hpp"
#include "orchestrator/io/router/control_plane.hpp"

namespace tidegate::orchestrator {

// For the JSON of streams; the control plane must outlive it.
SiteOf site_source(ControlPlane const& control);

// 404 if neither hooks nor a list have named the stream. media: of the router's list, or null.
http::Response show_stream(HookHistory const& hooks, ControlPlane const& control,
                           http::Request const& request, boost::json::value media);
// The last hook events of all streams, newest first; at most ?limit=1..1000.
http::Response list_events(HookHistory const& hooks, http::Request const& request);
// 202 with the stream as it is after the action has begun; 404 if the control plane does not know
// it.
http::Response operate_stream(HookHistory const& hooks, ControlPlane& control,
                              OperatorAction action, http::Request const& request);

}  // namespace tidegate::orchestrator
