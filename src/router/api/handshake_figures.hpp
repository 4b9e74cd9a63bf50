// The TLS handshakes that the router has refused (net/handshake_limit.hpp), for the metrics.
#pragma once

#include "router/api/metrics_page.hpp"

namespace tidegate::router {

MetricsBlock handshakes_block();

}  // namespace tidegate::router
