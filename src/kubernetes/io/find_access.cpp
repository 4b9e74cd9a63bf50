#include "kubernetes/io/find_access.hpp"

#include <cstddef>
#include <filesystem>

#include "base/read_file.hpp"
#include "config/process_environment.hpp"
#include "config/yaml/yaml.hpp"

namespace tidegate::kubernetes {

namespace {

// One with a hundred clusters and their certificates has less.
constexpr std::size_t kMaxKubeconfig = std::size_t{1} << 20;
constexpr std::size_t kMaxNamespaceFile = 1024;

std::expected<ClusterAccess, std::string> read_kubeconfig(std::string const& file,
                                                          std::string const& context) {
    auto const text = base::read_file(file, kMaxKubeconfig);
    if (!text) return std::unexpected(text.error());
    auto const tree = config::parse_yaml(*text);
    if (!tree) return std::unexpected(file + ": " + tree.error());
    auto access =
        parse_kubeconfig(*tree, std::filesystem::path(file).parent_path().string(), context);
    if (!access) return std::unexpected(file + ": " + access.error());
    return access;
}

std::expected<ClusterAccess, std::string> own_access() {
    auto const folder = std::string(kServiceAccountFolder);
    auto const host = config::variable("KUBERNETES_SERVICE_HOST");
    if (host.empty()) {
        return std::unexpected(
            "no Kubernetes cluster is named: set --kubeconfig or KUBECONFIG, or run in a Pod");
    }
    auto const name_space = base::read_file(folder + "/namespace", kMaxNamespaceFile);
    if (!name_space) return std::unexpected(name_space.error());
    return access_of_pod(host, config::variable("KUBERNETES_SERVICE_PORT"), *name_space, folder);
}

}  // namespace

std::expected<ClusterAccess, std::string> find_access(AccessOptions const& options) {
    auto const file =
        options.kubeconfig.empty() ? config::variable("KUBECONFIG") : options.kubeconfig;
    if (options.kubeconfig.empty() && file.find(':') != std::string::npos) {
        return std::unexpected("KUBECONFIG names several files: name one of them by --kubeconfig");
    }
    auto access = file.empty() ? own_access() : read_kubeconfig(file, options.context);
    if (!access || options.name_space.empty()) return access;
    return with_namespace(*std::move(access), options.name_space);
}

}  // namespace tidegate::kubernetes
