// Finds the access to the API server: the kubeconfig that was named, or that of KUBECONFIG, or what
// a Pod finds in itself. To be called before the event loop runs: it reads files.
#pragma once

#include <expected>
#include <string>

#include "kubernetes/core/access.hpp"

namespace tidegate::kubernetes {

struct AccessOptions {
    std::string kubeconfig;  // empty: KUBECONFIG's, or if there is none the Pod's own
    std::string context;     // of the kubeconfig; empty: its current-context
    std::string name_space;  // empty: what the kubeconfig or the Pod says, or "default"
};

// The error is a sentence that says what to set.
std::expected<ClusterAccess, std::string> find_access(AccessOptions const& options);

}  // namespace tidegate::kubernetes
