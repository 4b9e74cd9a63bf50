#include "orchestrator/core/pod.hpp"

#include <algorithm>
#include <array>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include "base/go_time.hpp"
#include "base/number.hpp"
#include "base/stream_id.hpp"
#include "base/utf8.hpp"
#include "kubernetes/core/members.hpp"

namespace tidegate::orchestrator {

namespace json = boost::json;
using kubernetes::find;
using kubernetes::find_array;
using kubernetes::item_named;
using kubernetes::number_at;
using kubernetes::text_at;

namespace {

// Bytes of a message of the kubelet or the scheduler that are kept: some sentences.
constexpr std::size_t kMaxPodMessage = 200;

// A container that ends by a signal has the exit code 128 plus its number, as a shell's child has.
constexpr int kSignalBase = 128;
constexpr int kMaxSignal = 64;

struct Words {
    std::string_view reason, words;
};

constexpr std::array kReasons{
    Words{"OOMKilled", "it used more memory than its limit"},
    Words{"Evicted", "its node ran short of something"},
    Words{"ErrImagePull", "its image cannot be pulled"},
    Words{"ImagePullBackOff", "its image cannot be pulled"},
    Words{"ErrImageNeverPull", "its image is not on the node, and imagePullPolicy is Never"},
    Words{"InvalidImageName", "its image has a name that is none"},
    Words{"CreateContainerConfigError", "a Secret or ConfigMap that it needs is missing"},
    Words{"CreateContainerError", "its container cannot be made"},
    Words{"RunContainerError", "its container cannot be run"},
    Words{"StartError", "its program cannot be started"},
    Words{"ContainerCannotRun", "its program cannot be started"},
    Words{"ContainerStatusUnknown", "its node has lost it"},
    Words{"DeadlineExceeded", "it ran for longer than activeDeadlineSeconds"},
    Words{"Unschedulable", "no node takes it"},
    Words{"SchedulingGated", "a scheduling gate holds it back"},
    Words{"NodeShutdown", "its node shuts down"},
    Words{"Terminated", "its node shuts down"},
    Words{"NodeLost", "its node cannot be reached"},
    Words{"Preempting", "a Pod of higher priority takes its place"},
    Words{"PreemptionByScheduler", "a Pod of higher priority takes its place"},
    Words{"EvictionByEvictionAPI", "somebody has evicted it, as a drain of its node does"},
    Words{"DeletionByTaintManager", "its node has a taint that it does not tolerate"},
    Words{"TerminationByKubelet", "its node ends it"},
    Words{"DeletionByPodGC", "its node is gone"},
};

// These say nothing that the exit code does not say.
bool is_empty_reason(std::string_view reason) {
    return reason.empty() || reason == "Error" || reason == "Completed";
}

bool is_ordinary_wait(std::string_view reason) {
    return reason.empty() || reason == "ContainerCreating" || reason == "PodInitializing";
}

json::value const* condition(json::value const& pod, std::string_view type) {
    return item_named(find_array(pod, {"status", "conditions"}), "type", type);
}

bool is_true(json::value const* condition) {
    return condition != nullptr && text_at(*condition, {"status"}) == "True";
}

// Why the Pod as a whole was ended by the cluster; empty: it was not.
std::string pod_reason(json::value const& pod) {
    auto const reason = text_at(pod, {"status", "reason"});
    if (!reason.empty()) {
        return reason_in_words(reason, text_at(pod, {"status", "message"}));
    }
    auto const* const disrupted = condition(pod, "DisruptionTarget");
    if (!is_true(disrupted)) return {};
    return reason_in_words(text_at(*disrupted, {"reason"}), text_at(*disrupted, {"message"}));
}

WorkerExit exit_of(json::value const& terminated, std::string reason) {
    auto const own = text_at(terminated, {"reason"});
    auto const code = static_cast<int>(
        std::clamp<std::int64_t>(number_at(terminated, {"exitCode"}).value_or(0), 0, 1 << 16));
    if (reason.empty() && !is_empty_reason(own)) {
        reason = reason_in_words(own, text_at(terminated, {"message"}));
    }
    if (own == "StartError" || own == "ContainerCannotRun") {
        return {WorkerExit::Kind::not_started, 0, std::move(reason)};
    }
    if (code > kSignalBase && code <= kSignalBase + kMaxSignal) {
        return {WorkerExit::Kind::signal, code - kSignalBase, std::move(reason)};
    }
    return {WorkerExit::Kind::code, code, std::move(reason)};
}

// The first init container that has failed, in words; empty: none has.
std::string failed_init(json::value const& pod) {
    auto const* const statuses = find_array(pod, {"status", "initContainerStatuses"});
    if (statuses == nullptr) return {};
    for (auto const& status : *statuses) {
        auto const code = number_at(status, {"state", "terminated", "exitCode"});
        if (code.value_or(0) == 0) continue;
        return "its init container " + text_at(status, {"name"}) + " has ended with exit " +
               std::to_string(*code);
    }
    return {};
}

// A Pod that has failed although its container never ran.
WorkerExit never_ran(json::value const& pod, std::string reason, std::string const& trouble) {
    if (reason.empty()) reason = failed_init(pod);
    if (reason.empty()) reason = trouble;
    return {WorkerExit::Kind::not_started, 0, std::move(reason)};
}

void read_waiting(PodFacts& facts, json::value const& pod, json::value const& state) {
    auto const* const scheduled = condition(pod, "PodScheduled");
    if (facts.node.empty()) {
        facts.stage = "waiting for a node";
        if (scheduled != nullptr && text_at(*scheduled, {"status"}) == "False") {
            facts.trouble =
                reason_in_words(text_at(*scheduled, {"reason"}), text_at(*scheduled, {"message"}));
        }
        return;
    }
    facts.stage = "waiting for its container on " + facts.node;
    auto const reason = text_at(state, {"waiting", "reason"});
    if (is_ordinary_wait(reason)) {
        facts.trouble = failed_init(pod);
    } else {
        facts.trouble = reason_in_words(reason, text_at(state, {"waiting", "message"}));
    }
}

void read_container(PodFacts& facts, json::value const& pod) {
    auto const* const status =
        item_named(find_array(pod, {"status", "containerStatuses"}), "name", kWorkerContainer);
    auto const* const found = status == nullptr ? nullptr : find(*status, {"state"});
    json::value const none;
    auto const& state = found == nullptr ? none : *found;
    if (auto const* const terminated = find(state, {"terminated"})) {
        facts.exit = exit_of(*terminated, pod_reason(pod));
        facts.started = facts.exit->kind != WorkerExit::Kind::not_started;
    } else if (find(state, {"running"}) != nullptr) {
        facts.running = facts.started = true;
        facts.ready = is_true(condition(pod, "Ready"));
    } else {
        read_waiting(facts, pod, state);
        if (facts.finished) facts.exit = never_ran(pod, pod_reason(pod), facts.trouble);
    }
}

std::optional<Params> params_from(std::string const& text) {
    boost::system::error_code error;
    auto const value = json::parse(text, error);
    auto const* const object = error ? nullptr : value.if_object();
    if (object == nullptr || object->size() > kMaxParams) return std::nullopt;
    Params params;
    for (auto const& [key, member] : *object) {
        auto const* const own = member.if_string();
        if (own == nullptr || !is_param_key(key) || !is_param_value(*own)) return std::nullopt;
        params.emplace(std::string(key), std::string(*own));
    }
    return params;
}

std::string annotation(json::value const& pod, std::string_view name) {
    return text_at(pod, {"metadata", "annotations", name});
}

std::vector<std::string> argv_of(json::value const& pod) {
    std::vector<std::string> argv;
    auto const* const container =
        item_named(find_array(pod, {"spec", "containers"}), "name", kWorkerContainer);
    if (container == nullptr) return argv;
    for (auto const* const part : {"command", "args"}) {
        auto const* const words = find_array(*container, {part});
        if (words == nullptr) continue;
        for (auto const& word : *words) {
            if (word.is_string()) argv.push_back(from_pod_argument(word.get_string()));
        }
    }
    return argv;
}

void read_metadata(PodFacts& facts, json::value const& pod) {
    facts.run_id = annotation(pod, kRunAnnotation);
    facts.start_id = annotation(pod, kStartAnnotation);
    facts.params = params_from(annotation(pod, kParamsAnnotation));
    if (auto const at = base::parse_go_time(text_at(pod, {"metadata", "creationTimestamp"}))) {
        facts.created = std::chrono::floor<std::chrono::seconds>(*at);
    }
    facts.argv = argv_of(pod);
    facts.node = text_at(pod, {"spec", "nodeName"});
    facts.ip = text_at(pod, {"status", "podIP"});
    facts.deleting = !text_at(pod, {"metadata", "deletionTimestamp"}).empty();
    auto const grace = number_at(pod, {"metadata", "deletionGracePeriodSeconds"}).value_or(0);
    facts.deletion_grace = std::chrono::seconds{std::clamp<std::int64_t>(grace, 0, 24 * 3600)};
    auto const phase = text_at(pod, {"status", "phase"});
    facts.finished = phase == "Succeeded" || phase == "Failed";
}

}  // namespace

std::string as_pod_argument(std::string_view argument) {
    std::string text;
    for (char const c : argument) text.append(c == '$' ? 2 : 1, c);
    return text;
}

std::string from_pod_argument(std::string_view argument) {
    std::string text;
    for (std::size_t i = 0; i < argument.size(); ++i) {
        text += argument[i];
        if (argument.substr(i).starts_with("$$")) ++i;
    }
    return text;
}

std::string reason_in_words(std::string_view reason, std::string_view message) {
    std::string text(base::utf8_prefix(reason, kMaxPodMessage));
    auto const known = std::ranges::find(kReasons, reason, &Words::reason);
    if (known != kReasons.end()) text += " (" + std::string(known->words) + ")";
    if (message.empty()) return text;
    return text + ": " + std::string(base::utf8_prefix(message, kMaxPodMessage));
}

std::expected<PodFacts, std::string> parse_pod(json::value const& pod) {
    PodFacts facts;
    facts.name = text_at(pod, {"metadata", "name"});
    facts.uid = text_at(pod, {"metadata", "uid"});
    auto const version =
        base::parse_number<std::uint64_t>(text_at(pod, {"metadata", "resourceVersion"}));
    if (facts.name.empty() || facts.uid.empty() || !version) {
        return std::unexpected("it lacks a name, a uid or a resourceVersion that is a number");
    }
    facts.version = *version;
    facts.stream_id = annotation(pod, kStreamAnnotation);
    if (!base::is_stream_id(facts.stream_id)) {
        return std::unexpected("the Pod " + facts.name + " names no stream");
    }
    read_metadata(facts, pod);
    read_container(facts, pod);
    return facts;
}

}  // namespace tidegate::orchestrator
