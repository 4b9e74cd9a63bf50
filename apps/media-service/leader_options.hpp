// The flags by which media-service is one of several replicas, of which one leads. Used by main()
// only, before the event loop starts.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "config/flags.hpp"
#include "orchestrator/io/http/leadership.hpp"

struct LeaderOptions {
    bool election = false;
    std::string lease = "media-service";
    std::string advertise_url;  // where other replicas reach us
    std::string ca_file, fingerprint, server_name;
};

// stop_workers_on_exit: of this process; it makes no sense where another replica goes on.
void add_leader_election(tidegate::config::Flags& flags, LeaderOptions& options,
                         bool& stop_workers_on_exit);

// Where others reach a service that listens at this address: as it was told to say, or by the
// Pod's address. secure: whether it speaks TLS.
std::string advertised_url(LeaderOptions const& options, std::string_view listen, bool secure);

// nullopt: there is no election. REQUIRES: the flags were checked.
std::optional<tidegate::orchestrator::ReplicaSettings> replica_settings(
    LeaderOptions const& options);
