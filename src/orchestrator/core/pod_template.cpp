#include "orchestrator/core/pod_template.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <initializer_list>
#include <string_view>
#include <utility>

#include "base/duration.hpp"
#include "kubernetes/core/claim.hpp"
#include "kubernetes/core/members.hpp"
#include "orchestrator/core/pod.hpp"

namespace tidegate::orchestrator {

namespace json = boost::json;
using kubernetes::find;
using kubernetes::find_array;
using kubernetes::item_named;
using kubernetes::text_at;

namespace {

// The value of a label (it has more limits than a stream id has).
constexpr std::size_t kMaxLabelValue = 63;

// A worker that is not ready is asked each second, so that viewers wait no longer than that. One
// that hangs has told so itself for 15 s before it fails this probe (docs/operations.md).
constexpr int kReadyPeriod = 1;
constexpr int kLivePeriod = 5;
constexpr int kLiveFailures = 2;
// A node under load answers late.
constexpr int kProbeTimeout = 3;

// Where the worker answers probes; its flag is --health-listen.
constexpr std::string_view kHealthVariable = "HEALTH_LISTEN";
constexpr std::string_view kLeaseVariable = "LEASE_FILE";  // --lease of the worker
constexpr std::string_view kLeaseDurationVariable = "LEASE_DURATION";

// For those who delete a Pod and say nothing: a drained node, a failed probe. TEARDOWN and
// unpublish take at most 1 s; the rest is for a busy node.
constexpr int kTerminationGrace = 10;

json::object& object_in(json::object& parent, std::string_view name) {
    auto& member = parent[name];
    if (!member.is_object()) member.emplace_object();
    return member.get_object();
}

json::array& array_in(json::object& parent, std::string_view name) {
    auto& member = parent[name];
    if (!member.is_array()) member.emplace_array();
    return member.get_array();
}

// A member that is missing or is of the right kind.
bool is_object_or_missing(json::value const& value, std::initializer_list<std::string_view> names) {
    auto const* const found = find(value, names);
    return found == nullptr || found->is_object();
}

std::string check_container(json::value const& container) {
    for (auto const* const ours : {"command", "args"}) {
        if (find(container, {ours}) != nullptr) {
            return "the container worker must have no " + std::string(ours) +
                   ": --worker-command and the stream say what it runs";
        }
    }
    if (text_at(container, {"image"}).empty()) return "the container worker has no image";
    return {};
}

std::string check(json::value const& manifest) {
    if (text_at(manifest, {"kind"}) != "Pod" || text_at(manifest, {"apiVersion"}) != "v1") {
        return "it is no Pod: apiVersion must be v1, and kind Pod";
    }
    for (auto const* const ours : {"name", "namespace", "generateName"}) {
        if (find(manifest, {"metadata", ours}) != nullptr) {
            return "metadata." + std::string(ours) + " is not to be set";
        }
    }
    for (auto const* const texts : {"labels", "annotations"}) {
        if (!is_object_or_missing(manifest, {"metadata", texts})) {
            return "metadata." + std::string(texts) + " is no object";
        }
    }
    auto const restart = text_at(manifest, {"spec", "restartPolicy"});
    if (!restart.empty() && restart != "Never") {
        return "spec.restartPolicy must be Never: media-service decides about restarts";
    }
    auto const* const worker =
        item_named(find_array(manifest, {"spec", "containers"}), "name", kWorkerContainer);
    if (worker == nullptr) return "spec.containers has no container with the name worker";
    return check_container(*worker);
}

// Letters, digits, '-', '_' and '.', the first and the last of them a letter or a digit.
bool is_label_value(std::string_view text) {
    auto const is_edge = [](char c) { return c != '-' && c != '_'; };
    return text.size() <= kMaxLabelValue && is_edge(text.front()) && is_edge(text.back());
}

json::object probe(std::string_view path, int period, int failures) {
    return {{"httpGet", {{"path", path}, {"port", kHealthPort}}},
            {"periodSeconds", period},
            {"timeoutSeconds", kProbeTimeout},
            {"failureThreshold", failures}};
}

json::object& worker_container(json::object& pod) {
    for (auto& container : array_in(object_in(pod, "spec"), "containers")) {
        if (text_at(container, {"name"}) == kWorkerContainer) return container.get_object();
    }
    std::unreachable();  // read_pod_template() has seen it
}

void fill_metadata(json::object& metadata, PodTemplate const& base, PodPlan const& plan) {
    metadata["name"] = plan.pod_name;
    metadata["namespace"] = base.name_space;
    auto& labels = object_in(metadata, "labels");  // used up before the next member is added
    labels[kRoleLabel] = kWorkerRole;
    if (is_label_value(plan.stream_id)) labels[kStreamAnnotation] = plan.stream_id;
    auto& annotations = object_in(metadata, "annotations");
    annotations[kStreamAnnotation] = plan.stream_id;
    annotations[kRunAnnotation] = plan.run_id;
    annotations[kStartAnnotation] = plan.start_id;
    json::object params;
    for (auto const& [key, value] : plan.params) params.emplace(key, value);
    annotations[kParamsAnnotation] = json::serialize(params);
}

// Unless the template has it.
void add_variable(json::array& environment, json::object variable) {
    if (item_named(&environment, "name", text_at(variable, {"name"})) != nullptr) return;
    environment.emplace_back(std::move(variable));
}

// Its value is what the Pod has in this field.
json::object from_pod(std::string_view name, std::string_view field) {
    return {{"name", name}, {"valueFrom", {{"fieldRef", {{"fieldPath", field}}}}}};
}

void fill_container(json::object& container, PodTemplate const& base, PodPlan const& plan) {
    json::array command;
    json::array args;
    for (auto const& argument : plan.argv) {
        (command.empty() ? command : args).emplace_back(as_pod_argument(argument));
    }
    container["command"] = std::move(command);
    container["args"] = std::move(args);
    auto& environment = array_in(container, "env");
    add_variable(environment,
                 {{"name", kHealthVariable}, {"value", ":" + std::to_string(kHealthPort)}});
    if (base.leases) {
        add_variable(environment,
                     {{"name", kLeaseVariable},
                      {"value", std::string(kubernetes::kLeasePrefix) + plan.pod_name}});
        add_variable(environment,
                     {{"name", kLeaseDurationVariable},
                      {"value", tidegate::base::format_duration(base.lease_duration)}});
        add_variable(environment, from_pod("POD_NAME", "metadata.name"));
        add_variable(environment, from_pod("POD_UID", "metadata.uid"));
    }
    if (!base.secret.empty()) {
        array_in(container, "envFrom")
            .emplace_back(json::object{{"secretRef", {{"name", base.secret}}}});
    }
    container.emplace("readinessProbe", probe("/readyz", kReadyPeriod, 3));
    container.emplace("livenessProbe", probe("/livez", kLivePeriod, kLiveFailures));
}

}  // namespace

std::expected<json::value, std::string> read_pod_template(json::value manifest) {
    if (auto problem = check(manifest); !problem.empty()) {
        return std::unexpected(std::move(problem));
    }
    return manifest;
}

json::value make_pod(PodTemplate const& base, PodPlan const& plan) {
    auto pod = base.pod;
    auto& object = pod.get_object();
    fill_metadata(object_in(object, "metadata"), base, plan);
    auto& spec = object_in(object, "spec");
    spec["restartPolicy"] = "Never";
    spec.emplace("terminationGracePeriodSeconds", kTerminationGrace);
    // The variables that a Service of any name brings would be taken for our flags.
    spec.emplace("enableServiceLinks", false);
    fill_container(worker_container(object), base, plan);
    object.erase("status");
    return pod;
}

}  // namespace tidegate::orchestrator
