// The headers of the dashboard's files: what a browser lets the page do. Any thread.
#pragma once

#include <string>
#include <string_view>

#include "http/message.hpp"

namespace tidegate::orchestrator {

// The Content-Security-Policy of a page that was asked for with this Host header. The page may run
// and show only its own files, and play from any port of the machine that it came from: there the
// router has its HLS server, on a port that may change while the page is open.
std::string dashboard_policy(std::string_view host);

void add_dashboard_headers(http::Request const& request, http::Response& response);

}  // namespace tidegate::orchestrator
