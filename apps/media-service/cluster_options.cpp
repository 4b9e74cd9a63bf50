#include "cluster_options.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "kubernetes/io/find_access.hpp"

namespace {

using namespace tidegate;

std::optional<std::string> check_cluster(ClusterOptions const& options) {
    if (options.pod_template.empty()) {
        return "--worker-mode=\"kubernetes\" needs --worker-pod-template, the Pod that a worker "
               "runs in";
    }
    auto const settings = pod_settings(options, {}, {});
    return settings ? std::nullopt : std::optional(settings.error());
}

}  // namespace

void add_cluster(config::Flags& flags, config::Flags::Setting const& mode_flag,
                 std::string const& mode, ClusterOptions& options) {
    flags
        .text("kubeconfig", "",
              "how the API server of a cluster is reached; by default the file that KUBECONFIG "
              "names, or what a Pod finds in itself",
              options.kubeconfig)
        .accepts("FILE");
    flags.text("kube-context", "", "the context of the kubeconfig; by default its current one",
               options.context);
    flags.text("worker-namespace", "WORKER_NAMESPACE",
               "the namespace of the workers' Pods; by default that of the kubeconfig or of our "
               "own Pod",
               options.name_space);
    auto const file = flags
                          .text("worker-pod-template", "WORKER_POD_TEMPLATE",
                                "a Pod manifest with a container \"worker\", for --worker-mode "
                                "kubernetes: image, resources and all that workers have in common",
                                options.pod_template)
                          .accepts("FILE");
    flags.text("worker-secret", "WORKER_SECRET",
               "a Secret of that namespace whose members are the workers' environment: "
               "INPUT_USER, INPUT_PASSWORD, OUTPUT_USER, OUTPUT_PASSWORD, STS_TOKEN",
               options.secret);
    flags.flag("worker-lease", "WORKER_LEASE",
               "have each worker hold a Lease while it publishes, so that it is the only one even "
               "where a Pod was deleted by force; its service account must be allowed to",
               options.leases);
    flags
        .duration("worker-lease-duration", "WORKER_LEASE_DURATION",
                  "how long the worker that replaces a lost one waits for its Lease; workers end "
                  "when the API server is away for five sixths of this",
                  options.lease_duration)
        .between(kubernetes::kShortestWorkerLease, kubernetes::kLongestWorkerLease);
    flags
        .number("kube-api-qps", "KUBE_API_QPS", "how many requests a second the API server gets",
                options.requests_per_second)
        .between(1, 10'000);
    flags
        .number("kube-api-burst", "KUBE_API_BURST",
                "how many requests the API server gets at once after a pause", options.burst)
        .between(1, 10'000);
    flags.together({mode_flag, file}, [&options, &mode]() -> std::optional<std::string> {
        return mode == "kubernetes" ? check_cluster(options) : std::nullopt;
    });
}

base::Duration pod_ready_timeout(ClusterOptions const& options) {
    return kPodReadyTimeout + (options.leases ? options.lease_duration : base::Duration{0});
}

std::expected<orchestrator::PodBackendSettings, std::string> pod_settings(
    ClusterOptions const& options, orchestrator::WorkerCommand const& command,
    orchestrator::Policy const& policy) {
    using std::chrono::duration_cast;
    using std::chrono::milliseconds;
    auto access =
        kubernetes::find_access({options.kubeconfig, options.context, options.name_space});
    if (!access) return std::unexpected(access.error());
    kubernetes::ClientSettings client{.access = *std::move(access), .user_agent = "media-service"};
    client.requests_per_second = static_cast<double>(options.requests_per_second);
    client.burst = static_cast<std::size_t>(options.burst);
    auto settings = orchestrator::pod_backend_settings(command, options.pod_template, client);
    if (!settings) return settings;
    auto& keeper = settings->keeper;
    keeper.base.secret = options.secret;
    keeper.base.leases = options.leases;
    keeper.base.lease_duration = std::chrono::floor<std::chrono::seconds>(options.lease_duration);
    keeper.stop_grace = duration_cast<milliseconds>(policy.term_timeout);
    keeper.heartbeat = duration_cast<milliseconds>(policy.watchdog / 3);
    return settings;
}
