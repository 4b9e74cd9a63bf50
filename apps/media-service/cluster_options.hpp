// The part of media-service's command line that is about a Kubernetes cluster. Used by main() only,
// before the event loop starts.
#pragma once

#include <cstdint>
#include <expected>
#include <string>

#include "base/duration.hpp"
#include "config/flags.hpp"
#include "kubernetes/core/claim.hpp"
#include "orchestrator/core/policy.hpp"
#include "orchestrator/io/kubernetes/pod_backend.hpp"

struct ClusterOptions {
    std::string kubeconfig, context, name_space;
    std::string pod_template, secret;
    bool leases = true;  // of workers
    tidegate::base::Duration lease_duration = tidegate::kubernetes::kWorkerLease;
    std::int64_t requests_per_second = 50;  // kubernetes::ClientSettings says why
    std::int64_t burst = 100;
};

// A Pod has to find a node and its image first, and a node may have to be made for it. Then its
// worker may have to wait until the Lease of another one has expired.
inline constexpr std::chrono::minutes kPodReadyTimeout{2};
tidegate::base::Duration pod_ready_timeout(ClusterOptions const& options);

// mode: of the workers; what is wrong with the cluster's settings is an error if it is
// "kubernetes".
void add_cluster(tidegate::config::Flags& flags, tidegate::config::Flags::Setting const& mode_flag,
                 std::string const& mode, ClusterOptions& options);

// The backend's settings, for workers of this command. The error is a sentence.
std::expected<tidegate::orchestrator::PodBackendSettings, std::string> pod_settings(
    ClusterOptions const& options, tidegate::orchestrator::WorkerCommand const& command,
    tidegate::orchestrator::Policy const& policy);
