// The worker backend (core/worker_backend.hpp) whose workers are Pods of a Kubernetes cluster.
// core/pod_keeper.hpp decides; this asks the API server and the workers, and passes the reports on.
// Workers are found by their label. The control plane's loop only.
//
// What it needs of the cluster, in its namespace: get, list, watch, create and delete of Pods. Its
// workers are asked for their status at their Pod's address, port kHealthPort.
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <expected>
#include <memory>
#include <optional>
#include <string>

#include "kubernetes/io/client.hpp"
#include "net/remote_lease.hpp"
#include "orchestrator/core/pod_keeper.hpp"
#include "orchestrator/core/worker_backend.hpp"
#include "orchestrator/core/worker_command.hpp"

namespace tidegate::orchestrator {

struct PodBackendSettings {
    kubernetes::ClientSettings client;
    PodKeeperSettings keeper;  // its namespace is the client's
    // While it is closed, the API server is asked for no change: another replica may decide. Null:
    // it is open.
    std::shared_ptr<net::Fence const> fence = {};
};

// For stream-workers. template_file: a Pod manifest as YAML or JSON (core/pod_template.hpp); read
// at once. The error is a sentence that names the file.
std::expected<PodBackendSettings, std::string> pod_backend_settings(
    WorkerCommand const& command, std::string const& template_file,
    kubernetes::ClientSettings client);

class PodBackend final : public WorkerBackend {
public:
    PodBackend(boost::asio::io_context& io, PodBackendSettings settings);
    ~PodBackend() override;
    PodBackend(PodBackend const&) = delete;
    PodBackend& operator=(PodBackend const&) = delete;

    // The error is that of kubernetes::Client::make(). May be called again after close().
    std::expected<void, std::string> open(WorkerListener& listener) override;
    void close() override;
    void start(std::string const& name, action::Spawn const& spawn) override;
    void adopt(std::string const& name, action::Adopt const& adopt) override;
    void stop(std::string const& name, WorkerHandle handle) override;
    void kill(std::string const& name, WorkerHandle handle) override;
    void stop_all() override;
    void kill_all() override;
    std::size_t running() const override;
    std::optional<int> pid_of(WorkerHandle) const override { return std::nullopt; }
    std::optional<WorkerPlace> place_of(WorkerHandle handle) const override;

private:
    class Watching;  // from open() to close(); also held by its tasks

    boost::asio::io_context& io_;
    PodBackendSettings const settings_;
    std::shared_ptr<Watching> watching_;  // null while closed
};

}  // namespace tidegate::orchestrator
