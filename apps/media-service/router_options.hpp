// The flags of media-service that say where the routers are. Used by main() only.
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "config/flags.hpp"
#include "net/tls_client.hpp"
#include "orchestrator/core/router_address.hpp"

struct RouterOptions {
    std::string api = "http://127.0.0.1:9997";
    std::string rtsp = "rtsp://127.0.0.1:8554";
    std::string rtmp = "rtmp://127.0.0.1:1935";
    std::vector<std::string> several;  // empty: the one router of the three URLs
    std::string ca_file, fingerprint;
};

void add_routers(tidegate::config::Flags& flags, RouterOptions& options);

// The error is a sentence.
std::expected<tidegate::orchestrator::RouterAddresses, std::string> router_addresses(
    RouterOptions const& options);
// Whom we trust as a router; null: the system's certificates. The error is a sentence.
std::expected<std::shared_ptr<tidegate::net::TlsClientContext const>, std::string> router_trust(
    RouterOptions const& options);
