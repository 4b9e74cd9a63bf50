// A simulated Kubernetes API server for the model test of a cluster: Pods and Leases with versions,
// uids, preconditions and a history of events, as a real one keeps them (pinned by tests/cluster).
// What goes wrong on the way to it is the world's business (cluster_world_test.hpp).
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "kubernetes/core/claim.hpp"
#include "kubernetes/core/failure.hpp"
#include "kubernetes/core/lease.hpp"
#include "orchestrator/core/policy.hpp"

namespace tidegate::orchestrator::cluster {

struct SimPod {
    std::string name, uid;
    std::string stream, run_id;
    std::uint64_t version = 0;
    boost::json::object object;  // as it was created
    Time created{};
    std::optional<int> node;  // nullopt: not bound
    bool running = false, ready = false;
    std::optional<int> exit_code;  // of its container: it has ended
    std::optional<int> grace;      // it is being deleted
};

class SimApiServer {
public:
    struct Happened {
        std::uint64_t version;
        enum class Kind { changed, removed } kind;
        boost::json::value pod;
    };
    struct Listed {
        std::vector<boost::json::value> pods;
        std::uint64_t version;
    };
    using Answer = std::expected<boost::json::value, kubernetes::Failure>;

    // What clients ask.
    Answer create(boost::json::value const& object, Time now);
    Answer read(std::string const& name) const;
    // grace 0: the object is forgotten at once, whatever its node does.
    Answer remove(std::string const& name, std::string const& uid, int grace);
    Listed list() const;
    std::vector<Happened> const& history() const { return history_; }
    kubernetes::Claim::Result lease(kubernetes::Claim::Ask ask, kubernetes::Lease lease);
    // Removes it if this is its holder; empty: whoever it is.
    void remove_lease(std::string const& name, std::string const& holder);

    // What the scheduler and the nodes tell. REQUIRES: there is such a Pod.
    std::map<std::string, SimPod> const& pods() const { return pods_; }
    SimPod const* find(std::string const& name, std::string const& uid) const;
    void bind(std::string const& name, int node);
    void set_running(std::string const& name);
    void set_ready(std::string const& name, bool ready);
    void set_ended(std::string const& name, int exit_code);
    // The node confirms that nothing of it is left.
    void forget(std::string const& name);

private:
    static boost::json::value to_json(SimPod const& pod);
    void changed(SimPod& pod);

    std::uint64_t version_ = 1'000;
    std::uint64_t uids_ = 0;
    std::map<std::string, SimPod> pods_;
    std::map<std::string, kubernetes::Lease> leases_;
    std::vector<Happened> history_;
};

}  // namespace tidegate::orchestrator::cluster
