// What a Pod object of the Kubernetes API says about the worker in it. Pure; any thread.
// https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/
#pragma once

#include <boost/json/value.hpp>
#include <chrono>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "orchestrator/core/params.hpp"
#include "orchestrator/core/worker_exit.hpp"

namespace tidegate::orchestrator {

// The container that is the worker; others beside it may come and go.
inline constexpr std::string_view kWorkerContainer = "worker";
// All Pods of workers have this label, and nothing else has.
inline constexpr std::string_view kRoleLabel = "tidegate/role";
inline constexpr std::string_view kWorkerRole = "worker";
// What the next media-service has to know of a worker that it finds.
inline constexpr std::string_view kStreamAnnotation = "tidegate/stream";
inline constexpr std::string_view kRunAnnotation = "tidegate/run";
inline constexpr std::string_view kStartAnnotation = "tidegate/start";  // unique for each creation
inline constexpr std::string_view kParamsAnnotation = "tidegate/params";  // a JSON object of texts

struct PodFacts {
    std::string name, uid;
    // resourceVersion: of two states of Pods of one namespace, the greater one is the newer one
    // (KEP-5504 says so; the built-in resources have always been so).
    std::uint64_t version = 0;
    std::string stream_id, run_id, start_id;
    std::optional<Params> params;  // nullopt: that cannot be read
    std::optional<std::chrono::sys_seconds> created;
    std::vector<std::string> argv;  // of the worker
    std::string node, ip;           // empty: not yet

    bool deleting = false;  // somebody has asked for its end; it may still run for long
    std::chrono::seconds deletion_grace{};  // that it was given then
    bool started = false;                   // the container has run, or runs
    bool running = false;                   // the container runs, as far as its node has told
    bool ready = false;                     // its readiness probe succeeds
    bool finished = false;                  // the phase is Succeeded or Failed
    // The worker is gone for certain: its container has ended, or can never run. A phase alone
    // proves nothing as long as the container's own state is "running".
    std::optional<WorkerExit> exit;

    std::string stage;    // what it waits for, for operators; empty: it runs
    std::string trouble;  // why it does not run, such as "ImagePullBackOff (...)"; empty: no reason
};

// The error is a sentence: what it lacks to be a Pod of ours. `stream_id` is a stream id then, and
// nothing else is checked.
std::expected<PodFacts, std::string> parse_pod(boost::json::value const& pod);

// How an argument stands in a Pod: the kubelet puts the value of a variable in the place of
// $(NAME), and makes $ of $$.
std::string as_pod_argument(std::string_view argument);
std::string from_pod_argument(std::string_view argument);

// For operators: "OOMKilled (it used more memory than its limit): the message". A reason that is
// not known stands for itself.
std::string reason_in_words(std::string_view reason, std::string_view message);

}  // namespace tidegate::orchestrator
