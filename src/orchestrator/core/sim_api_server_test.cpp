#include "orchestrator/core/sim_api_server_test.hpp"

#include <algorithm>
#include <utility>

#include "kubernetes/core/members.hpp"
#include "orchestrator/core/pod.hpp"

namespace tidegate::orchestrator::cluster {

namespace json = boost::json;
using kubernetes::Failure;
using kubernetes::text_at;

namespace {

std::unexpected<Failure> refusal(unsigned code, std::string reason) {
    return std::unexpected(Failure{.code = code, .reason = std::move(reason), .message = "no"});
}

json::object container_state(SimPod const& pod) {
    if (pod.exit_code) {
        return {{"terminated", {{"exitCode", *pod.exit_code}, {"reason", "Error"}}}};
    }
    if (pod.running) return {{"running", json::object{}}};
    return {{"waiting", {{"reason", "ContainerCreating"}}}};
}

std::string phase_of(SimPod const& pod) {
    if (pod.exit_code) return *pod.exit_code == 0 ? "Succeeded" : "Failed";
    return pod.running ? "Running" : "Pending";
}

}  // namespace

json::value SimApiServer::to_json(SimPod const& pod) {
    auto object = pod.object;
    auto& metadata = object["metadata"].as_object();
    metadata["uid"] = pod.uid;
    metadata["resourceVersion"] = std::to_string(pod.version);
    metadata["creationTimestamp"] = "2026-01-02T10:00:00Z";
    if (pod.grace) {
        metadata["deletionTimestamp"] = "2026-01-02T10:01:00Z";
        metadata["deletionGracePeriodSeconds"] = *pod.grace;
    }
    if (pod.node) object["spec"].as_object()["nodeName"] = "n" + std::to_string(*pod.node);
    json::object status{{"phase", phase_of(pod)}};
    if (pod.running || pod.exit_code) {
        status["podIP"] = pod.uid;  // unique, as far as the world needs it
        status["conditions"] =
            json::array{{{"type", "Ready"}, {"status", pod.ready ? "True" : "False"}}};
    }
    if (pod.node) {
        status["containerStatuses"] =
            json::array{{{"name", kWorkerContainer}, {"state", container_state(pod)}}};
    }
    object["status"] = std::move(status);
    return object;
}

void SimApiServer::changed(SimPod& pod) {
    pod.version = ++version_;
    history_.push_back({version_, Happened::Kind::changed, to_json(pod)});
}

SimApiServer::Answer SimApiServer::create(json::value const& object, Time now) {
    auto const name = text_at(object, {"metadata", "name"});
    if (pods_.contains(name)) return refusal(409, "AlreadyExists");
    SimPod pod;
    pod.name = name;
    pod.uid = "uid-" + std::to_string(++uids_);
    pod.stream = text_at(object, {"metadata", "annotations", kStreamAnnotation});
    pod.run_id = text_at(object, {"metadata", "annotations", kRunAnnotation});
    pod.object = object.as_object();
    pod.created = now;
    auto& stored = pods_.emplace(name, std::move(pod)).first->second;
    changed(stored);
    return to_json(stored);
}

SimApiServer::Answer SimApiServer::read(std::string const& name) const {
    auto const found = pods_.find(name);
    if (found == pods_.end()) return refusal(404, "NotFound");
    return to_json(found->second);
}

// A Pod that no node has, or that has ended, goes at once.
SimApiServer::Answer SimApiServer::remove(std::string const& name, std::string const& uid,
                                          int grace) {
    auto const found = pods_.find(name);
    if (found == pods_.end()) return refusal(404, "NotFound");
    auto& pod = found->second;
    if (!uid.empty() && pod.uid != uid) return refusal(409, "Conflict");
    auto const answer = to_json(pod);
    if (grace == 0 || !pod.node || pod.exit_code) {
        forget(name);
    } else if (!pod.grace || *pod.grace > grace) {
        pod.grace = grace;
        changed(pod);
    }
    return answer;
}

SimApiServer::Listed SimApiServer::list() const {
    Listed listed{{}, version_};
    for (auto const& [name, pod] : pods_) listed.pods.push_back(to_json(pod));
    return listed;
}

SimPod const* SimApiServer::find(std::string const& name, std::string const& uid) const {
    auto const found = pods_.find(name);
    return found == pods_.end() || found->second.uid != uid ? nullptr : &found->second;
}

void SimApiServer::bind(std::string const& name, int node) {
    auto& pod = pods_.at(name);
    pod.node = node;
    changed(pod);
}

void SimApiServer::set_running(std::string const& name) {
    auto& pod = pods_.at(name);
    pod.running = true;
    changed(pod);
}

void SimApiServer::set_ready(std::string const& name, bool ready) {
    auto& pod = pods_.at(name);
    if (pod.ready == ready) return;
    pod.ready = ready;
    changed(pod);
}

void SimApiServer::set_ended(std::string const& name, int exit_code) {
    auto& pod = pods_.at(name);
    pod.exit_code = exit_code;
    pod.running = pod.ready = false;
    changed(pod);
}

void SimApiServer::forget(std::string const& name) {
    auto pod = pods_.extract(name);
    pod.mapped().version = ++version_;
    history_.push_back({version_, Happened::Kind::removed, to_json(pod.mapped())});
}

kubernetes::Claim::Result SimApiServer::lease(kubernetes::Claim::Ask ask, kubernetes::Lease lease) {
    using kubernetes::Claim;
    auto const found = leases_.find(lease.name);
    if (ask == Claim::Ask::create) {
        if (found != leases_.end()) return refusal(409, "AlreadyExists");
    } else {
        if (found == leases_.end()) return refusal(404, "NotFound");
        if (ask == Claim::Ask::read) return found->second;
        if (lease.resource_version != found->second.resource_version) {
            return refusal(409, "Conflict");
        }
    }
    lease.resource_version = std::to_string(++version_);
    lease.uid = lease.name;
    leases_.insert_or_assign(lease.name, lease);
    return lease;
}

void SimApiServer::remove_lease(std::string const& name, std::string const& holder) {
    auto const found = leases_.find(name);
    if (found == leases_.end()) return;
    if (holder.empty() || found->second.holder == holder) leases_.erase(found);
}

}  // namespace tidegate::orchestrator::cluster
