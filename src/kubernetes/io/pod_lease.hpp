// The Lease by which a worker in a Pod makes sure that it is the only one for its stream, also
// where the API server has forgotten a Pod whose process still runs (a frozen kubelet, a forced
// deletion). One event loop.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "kubernetes/core/claim.hpp"
#include "net/remote_lease.hpp"

namespace tidegate::kubernetes {

struct LeaseName {
    std::string name_space;  // empty: the Pod's
    std::string name;
};
// nullopt: it is no such name.
std::optional<LeaseName> parse_lease_name(std::string_view text);

// Who we are: "<POD_NAME>_<POD_UID>", or if the environment does not say "<host>_<run id>". No
// other process is ever called so, because a worker's Pod runs one.
std::string pod_identity(std::string const& run_id);

// Finds the API server as find_access() does. holder: who we are. duration: how long others wait
// (worker_claim()). fence: is kept up to date.
net::RemoteLeaseMaker pod_lease_maker(LeaseName name, std::string holder,
                                      std::chrono::seconds duration,
                                      std::shared_ptr<net::Fence> fence);

}  // namespace tidegate::kubernetes
