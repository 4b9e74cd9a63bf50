// How a Kubernetes API server is reached and who we are there: what a Pod finds in itself, or a
// kubeconfig. Plain values and pure readers; files are read by io/find_access.hpp. Any thread.
// https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/ and
// .../docs/concepts/configuration/organize-cluster-access-kubeconfig/.
#pragma once

#include <boost/json/value.hpp>
#include <expected>
#include <string>
#include <string_view>

namespace tidegate::kubernetes {

// A text, or the file that holds it. A file is read again from time to time, because the cluster
// exchanges tokens and certificates while we run. Both empty: there is none.
struct Material {
    std::string text;
    std::string file;
    bool exists() const { return !text.empty() || !file.empty(); }
    bool operator==(Material const&) const = default;
};

struct ClusterAccess {
    std::string server;         // https://10.96.0.1:443, without a slash at its end
    std::string server_name;    // the name that the certificate must have; empty: the host's
    std::string name_space;     // "media"
    Material authority;         // certificates (PEM), the only ones trusted; none: the system's
    Material certificate, key;  // of the client (PEM); both or none
    Material token;             // sent as `Authorization: Bearer`; none: no token
    bool operator==(ClusterAccess const&) const = default;
};

// The folder in which a Pod finds `token`, `ca.crt` and `namespace`.
inline constexpr std::string_view kServiceAccountFolder =
    "/var/run/secrets/kubernetes.io/serviceaccount";

// What a Pod finds in itself. host, port: KUBERNETES_SERVICE_HOST and _PORT. name_space: the
// content of the file of this name. The error is a sentence.
std::expected<ClusterAccess, std::string> access_of_pod(std::string_view host,
                                                        std::string_view port,
                                                        std::string_view name_space,
                                                        std::string const& folder);

// Reads a kubeconfig, which is YAML that has been read into a tree. folder: where the kubeconfig
// is, to which the files that it names are relative. context: its name; empty: current-context. The
// error is a sentence; it never contains a token or a key. A user that logs in by another program
// (`exec`) or an `auth-provider`, a proxy, and a server that is not to be verified are errors.
std::expected<ClusterAccess, std::string> parse_kubeconfig(boost::json::value const& config,
                                                           std::string const& folder,
                                                           std::string_view context);

// The same access with another namespace. The error says that this is no name of one.
std::expected<ClusterAccess, std::string> with_namespace(ClusterAccess access,
                                                         std::string const& name_space);

}  // namespace tidegate::kubernetes
