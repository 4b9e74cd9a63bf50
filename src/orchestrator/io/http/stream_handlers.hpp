// GET /v1/streams/{id}, /v1/events and POST /v1/streams/{id}/restart|stop|reset, over
// the book of hooks and the control plane. On the server's loop.
#pragma once

#include "http/message.hpp"
#include "orchestrator/io/http/stream_book.hpp"
#include "orchestrator/io/http/stream_json.hpp"
#include "orchestrator/io/router/control_plane.hpp"

namespace tidegate::orchestrator {

// How the JSON of streams finds process ids; the control plane outlives it.
PidOf pid_source(ControlPlane const& control);

http::Response show_stream(StreamBook const& book, ControlPlane const& control,
                           http::Request const& request);
// Newest first; ?limit=1..1000.
http::Response list_events(StreamBook const& book, http::Request const& request);
// 202 with the stream as it is now.
http::Response operate_stream(StreamBook const& book, ControlPlane& control, OperatorAction action,
                              http::Request const& request);

}  // namespace tidegate::orchestrator
