// Which replica of media-service leads, as far as this one knows: for its metrics and its API. Who
// it is, is decided elsewhere (kubernetes/core/claim.hpp). One event loop.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "metrics/registry.hpp"
#include "orchestrator/io/http/leader_proxy.hpp"

namespace tidegate::orchestrator {

// How this process is one of several.
struct ReplicaSettings {
    std::string name;  // no other replica has it
    // For the https:// URLs of other replicas; null: the certificates of the system.
    std::shared_ptr<net::TlsClientContext const> trust;
};

class Leadership {
public:
    // elected: false if there is one process, which always leads.
    Leadership(std::string name, bool elected);

    bool leads() const { return leads_; }
    std::optional<Leader> const& leader() const { return leader_; }

    // This replica leads from now on.
    void lead();
    // It does not any more.
    void end();
    // Who leads as the record says; nullopt: nobody. False: that was known.
    bool set_leader(std::optional<Leader> leader);

    // The answer to GET /v1/leader.
    std::string text() const;
    // Metrics of each replica, whether it leads or not.
    std::string metrics() const { return registry_.text(); }
    void passed_on() { passed_on_.Increment(); }

private:
    std::string const name_;
    bool const elected_;
    metrics::Registry registry_;
    metrics::Gauge& gauge_;
    metrics::Counter& changes_;
    metrics::Counter& passed_on_;
    bool leads_;
    std::optional<Leader> leader_;
    std::optional<std::chrono::system_clock::time_point> since_;  // when leader_ was first seen
};

}  // namespace tidegate::orchestrator
