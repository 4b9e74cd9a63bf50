// Answers the API's requests about destinations: GET and POST /v1/streams/{id}/destinations, GET
// and DELETE .../{name}, and POST .../{name}/enable, disable and restart. The HTTP server's loop
// only.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "http/message.hpp"
#include "orchestrator/io/router/egress.hpp"
#include "orchestrator/io/router/forward_plane.hpp"

namespace tidegate::orchestrator {

class DestinationHandlers {
public:
    // What an operator has done: "add", "remove", "enable", "disable", "restart".
    using OnOperate = std::function<void(ForwardName const& name, std::string_view action)>;
    // Both must outlive this.
    DestinationHandlers(Egress& egress, ForwardPlane& forwards, OnOperate on_operate)
        : egress_(egress), forwards_(forwards), on_operate_(std::move(on_operate)) {}

    http::Response list(http::Request const& request) const;
    http::Response show(http::Request const& request) const;
    // The body: {"name":"backup","url":"rtmp://..."}. A destination of this name that was added
    // before gets the new URL.
    http::Response add(http::Request const& request);
    http::Response remove(http::Request const& request);
    http::Response set_enabled(http::Request const& request, bool enabled);
    http::Response restart(http::Request const& request);

private:
    http::Response shown(ForwardName const& name, unsigned status) const;

    Egress& egress_;
    ForwardPlane& forwards_;
    OnOperate const on_operate_;
};

}  // namespace tidegate::orchestrator
