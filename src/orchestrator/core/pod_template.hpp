// The Pod that a worker runs in: a template of the operator's (a whole Pod manifest with image,
// resources, tolerations, environment, probes), and what each worker adds to it. Pure; any thread.
//
// Secrets never pass through here. The template names a Secret (`envFrom`), or the operator does
// (PodTemplate::secret), and the kubelet gives its members to the container as environment:
// INPUT_USER, INPUT_PASSWORD, OUTPUT_USER, OUTPUT_PASSWORD, STS_TOKEN.
#pragma once

#include <boost/json/value.hpp>
#include <chrono>
#include <cstdint>
#include <expected>
#include <string>
#include <vector>

#include "kubernetes/core/claim.hpp"
#include "orchestrator/core/params.hpp"

namespace tidegate::orchestrator {

// The port of the worker's probes and status, inside the Pod (HEALTH_LISTEN, unless the template
// has it).
inline constexpr std::uint16_t kHealthPort = 8081;

struct PodTemplate {
    boost::json::value pod;  // checked by read_pod_template()
    std::string name_space;  // where Pods are made
    std::string secret;      // the Secret whose members the worker gets; empty: only the template's
    // A worker holds a Lease of its Pod's name while it publishes. Its service account must be
    // allowed to get, create, update and delete Leases.
    bool leases = true;
    std::chrono::seconds lease_duration = kubernetes::kWorkerLease;  // unless the template has it
};

// Checks a manifest. The error is a sentence that names the member and what is wrong: it is no Pod,
// has no container "worker", or sets what is ours to set (name, namespace, command, args,
// restartPolicy other than Never).
std::expected<boost::json::value, std::string> read_pod_template(boost::json::value manifest);

// What distinguishes one worker's Pod from another's.
struct PodPlan {
    std::string pod_name;
    std::string stream_id, run_id, start_id;
    Params params;
    std::vector<std::string> argv;  // the worker's whole command line
};

// The Pod to create. Probes of /readyz and /livez are added where the template has none. A `$` in
// an argument is doubled, because the kubelet would put the value of a variable in the place of
// $(NAME): a publisher could name a password by its query.
boost::json::value make_pod(PodTemplate const& base, PodPlan const& plan);

}  // namespace tidegate::orchestrator
