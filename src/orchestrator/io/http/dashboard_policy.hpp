// The headers of the dashboard's files: what a browser lets the page do. Any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "http/message.hpp"

namespace tidegate::orchestrator {

// The Content-Security-Policy of a page that was asked for with this Host header. The page may run
// and show only its own files, and play from any port of the machine that it came from: there the
// router has its HLS server, on a port that may change while the page is open. If there are several
// routers, it may play from their machines, too. routers: host and port of each.
std::string dashboard_policy(std::string_view host, std::vector<std::string> const& routers = {});

void add_dashboard_headers(http::Request const& request, std::vector<std::string> const& routers,
                           http::Response& response);

}  // namespace tidegate::orchestrator
